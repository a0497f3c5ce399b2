#include "tb/model/engine.h"

namespace p2p::model {
namespace {

constexpr std::uint64_t kFrameBytesMask = (std::uint64_t{1} << 34) - 1;
constexpr std::uint32_t kStrideMask = 0x3FFFF, kDoubleMask = 0x7FFFF;

std::uint16_t slot(std::uint16_t index, unsigned size_log2) {
  return static_cast<std::uint16_t>(index & ((1u << size_log2) - 1));
}

}  // namespace

Engine::Engine(const Parameters& p) : bus_(p.data_bytes), plane_(p) {}

void Engine::reset() {
  plane_.reset();
  state_ = State::kIdle;
  halted_ = false;
  record_head_ = cookie_ = 0;
  sequence_ = expected_ = 0;
  start_time_ = end_time_ = 0;
  record_beats_ = 0;
  field_ = second_ = false;
}

const char* Engine::state_name() const {
  switch (state_) {
    case State::kIdle:
      return "between frames";
    case State::kData:
      return "writing a frame";
    case State::kAgain:
      return "between the fields of a frame";
    case State::kSurplus:
      return "at the end of a frame";
    case State::kReport:
      return "waiting for responses of a frame or its record";
    case State::kRewind:
      return "taking a void frame back";
    default:
      return "throwing away a void frame";
  }
}

std::uint64_t Engine::frame_bytes(const Inputs& in) const {
  const std::uint64_t last = static_cast<std::uint16_t>(in.height - 1);
  return (in.stride * (in.weave ? 2 * last + 1 : last) + 2 * std::uint64_t{in.width}) & kFrameBytesMask;
}

Geometry Engine::geometry(const Inputs& in) const {
  const std::uint32_t line = 2u * in.width;
  const std::uint32_t gap = in.weave ? (2 * in.stride - line) & kDoubleMask : (in.stride - line) & kStrideMask;
  return {line, gap, state_ == State::kAgain ? in.stride : 0, in.height, frame_bytes(in)};
}

/// Every burst that was issued is answered, the last of them perhaps in this cycle.
bool Engine::answered(const Inputs& in) const {
  return in.plane.outstanding == 0 || (in.answer.given && in.plane.outstanding == 1);
}

void Engine::drop_halted(const Inputs& in) {
  events_.dropped_halted = !in.resetting;
  next_ = State::kRewind;
}

void Engine::decide_idle(const Inputs& in) {
  const PlanePath::Inputs& plane = in.plane;
  if (in.resetting) {
    orders_.pop = plane.word_offered;
    return;
  }
  if (!plane.word_offered) return;
  if (!plane.word.first) {
    orders_.pop = true;
    events_.extra_lines = plane.word.broken;
    return;
  }
  if (!in.frame_offered) return;
  const bool ring_empty = plane_.head() == plane.ring.tail;
  const bool records_full = static_cast<std::uint16_t>(record_head_ - in.record_tail) >= 1u << in.record_log2;
  const bool available = plane_.descriptors().available();
  if (plane.word.broken) {
    orders_.pop = events_.takes_frame = true;
    (plane.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  } else if (halted_) {
    events_.dropped_halted = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (records_full || (ring_empty && !available)) {
    events_.dropped_nobuf = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (available) {
    events_.takes_frame = accept_ = orders_.start = true;
    next_ = State::kData;
  }
}

/// The frame in hand turns out to be void.
bool Engine::meets_break(const Inputs& in) {
  const PlanePath::Inputs& plane = in.plane;
  if (!plane.word_offered || !plane.word.broken || plane_.gone()) return false;
  orders_.pop = fail_ = true;
  (plane.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  next_ = State::kRewind;
  return true;
}

void Engine::decide_data(const Inputs& in) {
  const bool done = plane_.packer().done();
  if (stop_) {
    drop_halted(in);
  } else if (meets_break(in)) {
    return;
  } else if (plane_.packer().too_short() && !done) {
    events_.dropped_nobuf = fail_ = true;
    next_ = State::kRewind;
  } else if (done && in.weave && !second_) {
    orders_.restart = true;
    next_ = State::kAgain;
  } else if (done) {
    push_record_ = may_lay_record();
    next_ = State::kSurplus;
  }
}

void Engine::decide_again(const Inputs& in) {
  if (stop_) {
    drop_halted(in);
  } else if (!meets_break(in) && plane_.descriptors().available()) {
    orders_.start = true;
    next_ = State::kData;
  }
}

void Engine::decide_surplus(const Inputs& in) {
  // A record whose address has left is made whole.
  const bool last = record_beats_ == kRecordBytes / bus_ - 1;
  if (stop_ && !(last && !plane_.record_waits())) {
    drop_halted(in);
    return;
  }
  push_record_ = may_lay_record();
  if (push_record_ && last) next_ = State::kReport;
}

void Engine::decide_report(const Inputs& in) {
  // A record on its way is reported whatever else fails meanwhile.
  if (in.resetting || in.answer.error || (stop_ && plane_.record_waits())) {
    drop_halted(in);
  } else if (plane_.queue_empty() && answered(in)) {
    events_.frame_done = orders_.forget = true;
    next_ = State::kIdle;
  }
}

void Engine::decide_rewind(const Inputs& in) {
  if (in.plane.outstanding != 0 || plane_.descriptors().restarting()) return;
  orders_.flush = orders_.forget = orders_.restart = true;
  next_ = plane_.dropped(in.plane) ? State::kIdle : State::kDiscard;
}

const Engine::Events& Engine::decide(const Inputs& in) {
  events_ = {};
  next_ = state_;
  accept_ = fail_ = push_record_ = false;
  orders_ = {};
  stop_ = in.resetting || halted_ || in.message_error || plane_.descriptors().fault().raised || in.answer.error ||
          in.parity_error || plane_.packer().bad_descriptor();

  switch (state_) {
    case State::kIdle:
      decide_idle(in);
      break;
    case State::kData:
      decide_data(in);
      break;
    case State::kAgain:
      decide_again(in);
      break;
    case State::kSurplus:
      decide_surplus(in);
      break;
    case State::kReport:
      decide_report(in);
      break;
    case State::kRewind:
      decide_rewind(in);
      break;
    default:
      if (plane_.dropped(in.plane) || (in.resetting && !in.plane.word_offered)) next_ = State::kIdle;
  }

  give_orders(in);
  record_.comes = push_record_;
  if (push_record_) fill_record(in);
  plane_.decide(in.plane, orders_, record_, answered(in));
  report_errors(in);
  events_.holds_back = stop_ || state_ == State::kRewind;
  return events_;
}

/// What follows from the state alone.
void Engine::give_orders(const Inputs& in) {
  orders_.begin = events_.takes_frame;
  orders_.take = state_ == State::kData;
  orders_.stop = stop_ || fail_ || (state_ != State::kData && state_ != State::kSurplus);
  orders_.drop = state_ == State::kRewind || state_ == State::kDiscard;
  orders_.pad = state_ == State::kRewind;
  orders_.consume = events_.frame_done;
  orders_.reads = !in.resetting && !halted_;
  if (orders_.start || plane_.packer().active()) orders_.geometry = geometry(in);
}

void Engine::report_errors(const Inputs& in) {
  const BusFault& read = plane_.descriptors().fault();
  const FramePacker& packer = plane_.packer();
  if (read.raised) {
    events_.bus_error = true;
    events_.error_response = read.response;
    events_.error_access = kDescriptorRead;
    events_.error_address = read.address;
    events_.error_index = read.index;
  } else if (in.answer.error) {
    events_.bus_error = true;
    events_.error_response = in.answer.response;
    events_.error_access = state_ == State::kReport && !plane_.record_waits() ? kRecordWrite : kDataWrite;
    events_.error_address = in.answer.address;
    events_.error_index = in.answer.index;
  } else if (in.parity_error && !halted_) {
    events_.fifo_error = true;
    events_.error_access = kFifo;
  } else if (packer.bad_descriptor() && !halted_ &&
             (state_ == State::kData || state_ == State::kAgain || state_ == State::kSurplus)) {
    events_.descriptor_error = true;
    events_.error_access = kBadDescriptor;
    events_.error_index = packer.bad_index();
    events_.error_address = in.plane.ring.base + 16 * std::uint64_t{slot(packer.bad_index(), in.plane.ring.size_log2)};
  }
}

/// Words of 8 bytes: {bytes, cookie, index}, {sequence, flags}, start time, end time. The last is put in as it leaves.
void Engine::fill_record(const Inputs& in) {
  const std::uint16_t last_index = plane_.packer().last_index();
  const bool lost = sequence_ != expected_;
  const bool phase = ((record_head_ >> in.record_log2) & 1) == 0;
  const std::uint64_t flags = std::uint64_t{phase} | std::uint64_t{lost} << 1 |
                              std::uint64_t{in.separate && field_} << 2 | std::uint64_t{in.separate || in.weave} << 3;
  const std::array<std::uint64_t, 4> words{
      last_index | std::uint64_t{cookie_} << 16 | (frame_bytes(in) & 0xFFFFFFFF) << 32,
      flags | std::uint64_t{sequence_} << 32, start_time_, 0};
  const unsigned beats = kRecordBytes / bus_;
  if (bus_ == 8) {
    record_.beat = {{words[record_beats_], 0}, 0xFF, record_beats_ == beats - 1};
  } else {
    const std::size_t first = 2 * std::size_t{record_beats_};
    record_.beat = {{words[first], words[first + 1]}, 0xFFFF, record_beats_ == beats - 1};
  }
  record_.names_burst = record_beats_ == beats - 2;
  record_.burst = {in.record_base + kRecordBytes * std::uint64_t{slot(record_head_, in.record_log2)},
                   static_cast<std::uint8_t>(beats - 1), last_index, true};
}

void Engine::edge(const Inputs& in, bool burst_taken, bool beat_taken, Descriptors::Edge& reading) {
  const std::uint16_t cookie = plane_.descriptors().front().cookie;
  const bool any_error = events_.bus_error || events_.fifo_error || events_.descriptor_error || in.message_error;
  plane_.edge(in.plane, orders_, in.reset_ends, burst_taken, beat_taken, reading);

  if (in.reset_ends) {
    state_ = State::kIdle;
    halted_ = false;
    record_head_ = 0;
    expected_ = 0;
    record_beats_ = 0;
    return;
  }
  if (any_error) halted_ = true;
  if (orders_.start) second_ = state_ == State::kAgain;
  if (accept_) {
    sequence_ = in.frame.sequence;
    start_time_ = in.frame.time;
    cookie_ = cookie;
    field_ = in.frame.field;
  }
  if (in.answer.given) end_time_ = in.time;
  if (push_record_) record_beats_ = (record_beats_ + 1) % (kRecordBytes / bus_);
  if (state_ == State::kRewind) record_beats_ = 0;
  if (events_.frame_done) {
    ++record_head_;
    expected_ = sequence_ + 1;
  }
  state_ = next_;
}

}  // namespace p2p::model
