#include "tb/model/engine.h"

namespace p2p::model {
namespace {

constexpr std::uint64_t kFrameBytesMask = (std::uint64_t{1} << 34) - 1;
constexpr std::uint32_t kStrideMask = 0x3FFFF, kDoubleMask = 0x7FFFF;

std::uint32_t line_bytes(const Engine::Inputs& in) { return (in.nv12 ? 1u : 2u) * in.width; }

std::uint16_t slot(std::uint16_t index, unsigned size_log2) {
  return static_cast<std::uint16_t>(index & ((1u << size_log2) - 1));
}

}  // namespace

Engine::Engine(const Parameters& p) : bus_(p.data_bytes), planes_{PlanePath(p), PlanePath(p)}, count_(p.planes) {}

void Engine::reset() {
  for (PlanePath& plane : planes_) plane.reset();
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

/// Chroma has half the lines, rounded up, and as many bytes a line as luma.
std::uint64_t Engine::frame_bytes(const Inputs& in, unsigned plane) const {
  const std::uint64_t lines = in.weave ? 2u * in.height : plane == 1 ? (in.height + 1u) / 2 : in.height;
  return (in.stride * (lines - 1) + line_bytes(in)) & kFrameBytesMask;
}

Geometry Engine::geometry(const Inputs& in, unsigned plane) const {
  const std::uint32_t line = line_bytes(in);
  const std::uint32_t gap = in.weave ? (2 * in.stride - line) & kDoubleMask : (in.stride - line) & kStrideMask;
  const unsigned lines = plane == 1 ? (in.height + 1u) / 2 : in.height;
  return {line, gap, state_ == State::kAgain ? in.stride : 0, static_cast<std::uint16_t>(lines),
          frame_bytes(in, plane)};
}

bool Engine::idle(const Outstanding& outstanding) const {
  return state_ == State::kIdle && planes_[0].quiet(outstanding[0]) &&
         (count_ == 1 || planes_[1].quiet(outstanding[1]));
}

/// Every burst that was issued is answered, the last of them perhaps in this cycle.
bool Engine::answered(const Inputs& in) const {
  for (unsigned p = 0; p < count_; ++p) {
    const unsigned outstanding = in.planes[p].outstanding;
    if (outstanding != 0 && !(outstanding == 1 && in.answer.given && in.answered_plane == p)) return false;
  }
  return true;
}

bool Engine::may_lay_record(const Inputs& in) const {
  return planes_[0].has_room() &&
         all(in, [](const PlanePath& plane, const PlanePath::Inputs&) { return plane.packer().has_last_piece(); });
}

void Engine::drop_halted(const Inputs& in) {
  events_.dropped_halted = !in.resetting;
  next_ = State::kRewind;
}

void Engine::decide_idle(const Inputs& in) {
  const PlanePath::Inputs &plane = in.planes[0], &second = in.planes[1];
  // What follows a frame's end says that there was more.
  orders_.pop = plane.word_offered && (in.resetting || !plane.word.first);
  pop_second_ = second.word_offered && (in.resetting || !second.word.first);
  if (in.resetting) return;
  if (orders_.pop) {
    events_.extra_lines = plane.word.broken;
    return;
  }
  if (!plane.word_offered || (in.nv12 && (!second.word_offered || pop_second_)) || !in.frame_offered) return;
  const bool records_full = static_cast<std::uint16_t>(record_head_ - in.record_tail) >= 1u << in.record_log2;
  const auto available = [](const PlanePath& p, const PlanePath::Inputs&) { return p.descriptors().available(); };
  const auto lacks = [](const PlanePath& p, const PlanePath::Inputs& i) {
    return p.head() == i.ring.tail && !p.descriptors().available();
  };
  if (plane.word.broken) {
    orders_.pop = events_.takes_frame = true;
    pop_second_ = in.nv12;
    (plane.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  } else if (halted_) {
    events_.dropped_halted = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (records_full || any(in, lacks)) {
    events_.dropped_nobuf = events_.takes_frame = true;
    next_ = State::kDiscard;
  } else if (all(in, available)) {
    events_.takes_frame = accept_ = orders_.start = true;
    next_ = State::kData;
  }
}

/// The frame in hand turns out to be void.
bool Engine::meets_break(const Inputs& in) {
  const PlanePath::Inputs& plane = in.planes[0];
  if (!plane.word_offered || !plane.word.broken || planes_[0].gone()) return false;
  orders_.pop = fail_ = true;
  (plane.word.overflow ? events_.dropped_overflow : events_.dropped_format) = true;
  next_ = State::kRewind;
  return true;
}

void Engine::decide_data(const Inputs& in) {
  const bool done = all(in, [](const PlanePath& plane, const PlanePath::Inputs&) { return plane.packer().done(); });
  const auto too_short = [](const PlanePath& plane, const PlanePath::Inputs&) {
    return plane.packer().too_short() && !plane.packer().done();
  };
  if (stop_) {
    drop_halted(in);
  } else if (meets_break(in)) {
    return;
  } else if (any(in, too_short)) {
    events_.dropped_nobuf = fail_ = true;
    next_ = State::kRewind;
  } else if (done && in.weave && !second_) {
    orders_.restart = true;
    next_ = State::kAgain;
  } else if (done) {
    push_record_ = may_lay_record(in);
    next_ = State::kSurplus;
  }
}

void Engine::decide_again(const Inputs& in) {
  if (stop_) {
    drop_halted(in);
  } else if (!meets_break(in) && planes_[0].descriptors().available()) {
    orders_.start = true;
    next_ = State::kData;
  }
}

void Engine::decide_surplus(const Inputs& in) {
  // A record whose address has left is made whole.
  const bool last = record_beats_ == kRecordBytes / bus_ - 1;
  if (stop_ && !(last && !planes_[0].record_waits())) {
    drop_halted(in);
    return;
  }
  push_record_ = may_lay_record(in);
  if (push_record_ && last) next_ = State::kReport;
}

void Engine::decide_report(const Inputs& in) {
  // A record on its way is reported whatever else fails meanwhile.
  if (in.resetting || in.answer.error || (stop_ && planes_[0].record_waits())) {
    drop_halted(in);
  } else if (planes_[0].queue_empty() && answered(in)) {
    events_.frame_done = orders_.forget = true;
    next_ = State::kIdle;
  }
}

void Engine::decide_rewind(const Inputs& in) {
  const auto waits = [](const PlanePath& plane, const PlanePath::Inputs& i) {
    return i.outstanding != 0 || plane.descriptors().restarting();
  };
  if (any(in, waits)) return;
  orders_.flush = orders_.forget = orders_.restart = true;
  next_ = dropped(in) ? State::kIdle : State::kDiscard;
}

bool Engine::dropped(const Inputs& in) const {
  return all(in, [](const PlanePath& plane, const PlanePath::Inputs& i) { return plane.dropped(i); });
}

const Engine::Events& Engine::decide(const Inputs& in) {
  events_ = {};
  next_ = state_;
  accept_ = fail_ = push_record_ = false;
  pop_second_ = false;
  orders_ = {};
  stop_ = in.resetting || halted_ || in.message_error || in.answer.error || in.parity_error ||
          any(in, [](const PlanePath& plane, const PlanePath::Inputs&) {
            return plane.descriptors().fault().raised || plane.packer().bad_descriptor();
          });

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
      if (dropped(in) || (in.resetting && !any(in, [](const PlanePath& plane, const PlanePath::Inputs& i) {
                            return i.word_offered && !plane.gone();
                          }))) {
        next_ = State::kIdle;
      }
  }

  give_orders(in);
  record_.comes = push_record_;
  if (push_record_) fill_record(in);
  planes_[0].decide(in.planes[0], orders_, record_, bursts_answered(in));
  if (count_ == 2) {
    second_orders_ = in.nv12 ? orders_ : PlanePath::Orders{};
    second_orders_.pop = pop_second_;
    if (orders_.start || planes_[1].packer().active()) second_orders_.geometry = geometry(in, 1);
    planes_[1].decide(in.planes[1], second_orders_, {}, false);
  }
  report_errors(in);
  events_.holds_back = stop_ || state_ == State::kRewind;
  return events_;
}

/// The record may leave: nothing of the frame is on its way or waits, but for what lies before it in plane 0's queue.
bool Engine::bursts_answered(const Inputs& in) const {
  return answered(in) && (count_ == 1 || planes_[1].queue_empty());
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
  orders_.whole = in.nv12;
  if (orders_.start || planes_[0].packer().active()) orders_.geometry = geometry(in, 0);
}

void Engine::report_errors(const Inputs& in) {
  const auto faulty = [](const PlanePath& plane) { return plane.descriptors().fault().raised; };
  const auto refused = [](const PlanePath& plane) { return plane.packer().bad_descriptor(); };
  if (faulty(planes_[0]) || faulty(planes_[1])) {
    const unsigned p = faulty(planes_[0]) ? 0 : 1;
    const BusFault& read = planes_[p].descriptors().fault();
    events_.bus_error = true;
    events_.error_response = read.response;
    events_.error_access = kDescriptorRead;
    events_.error_address = read.address;
    events_.error_index = read.index;
    events_.error_plane_1 = p == 1;
  } else if (in.answer.error) {
    events_.bus_error = true;
    events_.error_response = in.answer.response;
    events_.error_access = state_ == State::kReport && !planes_[0].record_waits() ? kRecordWrite : kDataWrite;
    events_.error_address = in.answer.address;
    events_.error_index = in.answer.index;
    events_.error_plane_1 = in.answered_plane == 1;
  } else if (in.parity_error && !halted_) {
    events_.fifo_error = true;
    events_.error_access = kFifo;
    events_.error_plane_1 = in.parity_of_plane_1;
  } else if ((refused(planes_[0]) || refused(planes_[1])) && !halted_ &&
             (state_ == State::kData || state_ == State::kAgain || state_ == State::kSurplus)) {
    const unsigned p = refused(planes_[0]) ? 0 : 1;
    const Descriptors::Ring& ring = in.planes[p].ring;
    events_.descriptor_error = true;
    events_.error_access = kBadDescriptor;
    events_.error_index = planes_[p].packer().bad_index();
    events_.error_address = ring.base + 16 * std::uint64_t{slot(events_.error_index, ring.size_log2)};
    events_.error_plane_1 = p == 1;
  }
}

/// Words of 8 bytes: {bytes, cookie, index}, {sequence, flags}, start time, end time. The last is put in as it leaves.
void Engine::fill_record(const Inputs& in) {
  const std::uint16_t last_index = planes_[0].packer().last_index();
  const bool lost = sequence_ != expected_;
  const bool phase = ((record_head_ >> in.record_log2) & 1) == 0;
  const std::uint64_t flags = std::uint64_t{phase} | std::uint64_t{lost} << 1 |
                              std::uint64_t{in.separate && field_} << 2 | std::uint64_t{in.separate || in.weave} << 3 |
                              (in.nv12 ? std::uint64_t{planes_[1].packer().last_index()} << 16 : 0);
  const std::array<std::uint64_t, 4> words{
      last_index | std::uint64_t{cookie_} << 16 | (frame_bytes(in, 0) & 0xFFFFFFFF) << 32,
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

void Engine::edge(const Inputs& in, const Taken& taken, std::array<Descriptors::Edge, kMaxPlanes>& reading) {
  const std::uint16_t cookie = planes_[0].descriptors().front().cookie;
  const bool any_error = events_.bus_error || events_.fifo_error || events_.descriptor_error || in.message_error;
  for (unsigned p = 0; p < count_; ++p) {
    planes_[p].edge(in.planes[p], p == 0 ? orders_ : second_orders_, in.reset_ends, taken.burst[p], taken.beat[p],
                    reading[p]);
  }

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
