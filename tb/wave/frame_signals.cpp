#include "tb/wave/frame_signals.h"

#include <algorithm>
#include <array>
#include <string>

namespace p2p::tb {

namespace {
constexpr unsigned kNumberBits = 32;
constexpr std::array<std::string_view, 11> kHops{"",    "pins",      "chip",     "memory",    "interrupt", "isr",
                                                 "dpc", "completed", "irp_done", "delivered", "dropped"};
}  // namespace

FrameSignals::FrameSignals(sim::WaveSignals& signals, unsigned lanes) : signals_(signals) {
  for (unsigned i = 0; i < lanes; ++i) {
    const std::string scope = "sw.frame.lane" + std::to_string(i) + ".";
    Lane& lane = lanes_.emplace_back();
    lane.frame = signals.add_number(scope + "frame", kNumberBits);
    lane.hop = signals.add_words(scope + "hop");
    lane.irp = signals.add_number(scope + "irp", kNumberBits);
    lane.summary = signals.add_words(scope + "summary");
    move(lane, kNone);
  }
}

void FrameSignals::on_event(std::string_view event, std::initializer_list<TraceField> fields) {
  const std::uint64_t frame = field_value(fields, "frame", 0), irp = field_value(fields, "irp", 0);
  if (event == "frame.sof") {
    Lane& lane = lanes_[frame % lanes_.size()];
    lane.number = frame;
    lane.with_irp = 0;
    used_ = std::max(used_, static_cast<unsigned>(frame % lanes_.size()) + 1);
    move(lane, kPins);
  } else if (event == "frame.eof") {
    // The record may have been faster: of a frame whose last lines are cropped.
    if (Lane* lane = lane_of(frame); lane != nullptr && lane->at == kPins) move(*lane, kChip);
  } else if (event == "irq.message" || (event == "irq.line" && field_value(fields, "level", 0) != 0)) {
    move_all(kMemory, kMemory, kInterrupt);
  } else if (event == "isr.enter") {
    move_all(kMemory, kInterrupt, kIsr);
  } else if (event == "dpc.enter") {
    move_all(kIsr, kIsr, kDpc);
  } else if (event == "frame.complete") {
    if (field_value(fields, "bytes", 0) != 0) completed(irp);
  } else if (event == "irp.done") {
    for (Lane& lane : lanes_)
      if (lane.at == kCompleted && lane.with_irp == irp) move(lane, kIrpDone);
  }
}

void FrameSignals::recorded(std::uint64_t frame) {
  for (Lane& lane : lanes_)
    if (lane.at == kChip && lane.number < frame) move(lane, kDropped);
  if (Lane* lane = lane_of(frame); lane != nullptr) move(*lane, kMemory);
}

void FrameSignals::delivered(std::uint64_t frame) {
  if (Lane* lane = lane_of(frame); lane != nullptr) move(*lane, kDelivered);
}

void FrameSignals::completed(std::uint64_t irp) {
  Lane* oldest = nullptr;
  for (Lane& lane : lanes_) {
    const bool in_memory = lane.at >= kMemory && lane.at <= kDpc;
    if (in_memory && (oldest == nullptr || lane.number < oldest->number)) oldest = &lane;
  }
  if (oldest == nullptr) return;
  oldest->with_irp = irp;
  move(*oldest, kCompleted);
}

FrameSignals::Lane* FrameSignals::lane_of(std::uint64_t frame) {
  Lane& lane = lanes_[frame % lanes_.size()];
  return lane.at != kNone && lane.number == frame ? &lane : nullptr;
}

void FrameSignals::move(Lane& lane, Hop hop) {
  lane.at = hop;
  signals_.set(lane.frame, lane.number);
  signals_.set(lane.hop, kHops[hop]);
  signals_.set(lane.irp, lane.with_irp);
  std::string summary;
  if (hop != kNone) summary = std::to_string(lane.number) + " " + std::string(kHops[hop]);
  if (lane.with_irp != 0) summary += " IRP " + std::to_string(lane.with_irp);
  signals_.set(lane.summary, summary);
}

void FrameSignals::move_all(Hop first, Hop last, Hop to) {
  for (Lane& lane : lanes_)
    if (lane.at >= first && lane.at <= last) move(lane, to);
}

}  // namespace p2p::tb
