#include "tb/wave/bus_signals.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tb/numbers.h"

namespace p2p::tb {

namespace {
constexpr unsigned kAddressBits = 64, kBeatBits = 9, kCountBits = 32;
constexpr unsigned kWriteLanes = 16, kReadLanes = 8;
constexpr std::array<std::string_view, 4> kResponses{"OKAY", "EXOKAY", "SLVERR", "DECERR"};
}  // namespace

BusSignals::BusSignals(sim::WaveSignals& signals, RegisterNamer namer)
    : signals_(signals),
      namer_(std::move(namer)),
      writes_(make_bus(true, kWriteLanes)),
      reads_(make_bus(false, kReadLanes)),
      access_shown_(signals.add_words("bus.register.access")),
      done_shown_(signals.add_words("bus.register.done")) {
  for (Bus* bus : {&writes_, &reads_}) {
    for (Lane& lane : bus->lanes) show(lane);
    signals.set(bus->without_lane, bus->without);
  }
  show_accesses();
}

BusSignals::Bus BusSignals::make_bus(bool write, unsigned lanes) {
  Bus bus;
  for (unsigned i = 0; i < lanes; ++i) {
    const std::string scope = lane_name(write, i) + ".";
    Lane& lane = bus.lanes.emplace_back();
    lane.address = signals_.add_number(scope + "address", kAddressBits);
    lane.beats = signals_.add_number(scope + "beats", kBeatBits);
    lane.phase = signals_.add_words(scope + "phase");
    lane.summary = signals_.add_words(scope + "summary");
  }
  bus.without_lane = signals_.add_number(write ? "bus.write.without_lane" : "bus.read.without_lane", kCountBits);
  return bus;
}

std::string BusSignals::lane_name(bool write, unsigned lane) {
  return std::string(write ? "bus.write" : "bus.read") + (lane < 10 ? ".lane0" : ".lane") + std::to_string(lane);
}

/// nullptr: no burst in a lane is wanted.
template <class Wanted>
BusSignals::Lane* BusSignals::oldest(Bus& bus, Wanted wanted) {
  Lane* found = nullptr;
  for (Lane& lane : bus.lanes)
    if (lane.length != 0 && wanted(lane) && (found == nullptr || lane.begun < found->begun)) found = &lane;
  return found;
}

void BusSignals::burst_begins(bool write, unsigned id, std::uint64_t address, unsigned beats) {
  Bus& bus = write ? writes_ : reads_;
  ++bursts_;
  const auto lane = std::find_if(bus.lanes.begin(), bus.lanes.end(), [](const Lane& l) { return l.length == 0; });
  if (lane == bus.lanes.end()) return signals_.set(bus.without_lane, ++bus.without);
  bus.used = std::max(bus.used, static_cast<unsigned>(lane - bus.lanes.begin()) + 1);
  lane->at = address;
  lane->id = id;
  lane->length = beats;
  lane->begun = bursts_;
  show(*lane);
}

void BusSignals::burst_in_memory(unsigned response) {
  Lane* lane = oldest(writes_, [](const Lane& l) { return !l.answered; });
  if (lane == nullptr) return;
  lane->answered = true;
  lane->response = response;
  show(*lane);
}

void BusSignals::burst_ends(bool write, unsigned id, unsigned) {
  Lane* lane =
      oldest(write ? writes_ : reads_, [write, id](const Lane& l) { return !write || (l.answered && l.id == id); });
  if (lane != nullptr) leave(*lane);
}

void BusSignals::access_begins(bool write, std::uint16_t address, std::uint32_t data) {
  access_ = {true, write, address, data, 0};
  if (signals_.recorded()) show_accesses();
}

void BusSignals::access_ends(std::uint32_t data, unsigned response) {
  done_ = access_;
  done_.data = data;
  done_.response = response;
  access_ = {};
  if (signals_.recorded()) show_accesses();
}

void BusSignals::bus_reset() {
  for (Bus* bus : {&writes_, &reads_})
    for (Lane& lane : bus->lanes) leave(lane);
}

void BusSignals::leave(Lane& lane) {
  lane.length = 0;
  lane.answered = false;
  show(lane);
}

void BusSignals::show(const Lane& lane) {
  if (!signals_.recorded() && lane.begun != 0) return;  // words take a while to make
  std::string phase, summary;
  if (lane.length != 0) {
    phase = lane.answered ? kResponses[lane.response & 3] : "data";
    summary = hex(lane.at) + " " + std::to_string(lane.length) + (lane.length == 1 ? " beat " : " beats ") + phase;
  }
  signals_.set(lane.address, lane.length != 0 ? lane.at : 0);
  signals_.set(lane.beats, std::uint64_t{lane.length});
  signals_.set(lane.phase, phase);
  signals_.set(lane.summary, summary);
}

void BusSignals::show_accesses() {
  std::string access, done;
  if (access_.any) access = (access_.write ? "write " : "read ") + namer_(access_.address);
  if (access_.any && access_.write) access += " " + hex(access_.data);
  if (done_.any) done = (done_.write ? "write " : "read ") + namer_(done_.address) + " " + hex(done_.data);
  if (done_.response != 0) done.append(" ").append(kResponses[done_.response & 3]);
  signals_.set(access_shown_, access);
  signals_.set(done_shown_, done);
}

void BusSignals::refresh() {
  for (Bus* bus : {&writes_, &reads_})
    for (Lane& lane : bus->lanes) show(lane);
  show_accesses();
}

}  // namespace p2p::tb
