#include "tb/model/video_input.h"

namespace p2p::model {
namespace {

constexpr std::uint16_t kLineMask = 0x7FFF;  // beats of a line

std::uint16_t more(std::uint16_t lost) { return lost == 0xFFFF ? lost : static_cast<std::uint16_t>(lost + 1); }

}  // namespace

VideoInput::Place VideoInput::place(const VideoInputs& in, const Control& c, bool second_field) const {
  const unsigned line = ((c.input_width != 0 ? c.input_width : c.width) / 2u - 1) & kLineMask;
  const auto lines = static_cast<std::uint16_t>((c.input_height != 0 ? c.input_height : c.height) - 1);
  const unsigned width = (c.width / 2u - 1) & kLineMask, height = static_cast<std::uint16_t>(c.height - 1);
  const unsigned left = c.left / 2u;
  const unsigned right = (left + width) & kLineMask, bottom = static_cast<std::uint16_t>(c.top + height);
  Place at;
  at.fits = left + width <= line && c.top + height <= lines;
  at.in_window = x_ >= left && x_ <= right && y_ >= c.top && y_ <= bottom;
  at.last_of_line = x_ == line;
  at.ends_video = at.last_of_line && y_ == lines;
  at.ends_frame = x_ == right && y_ == bottom && (second_field || !c.weave);
  at.misplaced = (in.tlast != 0) != at.last_of_line;
  return at;
}

/// What a beat means to the frame before it, or to the one behind whose window it lies.
VideoInput::Break VideoInput::leave(const VideoInputs& in, const Control& control, const Place& at, bool joins,
                                    Break due) {
  if (in.tuser && !joins) {
    // Whatever goes on is cut off: void, or, if its window is whole, flagged.
    if (state_ == State::kTake || state_ == State::kBetween) due = {true, false, nothing_pushed_};
    if (state_ == State::kRest) due = {true, false, false};
    state_ = State::kWait;
    just_ended_ = false;
  } else if ((state_ == State::kWait && just_ended_) || (state_ == State::kRest && at.misplaced)) {
    due = {true, false, false};
    just_ended_ = false;
    state_ = State::kWait;
  } else if (state_ == State::kRest && control.enable && at.ends_video) {
    just_ended_ = true;
    state_ = State::kWait;
  }
  return due;
}

void VideoInput::take(const VideoInputs& in, const Control& control, const Place& at, bool& push, FrameWord& word) {
  push = word_complete(at);
  if (at.in_window) {
    word_[held_] = in.tdata;
    ++held_;
  }
  if (push) {
    word = {.beats = word_, .first = nothing_pushed_, .last = at.ends_frame, .broken = false, .overflow = false};
    nothing_pushed_ = false;
    held_ = 0;
  }
  just_ended_ = at.ends_frame && at.ends_video;
  if (at.ends_frame) {
    state_ = at.ends_video ? State::kWait : State::kRest;
  } else {
    state_ = control.weave && at.ends_video ? State::kBetween : State::kTake;
  }
}

void VideoInput::step(const Place& at) {
  x_ = at.last_of_line ? std::uint16_t{0} : static_cast<std::uint16_t>((x_ + 1) & kLineMask);
  if (at.last_of_line) ++y_;
}

void VideoInput::edge(const VideoInputs& in, bool accepted, const Control& control, const Lateness& late,
                      CrossingFifo<FrameWord>& words, CrossingFifo<FrameHeader>& headers) {
  const bool words_full = words.full(), headers_full = headers.full();
  Break due{break_waits_, break_overflow_, break_first_};
  bool lost_overflow = false, lost_format = false, announced = false, push = false;
  FrameWord word;

  const State before = state_;
  if (accepted && !control.flush) {
    // A second field joins the first; without one before it, it is a frame of its own, a lost one.
    const bool joins = in.tuser && state_ == State::kBetween && in.tfid;
    const bool orphan = control.weave && in.tfid && !field_0_;
    const bool starts = in.tuser && control.enable && (!(control.weave && in.tfid) || orphan);
    if (in.tuser) x_ = y_ = 0;
    const bool second = joins || (!in.tuser && second_);
    const Place at = place(in, control, second);
    due = leave(in, control, at, joins, due);
    if (in.tuser && !joins) {
      held_ = 0;
      nothing_pushed_ = true;
    }
    bool taken = false;
    if (starts) {
      if (at.misplaced || !at.fits || orphan) {
        lost_format = true;
      } else if (headers_full || (due.due && words_full) ||
                 (word_complete(at) && ((due.due && at.ends_video) || words_full))) {
        lost_overflow = true;
      } else {
        announced = taken = true;
      }
    } else if (joins || (!in.tuser && before == State::kTake)) {
      if (at.misplaced || (word_complete(at) && words_full)) {
        due = {true, !at.misplaced, nothing_pushed_};
        state_ = State::kWait;
      } else {
        taken = true;
      }
    } else if (!in.tuser && before == State::kBetween) {  // more lines than the first field should have
      due = {true, false, nothing_pushed_};
      state_ = State::kWait;
    }
    if (taken) {
      take(in, control, at, push, word);
      second_ = second;
    }
    if (taken || before == State::kRest) step(at);
  }
  // The frame is delivered: nothing holds the format any longer.
  if (before == State::kRest && state_ == State::kRest && !control.enable) state_ = State::kWait;
  if (accepted && in.tuser) field_0_ = !in.tfid;

  // One entry an edge: a word of this beat goes before a break that waits.
  const bool tell_break = due.due && !push && !words_full && !control.flush;
  if (tell_break) word = {.beats = {}, .first = due.first, .last = false, .broken = true, .overflow = due.overflow};
  break_waits_ = due.due && !tell_break;
  break_overflow_ = due.overflow;
  break_first_ = due.first;

  const bool tell_lost = !headers_full && !control.flush && (lost_overflow_ != 0 || lost_format_ != 0);
  const bool header = announced || tell_lost;
  headers.write_edge(header, {announced, announced && in.tfid, lost_overflow_, lost_format_}, late.headers_read);
  words.write_edge(push || tell_break, word, late.words_read);
  if (header) lost_overflow_ = lost_format_ = 0;
  if (lost_overflow) lost_overflow_ = more(lost_overflow_);
  if (lost_format) lost_format_ = more(lost_format_);

  if (control.flush) {
    state_ = State::kWait;
    just_ended_ = break_waits_ = false;
    held_ = 0;
    lost_overflow_ = lost_format_ = 0;
  }
  enabled_ = control.enable;
  flushed_ = control.flush;
  up_ = true;
}

}  // namespace p2p::model
