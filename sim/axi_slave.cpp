#include "sim/axi_slave.h"

#include <algorithm>
#include <array>

namespace p2p::sim {
namespace {

constexpr unsigned kFullSize = 3;      // AxSIZE of 8 byte beats
constexpr unsigned kIncrementing = 1;  // AxBURST INCR
constexpr std::uint64_t kBeatMask = 7;

bool is_supported(unsigned size, unsigned burst) { return size == kFullSize && burst == kIncrementing; }

}  // namespace

AxiSlave::AxiSlave(const BusTiming& timing, std::uint64_t seed, BurstPort& port)
    : port_(port),
      timing_(timing),
      random_(seed, 1),
      aw_gate_(timing.aw, timing.always_ready, random_),
      w_gate_(timing.w, timing.always_ready, random_),
      ar_gate_(timing.ar, timing.always_ready, random_),
      r_gate_(timing.r, timing.always_ready, random_) {}

void AxiSlave::reset() {
  awready_ = wready_ = bvalid_ = arready_ = rvalid_ = rlast_ = 0;
  aw_count_ = b_count_ = ar_count_ = w_beats_ = 0;
  w_complete_ = r_active_ = false;
  all_strobes_ = 0xFF;
  changed_ = busy_ = true;
  if (listener_ != nullptr) listener_->bus_reset();
}

unsigned AxiSlave::draw(const Latency& latency) {
  return timing_.always_ready ? 0 : random_.between(latency.min, latency.max);
}

void AxiSlave::take_write_address(std::uint64_t address, unsigned length, unsigned size, unsigned burst,
                                  std::uint8_t id) {
  aw_ring_[(aw_head_ + aw_count_) % kRing] = {address & ~kBeatMask, 0, static_cast<std::uint16_t>(length + 1), id,
                                              is_supported(size, burst)};
  ++aw_count_;
  if (listener_ != nullptr) listener_->burst_begins(true, id, address, length + 1);
}

void AxiSlave::take_read_address(std::uint64_t cycle, std::uint64_t address, unsigned length, unsigned size,
                                 unsigned burst, std::uint8_t id) {
  ar_ring_[(ar_head_ + ar_count_) % kRing] = {address & ~kBeatMask, cycle + draw(timing_.r_latency),
                                              static_cast<std::uint16_t>(length + 1), id, is_supported(size, burst)};
  ++ar_count_;
  if (listener_ != nullptr) listener_->burst_begins(false, id, address, length + 1);
}

void AxiSlave::finish_write(std::uint64_t cycle) {
  const Address& burst = aw_ring_[aw_head_ % kRing];
  AxiResponse response = AxiResponse::kSlaveError;
  if (burst.supported && burst.beats == w_beats_) {
    response = port_.write(burst.address, std::span(data_).first(w_beats_), std::span(strobes_).first(w_beats_),
                           all_strobes_ == 0xFF);
  } else {
    ++counters_.unsupported_bursts;
  }
  ++counters_.write_bursts;
  counters_.write_beats += w_beats_;
  if (response != AxiResponse::kOkay) ++counters_.error_responses;
  b_ring_[(b_head_ + b_count_) % kRing] = {cycle + draw(timing_.b_latency), burst.id,
                                           static_cast<std::uint8_t>(response)};
  ++b_count_;
  if (listener_ != nullptr) listener_->burst_in_memory(static_cast<unsigned>(response));
  ++aw_head_;
  --aw_count_;
  w_beats_ = 0;
  w_complete_ = false;
  all_strobes_ = 0xFF;
}

void AxiSlave::bring_forward(std::uint64_t cycle) {
  const auto at = [this](unsigned place) -> Response& { return b_ring_[(b_head_ + place) % kRing]; };
  std::array<std::uint8_t, kRing> ready{};
  unsigned count = 0;
  for (unsigned place = 0; place < b_count_; ++place) {
    bool first_of_its_id = true;
    for (unsigned older = 0; older < place; ++older) first_of_its_id = first_of_its_id && at(older).id != at(place).id;
    if (first_of_its_id && at(place).due <= cycle) ready[count++] = static_cast<std::uint8_t>(place);
  }
  if (count == 0) return;
  const unsigned chosen = ready[random_.between(0, count - 1)];
  const Response response = at(chosen);
  for (unsigned place = chosen; place > 0; --place) at(place) = at(place - 1);
  at(0) = response;
}

void AxiSlave::next_response() {
  const Response& response = b_ring_[b_head_ % kRing];
  bvalid_ = 1;
  bid_ = response.id;
  bresp_ = response.resp;
  ++b_head_;
  --b_count_;
  changed_ = true;
}

void AxiSlave::begin_read() {
  const Address& burst = ar_ring_[ar_head_ % kRing];
  const auto beats = std::span(read_data_).first(burst.beats);
  AxiResponse response = AxiResponse::kSlaveError;
  if (burst.supported) {
    response = port_.read(burst.address, beats);
  } else {
    ++counters_.unsupported_bursts;
  }
  if (response != AxiResponse::kOkay) {
    ++counters_.error_responses;
    std::fill(beats.begin(), beats.end(), 0);
  }
  ++counters_.read_bursts;
  counters_.read_beats += burst.beats;
  rid_ = burst.id;
  rresp_ = static_cast<std::uint8_t>(response);
  r_beats_ = burst.beats;
  r_beat_ = 0;
  r_active_ = true;
  ++ar_head_;
  --ar_count_;
}

void AxiSlave::drive_read_beat() {
  rvalid_ = 1;
  rdata_ = read_data_[r_beat_];
  rlast_ = r_beat_ + 1 == r_beats_;
  changed_ = true;
}

}  // namespace p2p::sim
