#include "tb/model/video_input.h"

namespace p2p::model {
namespace {

constexpr std::uint16_t kLineMask = 0x7FFF;  // beats of a line

std::uint16_t more(std::uint16_t lost) { return lost == 0xFFFF ? lost : static_cast<std::uint16_t>(lost + 1); }

}  // namespace

VideoInput::Window VideoInput::window_of(const Format& f) {
  const unsigned width = (f.width / 2u - 1) & kLineMask, height = static_cast<std::uint16_t>(f.height - 1);
  Window window;
  window.line = ((f.input_width != 0 ? f.input_width : f.width) / 2u - 1) & kLineMask;
  window.lines = static_cast<std::uint16_t>((f.input_height != 0 ? f.input_height : f.height) - 1);
  window.left = f.left / 2u;
  window.right = (window.left + width) & kLineMask;
  window.top = f.top;
  window.bottom = static_cast<std::uint16_t>(f.top + height);
  window.fits = window.left + width <= window.line && f.top + height <= window.lines;
  return window;
}

VideoInput::Place VideoInput::place(const VideoInputs& in, const Control& c, bool second_field) const {
  const Window& w = c.window;
  Place at;
  at.fits = w.fits && !(c.nv12 && c.weave);
  at.in_window = x_ >= w.left && x_ <= w.right && y_ >= w.top && y_ <= w.bottom;
  at.last_of_line = x_ == w.line;
  at.ends_video = at.last_of_line && y_ == w.lines;
  at.ends_frame = x_ == w.right && y_ == w.bottom && (second_field || !c.weave);
  at.keeps_chroma = c.nv12 && at.in_window && (y_ - w.top) % 2 == 0;
  at.ends_chroma = x_ == w.right && (y_ == w.bottom || static_cast<std::uint16_t>(y_ + 1) == w.bottom);
  at.misplaced = (in.tlast != 0) != at.last_of_line;
  return at;
}

/// What a beat means to the frame before it, or to the one behind whose window it lies.
VideoInput::Break VideoInput::leave(const VideoInputs& in, const Control& control, const Place& at, bool joins,
                                    Break due) {
  if (in.tuser && !joins) {
    // Whatever goes on is cut off: void, or, if its window is whole, flagged.
    if (state_ == State::kTake || state_ == State::kBetween) due = {true, false, nothing_pushed_};
    if (state_ == State::kRest) due = {true, false, {}};
    state_ = State::kWait;
    just_ended_ = false;
  } else if ((state_ == State::kWait && just_ended_) || (state_ == State::kRest && at.misplaced)) {
    due = {true, false, {}};
    just_ended_ = false;
    state_ = State::kWait;
  } else if (state_ == State::kRest && control.enable && at.ends_video) {
    just_ended_ = true;
    state_ = State::kWait;
  }
  return due;
}

VideoInput::PerPlane VideoInput::complete(const Control& control, const Place& at) const {
  if (!at.in_window) return {};
  if (!control.nv12) return {packing_[0].held == word_bytes_ - 4 || at.ends_frame, false};
  // The last word of chroma waits for the frame's end, even if it is full before.
  const bool chroma_full = at.keeps_chroma && packing_[1].held == word_bytes_ - 2 && !at.ends_chroma;
  return {packing_[0].held == word_bytes_ - 2 || at.ends_frame, chroma_full || at.ends_frame};
}

void VideoInput::put(unsigned plane, std::uint32_t data, unsigned bytes) {
  Packing& packing = packing_[plane];
  std::uint32_t& beat = packing.beats[packing.held / 4];
  const unsigned place = 8 * (packing.held % 4);
  beat = bytes == 4 ? data : (beat & ~(0xFFFFu << place)) | data << place;
  packing.held = (packing.held + bytes) % word_bytes_;
}

void VideoInput::take(const VideoInputs& in, const Control& control, const Place& at, PerPlane& push,
                      std::array<FrameWord, kMaxPlanes>& word) {
  push = complete(control, at);
  if (at.in_window && !control.nv12) put(0, in.tdata, 4);
  if (at.in_window && control.nv12) put(0, (in.tdata & 0xFF) | (in.tdata >> 8 & 0xFF00), 2);
  if (at.keeps_chroma) put(1, (in.tdata >> 8 & 0xFF) | (in.tdata >> 16 & 0xFF00), 2);
  for (unsigned p = 0; p < kMaxPlanes; ++p) {
    if (!push[p]) continue;
    word[p] = {.beats = packing_[p].beats,
               .first = nothing_pushed_[p],
               .last = at.ends_frame,
               .broken = false,
               .overflow = false};
    nothing_pushed_[p] = false;
    packing_[p].held = 0;
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

void VideoInput::edge(const VideoInputs& in, bool accepted, const Control& control, const Lateness& late, Words& words,
                      CrossingFifo<FrameHeader>& headers) {
  const bool words_full = words[0].full() || (control.nv12 && words[1].full()), headers_full = headers.full();
  Break due{break_waits_, break_overflow_, break_first_};
  bool lost_overflow = false, lost_format = false, announced = false;
  PerPlane push{};
  std::array<FrameWord, kMaxPlanes> word;

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
      packing_[0].held = packing_[1].held = 0;
      nothing_pushed_ = {true, true};
    }
    bool taken = false;
    const PerPlane ready_words = complete(control, at);
    const bool word_complete = ready_words[0] || ready_words[1];
    if (starts) {
      if (at.misplaced || !at.fits || orphan) {
        lost_format = true;
      } else if (headers_full || (due.due && words_full) ||
                 (word_complete && ((due.due && at.ends_video) || words_full))) {
        lost_overflow = true;
      } else {
        announced = taken = true;
      }
    } else if (joins || (!in.tuser && before == State::kTake)) {
      if (at.misplaced || (word_complete && words_full)) {
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
  const bool tell_break = due.due && !push[0] && !push[1] && !words_full && !control.flush;
  if (tell_break) {
    for (unsigned p = 0; p < kMaxPlanes; ++p) {
      word[p] = {.beats = {}, .first = due.first[p], .last = false, .broken = true, .overflow = due.overflow};
    }
    push = {true, control.nv12};
  }
  break_waits_ = due.due && !tell_break;
  break_overflow_ = due.overflow;
  break_first_ = due.first;

  const bool tell_lost = !headers_full && !control.flush && (lost_overflow_ != 0 || lost_format_ != 0);
  const bool header = announced || tell_lost;
  headers.write_edge(header, {announced, announced && in.tfid, lost_overflow_, lost_format_}, late.headers_read);
  words[0].write_edge(push[0], word[0], late.words_read);
  if (words[1].exists()) words[1].write_edge(push[1], word[1], late.chroma_read);
  if (header) lost_overflow_ = lost_format_ = 0;
  if (lost_overflow) lost_overflow_ = more(lost_overflow_);
  if (lost_format) lost_format_ = more(lost_format_);

  if (control.flush) {
    state_ = State::kWait;
    just_ended_ = break_waits_ = false;
    packing_[0].held = packing_[1].held = 0;
    lost_overflow_ = lost_format_ = 0;
  }
  enabled_ = control.enable;
  flushed_ = control.flush;
  up_ = true;
}

}  // namespace p2p::model
