#include "tb/model/engine.h"

#include <bit>

namespace p2p::model {
namespace {

constexpr std::uint64_t kFrameBytesMask = (std::uint64_t{1} << 34) - 1;
constexpr std::uint32_t kStrideMask = 0x3FFFF, kDoubleMask = 0x7FFFF;

Lanes lanes_of(const FrameWord& word) {
  return {word.beats[0] | std::uint64_t{word.beats[1]} << 32, word.beats[2] | std::uint64_t{word.beats[3]} << 32};
}

std::uint16_t slot(std::uint16_t index, unsigned size_log2) {
  return static_cast<std::uint16_t>(index & ((1u << size_log2) - 1));
}

}  // namespace

Engine::Engine(const Parameters& p)
    : bus_(p.data_bytes),
      cut_through_(p.cut_through),
      descriptors_(p.data_bytes, p.prefetch_depth),
      packer_(p.data_bytes, p.max_burst, p.cut_through),
      beats_(std::bit_ceil(p.max_burst < 16 ? 32u : 2 * p.max_burst)),
      bursts_(kBurstRoom) {}

void Engine::reset() {
  descriptors_.reset();
  packer_.reset();
  beats_.clear();
  bursts_.clear();
  state_ = State::kIdle;
  halted_ = rest_gone_ = false;
  head_ = record_head_ = cookie_ = 0;
  sequence_ = expected_ = 0;
  start_time_ = end_time_ = 0;
  record_beats_ = 0;
  field_ = second_ = record_left_ = record_waits_ = false;
  missing_ = 0;
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

bool Engine::idle(unsigned outstanding) const {
  return state_ == State::kIdle && outstanding == 0 && bursts_.empty() && beats_.empty() && !descriptors_.busy();
}

/// Every burst that was issued is answered, the last of them perhaps in this cycle.
bool Engine::answered(const Inputs& in) const {
  return in.outstanding == 0 || (in.answer.given && in.outstanding == 1);
}

void Engine::drop_halted(const Inputs& in) {
  events_.dropped_halted = !in.resetting;
  next_ = State::kRewind;
}

void Engine::decide_idle(const Inputs& in) {
  if (in.resetting) {
    events_.takes_word = in.word_offered;
    return;
  }
  if (!in.word_offered) return;
  if (!in.word.first) {
    events_.takes_word = true;
    events_.extra_lines = in.word.broken;
    return;
  }
  if (!in.frame_offered) return;
  const bool ring_empty = head_ == in.ring.tail;
  const bool records_full = static_cast<std::uint16_t>(record_head_ - in.record_tail) >= 1u << in.record_log2;
  if (in.word.broken) {
    events_.takes_word = events_.takes_frame = true;
    (in.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  } else if (halted_) {
    events_.dropped_halted = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (records_full || (ring_empty && !descriptors_.available())) {
    events_.dropped_nobuf = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (descriptors_.available()) {
    events_.takes_frame = accept_ = start_ = true;
    next_ = State::kData;
  }
}

/// The frame in hand turns out to be void.
bool Engine::meets_break(const Inputs& in) {
  if (!in.word_offered || !in.word.broken || rest_gone_) return false;
  events_.takes_word = fail_ = true;
  (in.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  next_ = State::kRewind;
  return true;
}

void Engine::decide_data(const Inputs& in) {
  if (stop_) {
    drop_halted(in);
  } else if (meets_break(in)) {
    return;
  } else if (packer_.too_short() && !packer_.done()) {
    events_.dropped_nobuf = fail_ = true;
    next_ = State::kRewind;
  } else if (packer_.done() && in.weave && !second_) {
    restart_ = true;
    next_ = State::kAgain;
  } else if (packer_.done()) {
    push_record_ = may_lay_record();
    next_ = State::kSurplus;
  }
}

void Engine::decide_again(const Inputs& in) {
  if (stop_) {
    drop_halted(in);
  } else if (!meets_break(in) && descriptors_.available()) {
    start_ = true;
    next_ = State::kData;
  }
}

void Engine::decide_surplus(const Inputs& in) {
  // A record whose address has left is made whole.
  const bool last = record_beats_ == kRecordBytes / bus_ - 1;
  if (stop_ && !(last && !record_waits())) {
    drop_halted(in);
    return;
  }
  push_record_ = may_lay_record();
  if (push_record_ && last) next_ = State::kReport;
}

void Engine::decide_report(const Inputs& in) {
  const bool empty = bursts_.empty() && beats_.empty();
  // A record on its way is reported whatever else fails meanwhile.
  if (in.resetting || in.answer.error || (stop_ && record_waits())) {
    drop_halted(in);
  } else if (empty && answered(in)) {
    events_.frame_done = clear_packer_ = true;
    next_ = State::kIdle;
  }
}

void Engine::decide_rewind(const Inputs& in) {
  events_.takes_word = in.word_offered && !rest_gone_;
  if (in.outstanding != 0 || descriptors_.restarting()) return;
  clear_queue_ = clear_packer_ = restart_ = true;
  const bool ends_now = events_.takes_word && (in.word.last || in.word.broken);
  next_ = rest_gone_ || ends_now ? State::kIdle : State::kDiscard;
}

const Engine::Events& Engine::decide(const Inputs& in) {
  events_ = {};
  next_ = state_;
  accept_ = start_ = fail_ = restart_ = clear_packer_ = clear_queue_ = push_record_ = false;
  stop_ = in.resetting || halted_ || in.message_error || descriptors_.fault().raised || in.answer.error ||
          in.parity_error || packer_.bad_descriptor();

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
      if (in.word_offered) {
        events_.takes_word = true;
        if (in.word.last || in.word.broken) next_ = State::kIdle;
      } else if (in.resetting) {
        next_ = State::kIdle;
      }
  }

  packs_ = start_ || packer_.active();
  if (packs_) pack(in);
  enter(in);
  report_errors(in);
  events_.holds_back = stop_ || state_ == State::kRewind;
  return events_;
}

void Engine::pack(const Inputs& in) {
  packing_.clear = clear_packer_ || in.reset_ends;
  packing_.start = start_;
  packing_.stop = stop_ || fail_ || (state_ != State::kData && state_ != State::kSurplus);
  packing_.geometry = geometry(in);
  packing_.word_offered = in.word_offered && !in.word.broken && !rest_gone_ && state_ == State::kData;
  packing_.word = lanes_of(in.word);
  packing_.descriptor_offered = descriptors_.available();
  packing_.descriptor = descriptors_.front();
  packing_.no_room = beats_.full() || bursts_.full();
  packer_.decide(packing_, moves_);
  if (moves_.takes_word) events_.takes_word = true;
}

void Engine::report_errors(const Inputs& in) {
  const BusFault& read = descriptors_.fault();
  if (read.raised) {
    events_.bus_error = true;
    events_.error_response = read.response;
    events_.error_access = kDescriptorRead;
    events_.error_address = read.address;
    events_.error_index = read.index;
  } else if (in.answer.error) {
    events_.bus_error = true;
    events_.error_response = in.answer.response;
    events_.error_access = state_ == State::kReport && !record_waits() ? kRecordWrite : kDataWrite;
    events_.error_address = in.answer.address;
    events_.error_index = in.answer.index;
  } else if (in.parity_error && !halted_) {
    events_.fifo_error = true;
    events_.error_access = kFifo;
  } else if (packer_.bad_descriptor() && !halted_ &&
             (state_ == State::kData || state_ == State::kAgain || state_ == State::kSurplus)) {
    events_.descriptor_error = true;
    events_.error_access = kBadDescriptor;
    events_.error_index = packer_.bad_index();
    events_.error_address = in.ring.base + 16 * std::uint64_t{slot(packer_.bad_index(), in.ring.size_log2)};
  }
}

/// Words of 8 bytes: {bytes, cookie, index}, {sequence, flags}, start time, end time. The last is put in as it leaves.
Beat Engine::record_beat(const Inputs& in) const {
  const bool lost = sequence_ != expected_;
  const bool phase = ((record_head_ >> in.record_log2) & 1) == 0;
  const std::uint64_t flags = std::uint64_t{phase} | std::uint64_t{lost} << 1 |
                              std::uint64_t{in.separate && field_} << 2 | std::uint64_t{in.separate || in.weave} << 3;
  const std::array<std::uint64_t, 4> words{
      packer_.last_index() | std::uint64_t{cookie_} << 16 | (frame_bytes(in) & 0xFFFFFFFF) << 32,
      flags | std::uint64_t{sequence_} << 32, start_time_, 0};
  if (bus_ == 8) return {{words[record_beats_], 0}, 0xFF, record_beats_ == 3};
  const std::size_t first = 2 * std::size_t{record_beats_};
  return {{words[first], words[first + 1]}, 0xFFFF, record_beats_ == 1};
}

/// What enters the queues with this edge: a beat of the frame, of its record, or one without strobes that makes a void
/// burst whole; and a burst with its last beat, with its first (cut-through), with its last but one (a record).
void Engine::enter(const Inputs& in) {
  released_ = answered(in);
  burst_enters_ = beat_enters_ = false;
  if (push_record_) {
    beat_enters_ = true;
    new_beat_ = record_beat(in);
    burst_enters_ = record_beats_ == kRecordBytes / bus_ - 2;
    new_burst_ = {in.record_base + kRecordBytes * std::uint64_t{slot(record_head_, in.record_log2)},
                  static_cast<std::uint8_t>(kRecordBytes / bus_ - 1), packer_.last_index(), true};
  } else if (packs_ && moves_.makes_beat) {
    beat_enters_ = true;
    new_beat_ = moves_.beat;
    burst_enters_ = moves_.names_burst;
    new_burst_ = moves_.burst;
  } else {
    new_burst_.record = false;
    if (state_ == State::kRewind && missing_ != 0 && !beats_.full()) {
      beat_enters_ = true;
      new_beat_ = {{}, 0, missing_ == 1};
    }
  }
}

Beat Engine::beat() const {
  Beat beat = beats_.empty() ? new_beat_ : beats_.front();
  if (record_left_ && beat.last) (bus_ == 8 ? beat.data.low : beat.data.high) = end_time_;
  return beat;
}

void Engine::queue_edge(bool burst_taken, bool beat_taken, bool clear) {
  const bool record_taken = burst_taken && burst().record;
  const bool last_taken = beat_taken && (beats_.empty() ? new_beat_ : beats_.front()).last;
  const bool beat_through = beat_taken && beats_.empty(), burst_through = burst_taken && bursts_.empty();
  if (burst_taken && !burst_through) bursts_.pop();
  if (beat_taken && !beat_through) beats_.pop();
  if (clear) {
    beats_.clear();
    bursts_.clear();
    record_left_ = record_waits_ = false;
    missing_ = 0;
    return;
  }
  if (record_taken) {
    record_waits_ = false;
  } else if (burst_enters_ && new_burst_.record) {
    record_waits_ = true;
  }
  if (beat_enters_ && !beat_through) beats_.push(new_beat_);
  if (burst_enters_ && !burst_through) bursts_.push(new_burst_);
  if (burst_taken) {
    record_left_ = record_taken;
  } else if (last_taken) {
    record_left_ = false;
  }
  if (!cut_through_) return;
  if (burst_enters_ && !new_burst_.record) {
    missing_ = new_burst_.length;
  } else if (beat_enters_ && missing_ != 0) {
    --missing_;
  }
}

void Engine::edge(const Inputs& in, bool burst_taken, bool beat_taken, Descriptors::Edge& reading) {
  const std::uint16_t last_index = packer_.last_index();
  const std::uint16_t cookie = descriptors_.front().cookie;
  const bool any_error = events_.bus_error || events_.fifo_error || events_.descriptor_error || in.message_error;

  queue_edge(burst_taken, beat_taken, clear_queue_ || in.reset_ends);
  reading.may_read = !in.resetting && !halted_;
  reading.restart = restart_ || in.reset_ends;
  reading.restart_index = in.reset_ends ? std::uint16_t{0} : head_;
  reading.ring = in.ring;
  reading.pop = packs_ && moves_.takes_descriptor;
  if (packs_) packer_.edge(packing_, moves_);
  descriptors_.edge(reading);

  if (in.reset_ends) {
    state_ = State::kIdle;
    halted_ = rest_gone_ = false;
    head_ = record_head_ = 0;
    expected_ = 0;
    record_beats_ = 0;
    return;
  }
  if (any_error) halted_ = true;
  if (start_) second_ = state_ == State::kAgain;
  if (accept_) {
    sequence_ = in.frame.sequence;
    start_time_ = in.frame.time;
    cookie_ = cookie;
    field_ = in.frame.field;
    rest_gone_ = false;
  }
  if (events_.takes_word && (in.word.last || in.word.broken) &&
      (state_ == State::kData || state_ == State::kAgain || state_ == State::kRewind)) {
    rest_gone_ = true;
  }
  if (in.answer.given) end_time_ = in.time;
  if (push_record_) record_beats_ = (record_beats_ + 1) % (kRecordBytes / bus_);
  if (state_ == State::kRewind) record_beats_ = 0;
  if (events_.frame_done) {
    head_ = static_cast<std::uint16_t>(last_index + 1);
    ++record_head_;
    expected_ = sequence_ + 1;
  }
  state_ = next_;
}

}  // namespace p2p::model
