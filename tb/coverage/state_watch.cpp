#include "tb/coverage/state_watch.h"

#include "sw/driver/vcap_hw.h"
#include "tb/coverage/line_gaps.h"

namespace p2p::coverage {
namespace {

enum Counter : std::size_t { kFrames, kDropped, kOverflows, kFormats, kNoBufs };
enum Outcome : std::size_t { kDelivered, kOverflow, kFormat, kNoBuffer, kHalt };

State state_of(std::uint32_t status) {
  if (status & VCAP_STATUS_RESETTING) return kResetting;
  if (status & VCAP_STATUS_HALTED) return kHalted;
  if (status & VCAP_STATUS_IN_FRAME) return kInFrame;
  if (status & VCAP_STATUS_RUNNING) return kRunning;
  return (status & VCAP_STATUS_IDLE) != 0 ? kIdle : kBusy;
}

/// The bits that a write with these strobes sets in a register of which the lowest 16 count.
std::uint32_t written_ones(const model::Access& access, std::uint16_t offset) {
  if (!access.write || access.write_offset != offset) return 0;
  std::uint32_t mask = 0;
  for (unsigned lane = 0; lane < 4; ++lane) {
    if ((access.strobes >> lane) & 1) mask |= 0xFFu << (8 * lane);
  }
  return access.data & mask;
}

}  // namespace

void StateWatch::edge(const model::CaptureChannel& channel, const model::LiveValues& now, std::uint64_t data_bursts) {
  access_ = channel.access();
  if (any_) {
    states(now, channel);
    causes(now, channel);
    outcomes(now, data_bursts);
    if (now.counters[kFrames] > before_.counters[kFrames]) shape(channel);
  }
  if ((now.status & VCAP_STATUS_IN_FRAME) == 0) frame_begins_ = data_bursts;
  any_ = true;
  state_ = state_of(now.status);
  before_ = now;
  enabled_ = (channel.stored(VCAP_CTRL) & VCAP_CTRL_ENABLE) != 0;
}

void StateWatch::states(const model::LiveValues& now, const model::CaptureChannel& channel) {
  const State state = state_of(now.status);
  if (state != state_) bins_->state.hit(state_, state);
  const bool enabled = (channel.stored(VCAP_CTRL) & VCAP_CTRL_ENABLE) != 0;
  if (enabled_ && !enabled && access_.write && access_.write_offset == VCAP_CTRL) bins_->stop.hit(state_);
  if ((now.status & ~before_.status & VCAP_STATUS_HALTED) != 0) {
    bins_->halt.hit(VCAP_ERR_ACCESS(now.err_cause) - 1, VCAP_ERR_RESPONSE(now.err_cause));
  }
}

void StateWatch::causes(const model::LiveValues& now, const model::CaptureChannel& channel) {
  const std::uint32_t cleared = written_ones(access_, VCAP_INTR_STATE);
  const std::uint32_t tested = written_ones(access_, VCAP_INTR_TEST);
  const std::uint32_t rises = now.intr_state & ~before_.intr_state;
  const bool messages = (channel.stored(VCAP_MSI_CTRL) & VCAP_MSI_CTRL_ENABLE) != 0;
  for (unsigned c = 0; c < model::kCauses; ++c) {
    const std::uint32_t bit = 1u << c;
    if (rises & tested & bit) bins_->test.hit(c);
    if (rises & ~tested & bit) bins_->cause.hit(c, (now.intr_enable & bit) == 0 ? 2 : messages ? 1 : 0);
    if (cleared & now.intr_state & bit) bins_->clear.hit(c, 1);
    if (cleared & before_.intr_state & ~now.intr_state & bit) bins_->clear.hit(c, 0);
  }
  reported(now, channel, (tested & VCAP_INTR_FRAME_DONE) != 0);
}

/// FRAME_DONE again by what docs/registers.md says of COALESCE: why it was raised is in no register.
void StateWatch::reported(const model::LiveValues& now, const model::CaptureChannel& channel, bool tested) {
  if (now.counters[kFrames] < before_.counters[kFrames]) unreported_ = 0;  // a soft reset
  const bool completion = now.counters[kFrames] > before_.counters[kFrames];
  const std::uint32_t count = channel.stored(VCAP_COALESCE) & 0xFF, timeout = channel.stored(VCAP_COALESCE_TIMEOUT);
  const bool pending = (before_.intr_state & VCAP_INTR_FRAME_DONE) != 0;
  const bool raised = (now.intr_state & VCAP_INTR_FRAME_DONE) != 0 && !tested;
  if (completion && unreported_ + 1 >= count) {
    if (raised) bins_->frame_done.hit(count <= 1 ? 0 : 1, pending ? 1 : 0);
    unreported_ = waited_ = 0;
  } else if (unreported_ != 0 && timeout != 0 && waited_ >= timeout) {
    if (raised) bins_->frame_done.hit(2, pending ? 1 : 0);
    unreported_ = waited_ = 0;
  } else if (completion) {
    waited_ = unreported_ == 0 ? 1 : waited_ + 1;
    ++unreported_;
  } else if (unreported_ != 0) {
    ++waited_;
  }
}

void StateWatch::outcomes(const model::LiveValues& now, std::uint64_t data_bursts) {
  const auto more = [&](Counter counter) {
    return now.counters[counter] > before_.counters[counter] ? now.counters[counter] - before_.counters[counter] : 0;
  };
  const std::uint32_t dropped = more(kDropped);
  if (dropped == 0 && more(kFrames) == 0) return;
  const bool in_hand = (before_.status & ~now.status & VCAP_STATUS_IN_FRAME) != 0;
  const std::size_t place = !in_hand ? 0 : data_bursts == frame_begins_ ? 1 : 2;
  if (more(kFrames) != 0) bins_->outcome.hit(kDelivered, place);
  if (more(kOverflows) != 0) bins_->outcome.hit(kOverflow, place);
  if (more(kFormats) != 0) bins_->outcome.hit(kFormat, place);
  if (more(kNoBufs) != 0) bins_->outcome.hit(kNoBuffer, place);
  if (dropped > more(kOverflows) + more(kFormats) + more(kNoBufs)) bins_->outcome.hit(kHalt, place);
}

void StateWatch::shape(const model::CaptureChannel& channel) {
  const std::uint32_t mode = channel.stored(VCAP_FIELD_MODE);
  const std::size_t fields = mode == VCAP_FIELD_MODE_SEPARATE ? 1 : mode == VCAP_FIELD_MODE_WEAVE ? 2 : 0;
  const std::uint32_t width = channel.stored(VCAP_FORMAT_WIDTH), height = channel.stored(VCAP_FORMAT_HEIGHT);
  const std::uint32_t input = channel.stored(VCAP_INPUT_SIZE);
  const bool window = input != 0 && input != (width | height << 16);
  bins_->geometry.hit(fields, (window ? 2u : 0u) + (line_gaps(channel) ? 1u : 0u));
}

}  // namespace p2p::coverage
