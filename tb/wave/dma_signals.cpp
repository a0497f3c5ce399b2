#include "tb/wave/dma_signals.h"

#include <algorithm>

namespace p2p::tb {

namespace {
constexpr unsigned kNumberBits = 32, kAddressBits = 64;
}  // namespace

DmaSignals::DmaSignals(sim::WaveSignals& signals, unsigned lanes) : signals_(signals) {
  for (unsigned i = 0; i < lanes; ++i) {
    const std::string scope = "sw." + lane_name(i) + ".";
    Lane& lane = lanes_.emplace_back();
    lane.mapping = signals.add_number(scope + "mapping", kNumberBits);
    lane.irp = signals.add_number(scope + "irp", kNumberBits);
    lane.address = signals.add_number(scope + "address", kAddressBits);
    lane.bytes = signals.add_number(scope + "bytes", kNumberBits);
    lane.summary = signals.add_words(scope + "summary");
  }
  without_lane_ = signals.add_number("sw.dma.without_lane", kNumberBits);
  for (Lane& lane : lanes_) leave(lane);
  signals.set(without_lane_, std::uint64_t{0});
}

std::string DmaSignals::lane_name(unsigned lane) {
  return (lane < 10 ? "dma.lane0" : "dma.lane") + std::to_string(lane);
}

void DmaSignals::on_event(std::string_view event, std::initializer_list<TraceField> fields) {
  if (event == "dma.map") return take_lane(fields);
  if (event != "dma.unmap") return;
  const std::uint64_t number = field_value(fields, "mapping", 0);
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [number](const Lane& l) { return l.number == number; });
  if (lane != lanes_.end()) leave(*lane);
}

void DmaSignals::take_lane(std::initializer_list<TraceField> fields) {
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& l) { return l.number == 0; });
  if (lane == lanes_.end()) return signals_.set(without_lane_, ++without_);
  used_ = std::max(used_, static_cast<unsigned>(lane - lanes_.begin()) + 1);
  lane->number = field_value(fields, "mapping", 0);
  const std::uint64_t irp = field_value(fields, "irp", 0), bytes = field_value(fields, "bytes", 0);
  signals_.set(lane->mapping, lane->number);
  signals_.set(lane->irp, irp);
  signals_.set(lane->address, field_value(fields, "address", 0));
  signals_.set(lane->bytes, bytes);
  const std::string whose = irp != 0 ? "IRP " + std::to_string(irp) : std::string(field_text(fields, "kind"));
  signals_.set(lane->summary, whose + ": " + std::to_string(bytes) + " bytes " +
                                  (field_value(fields, "write", 0) != 0 ? "from" : "to") + " the device");
}

void DmaSignals::leave(Lane& lane) {
  lane.number = 0;
  for (const Signal number : {lane.mapping, lane.irp, lane.address, lane.bytes}) signals_.set(number, std::uint64_t{0});
  signals_.set(lane.summary, std::string_view());
}

}  // namespace p2p::tb
