#include "tb/model/capture_channel.h"

#include "tb/numbers.h"

namespace p2p::model {
namespace {

constexpr unsigned kHeaderDepth = 16;
constexpr std::uint32_t kSeparate = 1, kWeave = 2;  // FIELD_MODE
constexpr std::uint32_t kMessage = 6;               // ACCESS of ERR_CAUSE
constexpr std::uint32_t kFaultData = 1, kFaultHeader = 2, kFaultPlane1 = 4;

void add(std::uint32_t& counter, std::uint32_t more) {
  const std::uint64_t sum = std::uint64_t{counter} + more;
  counter = sum > 0xFFFFFFFF ? 0xFFFFFFFF : static_cast<std::uint32_t>(sum);
}

}  // namespace

CaptureChannel::CaptureChannel(const Parameters& p, unsigned number)
    : number_(number),
      input_(p.data_bytes),
      words_{CrossingFifo<FrameWord>(p.fifo_depth), CrossingFifo<FrameWord>(p.planes == 2 ? p.fifo_depth / 2 : 0)},
      headers_(kHeaderDepth),
      registers_(p, number),
      messages_(p.data_bytes),
      engine_(p) {
  latch();
}

// ---- pixel clock

void CaptureChannel::latch() {
  const auto flag = [](bool set, ToPixel bit) { return set ? std::uint32_t{bit} : 0u; };
  latched_ = flag(enable_, kEnable) | flag(flush_, kFlush) |
             flag((registers_.value(reg::kCtrl) & reg::kCtrlStall) != 0, kStall) |
             flag((registers_.value(reg::kDetectCtrl) & 1) != 0, kDetect) |
             flag(detector_.acknowledged(), kDetectAcknowledged);
  if (format_stale_) latch_format();
  for (auto& words : words_) words.latch();
  headers_.latch();
}

void CaptureChannel::latch_format() {
  const auto low = [](std::uint32_t value) { return static_cast<std::uint16_t>(value); };
  const std::uint32_t input = registers_.value(reg::kInputSize), crop = registers_.value(reg::kCropPos);
  control_.window = VideoInput::window_of({.width = low(registers_.value(reg::kFormatWidth)),
                                           .height = low(registers_.value(reg::kFormatHeight)),
                                           .input_width = low(input),
                                           .input_height = low(input >> 16),
                                           .left = low(crop),
                                           .top = low(crop >> 16)});
  control_.nv12 = nv12();
  control_.weave = registers_.value(reg::kFieldMode) == kWeave;
  format_stale_ = false;
}

void CaptureChannel::pixel_edge(const VideoInputs& in) {
  const std::uint32_t seen = to_pixel_.seen();
  const bool accepted = in.tvalid && tready();
  meter_.edge({accepted, in.tuser != 0, in.tlast != 0}, (seen & kDetect) != 0, (seen & kDetectAcknowledged) != 0);
  control_.enable = (seen & kEnable) != 0;
  control_.flush = (seen & kFlush) != 0;
  control_.stall = (seen & kStall) != 0;
  input_.edge(in, accepted, control_, late_, words_, headers_);
  to_pixel_.edge(latched_, late_.to_pixel);
}

void CaptureChannel::pixel_reset() {
  input_.reset();
  meter_.reset();
  to_pixel_.reset();
  for (auto& words : words_) words.write_reset();
  headers_.write_reset();
}

// ---- bus clock

void CaptureChannel::bus_reset() {
  from_pixel_.reset();
  for (auto& words : words_) words.read_reset();
  headers_.read_reset();
  registers_.reset();
  interrupts_.reset();
  messages_.reset();
  detector_.reset();
  starts_.reset();
  engine_.reset();
  counters_.fill(0);
  enable_ = flush_ = was_enabled_ = drain_ = resetting_ = reset_ends_ = reset_ended_ = header_fault_ = false;
  word_fault_ = {};
  format_stale_ = setup_stale_ = true;
  settled_ = 0;
  err_cause_ = 0;
  err_address_ = 0;
}

/// A doorbell is heard in the cycle of its write.
std::uint16_t CaptureChannel::ring_tail(unsigned plane) const {
  const std::uint16_t offset = plane == 0 ? reg::kRingTail : reg::kPlane1RingTail;
  const bool rings = access_.write && access_.write_offset == offset && registers_.known(offset) && !reset_ends_;
  const std::uint32_t stored = registers_.value(offset);
  return static_cast<std::uint16_t>(rings ? registers_.merged(stored, access_) : stored);
}

/// What the registers hold that the engine works by.
void CaptureChannel::gather_setup() {
  Engine::Inputs& in = inputs_;
  in.nv12 = nv12();
  in.record_base = registers_.address(reg::kCplBaseLo);
  in.record_log2 = registers_.value(reg::kCplSize);
  in.record_tail = static_cast<std::uint16_t>(registers_.value(reg::kCplTail));
  in.width = static_cast<std::uint16_t>(registers_.value(reg::kFormatWidth));
  in.height = static_cast<std::uint16_t>(registers_.value(reg::kFormatHeight));
  in.stride = registers_.value(reg::kFormatStride);
  in.separate = registers_.value(reg::kFieldMode) == kSeparate;
  in.weave = registers_.value(reg::kFieldMode) == kWeave;
  const auto gather_ring = [this](unsigned p, std::uint16_t base, std::uint16_t size) {
    inputs_.planes[p].ring = {registers_.address(base), registers_.value(size), 0};
  };
  gather_ring(0, reg::kRingBaseLo, reg::kRingSize);
  if (words_[1].exists()) gather_ring(1, reg::kPlane1RingBaseLo, reg::kPlane1RingSize);
  setup_stale_ = false;
}

void CaptureChannel::gather() {
  if (setup_stale_) gather_setup();
  Engine::Inputs& in = inputs_;
  in.resetting = resetting_;
  in.reset_ends = reset_ends_;
  in.time = time_;
  gather_plane(0);
  if (words_[1].exists()) gather_plane(1);
  in.frame_offered = starts_.any();
  in.frame = starts_.front();
  const bool bad_0 = word_fault_[0] && !words_[0].empty(), bad_1 = word_fault_[1] && !words_[1].empty();
  const bool bad_header = header_fault_ && !headers_.empty();
  in.parity_error = bad_0 || bad_1 || bad_header;
  in.parity_of_plane_1 = !bad_0 && !bad_header;
  in.message_error = message_answer_.error;
  in.answer = answer_;
  in.answered_plane = answered_plane_;
}

void CaptureChannel::gather_plane(unsigned p) {
  PlanePath::Inputs& plane = inputs_.planes[p];
  plane.ring.tail = ring_tail(p);
  plane.word_offered = !words_[p].empty();
  plane.word = words_[p].front();
  if (word_fault_[p]) plane.word.beats[0] ^= 1;
  plane.outstanding = outstanding_[p];
}

void CaptureChannel::decide(const Access& access, const Answer& answer, unsigned plane, const Answer& message_answer,
                            const Outstanding& outstanding, std::uint64_t time) {
  access_ = access;
  answer_ = answer;
  message_answer_ = message_answer;
  outstanding_ = outstanding;
  answered_plane_ = plane;
  time_ = time;
  header_ = headers_.front();
  if (header_fault_) header_.lost_format ^= 1;
  takes_header_ = starts_.takes(!headers_.empty());
  gather();
  events_ = &engine_.decide(inputs_);
  const bool touched =
      access.write && (access.write_offset == reg::kIntrState || access.write_offset == reg::kIntrEnable);
  message_edge_ = {.enabled = sends_messages(),
                   .held_back = resetting_,
                   .address = registers_.address(reg::kMsiAddrLo),
                   .data = registers_.value(reg::kMsiData),
                   .pending = interrupts_.state() & interrupts_.enable(),
                   .touched = touched,
                   .answered = message_answer.given};
  messages_.decide(message_edge_);
}

/// Nothing of a frame is anywhere.
bool CaptureChannel::quiet(const Outstanding& outstanding) const {
  return engine_.idle(outstanding) && !messages_.busy() && !pixel_says(kActive) && words_empty() && headers_.empty() &&
         !starts_.any();
}

bool CaptureChannel::drained() const {
  return drain_ && !enable_ && !pixel_says(kEnabled) && settled_ == kSettleCycles;
}

std::uint32_t CaptureChannel::status(const Outstanding& outstanding) const {
  const bool in_frame = engine_.in_frame();
  const auto bit = [](bool value, unsigned place) { return std::uint32_t{value} << place; };
  return bit(pixel_says(kEnabled) || in_frame, 0) | bit(idle(outstanding), 1) | bit(engine_.halted(), 2) |
         bit(resetting_, 3) | bit(in_frame, 4) |
         bit(engine_.ring_head() != ring_tail(0) && (!nv12() || engine_.ring_head(1) != ring_tail(1)), 5) |
         (outstanding[0] + outstanding[1] + unsigned{messages_.busy()}) << 8;
}

LiveValues CaptureChannel::live(const Outstanding& outstanding) const {
  const Measurement& video = detector_.last();
  LiveValues live;
  live.intr_state = interrupts_.state();
  live.intr_enable = interrupts_.enable();
  live.status = status(outstanding);
  live.err_cause = err_cause_;
  live.err_address = err_address_;
  live.timestamp = time_;
  live.ring_head = engine_.ring_head();
  live.plane1_ring_head = engine_.ring_head(1);
  live.cpl_head = engine_.record_head();
  live.resetting = resetting_;
  live.detect_size = std::uint32_t{video.lines} << 16 | (2u * video.beats & 0xFFFF);
  live.detect_line = video.line_period;
  live.detect_frame = video.frame_period;
  live.detect_status = std::uint32_t{detector_.present()} | std::uint32_t{detector_.stable()} << 1;
  live.counters = counters_;
  return live;
}

void CaptureChannel::count() {
  if (reset_ends_) {
    counters_.fill(0);
    return;
  }
  const std::uint32_t overflow =
      std::uint32_t{events_->dropped_overflow} + (takes_header_ ? header_.lost_overflow : 0u);
  const std::uint32_t format = std::uint32_t{events_->dropped_format} + (takes_header_ ? header_.lost_format : 0u);
  add(counters_[kFrames], events_->frame_done);
  add(counters_[kDropped], overflow + format + events_->dropped_nobuf + events_->dropped_halted);
  add(counters_[kOverflows], overflow);
  add(counters_[kFormats], format);
  add(counters_[kNoBufs], events_->dropped_nobuf);
  add(counters_[kBusErrors],
      events_->bus_error || events_->descriptor_error || events_->fifo_error || message_answer_.error);
  if (takes_header_) {
    add(counters_[kStarted], std::uint32_t{header_.lost_overflow} + header_.lost_format + std::uint32_t{header_.frame});
  }
}

std::uint32_t CaptureChannel::interrupt_events() const {
  const Engine::Events& e = *events_;
  const auto bit = [](bool value, Cause cause) { return std::uint32_t{value} << cause; };
  std::uint32_t events = bit(drained() || reset_ended_, kDrained);
  if (takes_header_ || e.noteworthy() || message_answer_.error) {
    const bool lost_overflow = takes_header_ && header_.lost_overflow != 0;
    const bool lost_format = takes_header_ && header_.lost_format != 0;
    events |= bit(e.frame_done, kFrameDone) | bit(e.dropped_nobuf, kNoBuf) |
              bit(e.dropped_overflow || lost_overflow, kOverflow) |
              bit(e.dropped_format || lost_format || e.extra_lines, kFormatErr) |
              bit(e.bus_error || message_answer_.error, kBusErr) | bit(e.descriptor_error, kDescErr) |
              bit(e.fifo_error, kFifoErr);
  }
  const bool turn = pixel_says(kDetectTurn);
  if (!detector_.asleep(turn)) {
    const FormatDetector::Events video = detector_.events(
        turn, meter_.result(), (registers_.value(reg::kDetectCtrl) & 1) != 0, registers_.value(reg::kDetectTimeout));
    events |= bit(video.changed, kVideoSize) | bit(video.lost, kVideoLost);
  }
  return events;
}

void CaptureChannel::keep_first_error() {
  if (reset_ends_) {
    err_cause_ = 0;
    err_address_ = 0;
  } else if ((err_cause_ & 0x1C) != 0) {
    return;
  } else if (events_->bus_error || events_->fifo_error || events_->descriptor_error) {
    err_cause_ = events_->error_response | std::uint32_t{events_->error_access} << 2 |
                 std::uint32_t{events_->error_plane_1} << 5 | std::uint32_t{events_->error_index} << 16;
    err_address_ = events_->error_address;
  } else if (message_answer_.error) {
    err_cause_ = message_answer_.response | kMessage << 2;
    err_address_ = messages_.address();
  }
}

/// CTRL's bits on their way to the pixel clock and back: how a capture ends and how a soft reset does.
void CaptureChannel::drain_edge(bool enable) {
  const bool pixel_enabled = pixel_says(kEnabled), pixel_flushed = pixel_says(kFlushed);
  const bool is_drained = drained(), is_quiet = quiet(outstanding_);
  const bool soft_reset = (Registers::ones(access_, reg::kCtrl) & reg::kCtrlSoftReset) != 0;
  const bool waits_for_flush = resetting_ && !(flush_ && pixel_flushed && !enable_);
  const bool settled = settled_ == kSettleCycles;
  const bool was_resetting = resetting_, was_ending = reset_ends_;
  reset_ended_ = was_ending;
  const bool flushes = resetting_ && !reset_ends_;

  unsigned settle = settled ? settled_ : settled_ + 1;
  if (!is_quiet || pixel_enabled || waits_for_flush) settle = 0;
  if (was_resetting || is_drained || enable) {
    drain_ = false;
  } else if (was_enabled_) {
    drain_ = true;
  }
  was_enabled_ = enable && !was_resetting;
  // A change waits until the pixel clock has acted on the one before.
  if (pixel_enabled == enable_) enable_ = enable && !was_resetting;
  if (pixel_flushed == flush_) flush_ = flushes;
  if (soft_reset && !was_resetting) {
    resetting_ = true;
    settle = 0;
  }
  reset_ends_ = was_resetting && !was_ending && settled;
  if (was_ending) {
    resetting_ = false;
    settle = 0;
  }
  settled_ = settle;
}

void CaptureChannel::interrupt_edge() {
  const std::uint32_t events = interrupt_events();
  if (events == 0 && !access_.write && !reset_ends_ && interrupts_.settled()) return;
  const bool enable_written = access_.write && access_.write_offset == reg::kIntrEnable;
  interrupts_.edge({.events = events,
                    .cleared = Registers::ones(access_, reg::kIntrState),
                    .tested = Registers::ones(access_, reg::kIntrTest) & kCauseMask,
                    .enable_written = enable_written,
                    .enable = enable_written ? registers_.merged(interrupts_.enable(), access_) : 0,
                    .soft_reset_ends = reset_ends_,
                    .coalesce = static_cast<std::uint8_t>(registers_.value(reg::kCoalesce)),
                    .coalesce_timeout = registers_.value(reg::kCoalesceTimeout)});
}

void CaptureChannel::bus_edge(const Taken& taken, std::array<Descriptors::Edge, kMaxPlanes>& reading) {
  const bool enable = (registers_.value(reg::kCtrl) & reg::kCtrlEnable) != 0;
  const bool detect = (registers_.value(reg::kDetectCtrl) & 1) != 0;
  const bool set_up = access_.write && !enable && idle(outstanding_);
  const bool resetting = resetting_, reset_ends = reset_ends_;
  const std::uint32_t faults = access_.write ? Registers::ones(access_, reg::kFaultTest) : 0;

  if (takes_header_ || reset_ends || message_answer_.error || events_->noteworthy()) {
    count();
    keep_first_error();
  }
  interrupt_edge();
  const bool turn = pixel_says(kDetectTurn);
  if (!detector_.asleep(turn)) {
    detector_.edge(turn, meter_.result(), detect, registers_.value(reg::kDetectTimeout));
  }

  drain_edge(enable);
  constexpr std::array<std::uint32_t, kMaxPlanes> kFaults{kFaultData, kFaultPlane1};
  const std::array<bool, kMaxPlanes> late{late_.words_written, late_.chroma_written};
  header_fault_ = (header_fault_ && !takes_header_) || (faults & kFaultHeader) != 0;
  starts_.edge(!headers_.empty(), header_, events_->takes_frame, resetting, time_);
  for (unsigned p = 0; p < kMaxPlanes && words_[p].exists(); ++p) {
    const bool taken_word = engine_.plane(p).takes_word();
    word_fault_[p] = (word_fault_[p] && !(taken_word && !words_[p].empty())) || (faults & kFaults[p]) != 0;
    words_[p].read_edge(taken_word, late[p]);
  }
  headers_.read_edge(takes_header_, late_.headers_written);
  engine_.edge(inputs_, taken.data, reading);
  messages_.edge(message_edge_, taken.message_burst, taken.message_beat);
  registers_.edge(access_, set_up, resetting, reset_ends, time_);
  format_stale_ |= access_.write;
  setup_stale_ |= access_.write || reset_ends;
  if (message_answer_.error) registers_.end_messages();
  const auto flag = [](bool set, FromPixel bit) { return set ? std::uint32_t{bit} : 0u; };
  from_pixel_.edge(flag(input_.active(), kActive) | flag(input_.enabled(), kEnabled) |
                       flag(input_.flushed(), kFlushed) | flag(meter_.turn(), kDetectTurn),
                   late_.from_pixel);
}

// ---- words

std::string CaptureChannel::describe() const {
  return "channel " + std::to_string(number_) + " is " + engine_.state_name() + " (frame " +
         std::to_string(engine_.sequence()) + ", ring head " + std::to_string(engine_.ring_head()) + ", record " +
         std::to_string(engine_.record_head()) + ", " + std::to_string(all_outstanding()) + " bursts unanswered)";
}

std::string CaptureChannel::describe_interrupt() const {
  return "channel " + std::to_string(number_) + ": INTR_STATE " + hex(interrupts_.state()) + ", INTR_ENABLE " +
         hex(interrupts_.enable());
}

}  // namespace p2p::model
