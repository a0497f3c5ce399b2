#include "tb/model/video_meter.h"

namespace p2p::model {
namespace {

template <std::uint32_t kMost>
std::uint32_t next(std::uint32_t value) {
  return value == kMost ? value : value + 1;
}

}  // namespace

void VideoMeter::edge(const Beat& beat, bool enable, bool acknowledged) {
  const bool start = beat.taken && beat.start;
  const bool line_starts = beat.taken && (beat.start || line_begins_);
  if (start) {
    if (seen_start_ && turn_ == acknowledged) {
      turn_ = !turn_;
      result_ = {regular_ && line_begins_, last_length_, y_, line_period_, frame_clock_};
    }
    seen_start_ = true;
  }
  if (!enable) seen_start_ = false;

  const std::uint32_t line_clock = line_clock_;
  frame_clock_ = start ? 1 : next<0xFFFFFFFF>(frame_clock_);
  line_clock_ = line_starts ? 1 : next<0xFFFFFF>(line_clock_);
  if (!beat.taken) return;

  if (beat.start) y_ = 0;
  const auto length = static_cast<std::uint16_t>(next<0x7FFF>(line_starts ? 0 : x_));
  const bool differs = y_ != 0 && length != last_length_;
  if (beat.start) {
    regular_ = true;
    line_period_ = 0;
  } else {
    if (beat.end_of_line && differs) regular_ = false;
    if (line_starts) line_period_ = line_clock;
  }
  x_ = length;
  if (beat.end_of_line) {
    last_length_ = length;
    y_ = static_cast<std::uint16_t>(next<0xFFFF>(y_));
  }
  line_begins_ = beat.end_of_line;
}

bool FormatDetector::same_size(const Measurement& result) const {
  return present_ && result.beats == last_.beats && result.lines == last_.lines;
}

FormatDetector::Events FormatDetector::events(bool turn, const Measurement& result, bool enable,
                                              std::uint32_t timeout) const {
  const bool arrives = turn != acknowledged_;
  return {.changed = arrives && enable && !same_size(result),
          .lost = !arrives && present_ && timeout != 0 && silence_ >= timeout};
}

void FormatDetector::edge(bool turn, const Measurement& result, bool enable, std::uint32_t timeout) {
  const bool arrives = turn != acknowledged_;
  const bool lost = events(turn, result, enable, timeout).lost;
  silence_ = arrives || !present_ ? 0 : next<0xFFFFFFFF>(silence_);
  acknowledged_ = turn;
  if (arrives && enable) {
    stable_ = same_size(result) && result.regular;
    present_ = true;
    last_ = result;
  } else if (!enable || lost) {
    present_ = stable_ = false;
  }
}

}  // namespace p2p::model
