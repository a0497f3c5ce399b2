// Detection of the video's format: measured by the pixel clock, judged by the bus clock.
#pragma once

#include <cstdint>

namespace p2p::model {

/// What a frame was like; values saturate.
struct Measurement {
  bool regular = false;     ///< all lines of one length
  std::uint16_t beats = 0;  ///< of the last line
  std::uint16_t lines = 0;
  std::uint32_t line_period = 0, frame_period = 0;  ///< pixel clocks
};

/// In the pixel clock domain: a result with each start of frame, as far as the one before was taken.
class VideoMeter {
 public:
  struct Beat {
    bool taken = false, start = false, end_of_line = false;
  };
  bool turn() const { return turn_; }
  const Measurement& result() const { return result_; }
  void edge(const Beat& beat, bool enable, bool acknowledged);
  void reset() { *this = {}; }
  void preset_clocks(std::uint32_t line, std::uint32_t frame) {
    line_clock_ = line;
    frame_clock_ = frame;
  }

 private:
  bool turn_ = false;
  Measurement result_;
  bool seen_start_ = false, line_begins_ = false, regular_ = false;
  std::uint16_t x_ = 0, last_length_ = 0, y_ = 0;
  std::uint32_t line_clock_ = 0, line_period_ = 0, frame_clock_ = 0;
};

/// In the bus clock domain.
class FormatDetector {
 public:
  struct Events {
    bool changed = false, lost = false;
  };
  bool acknowledged() const { return acknowledged_; }
  bool present() const { return present_; }
  bool stable() const { return stable_; }
  const Measurement& last() const { return last_; }
  /// What this edge will tell.
  Events events(bool turn, const Measurement& result, bool enable, std::uint32_t timeout) const;
  void edge(bool turn, const Measurement& result, bool enable, std::uint32_t timeout);
  /// Nothing was measured, now or before.
  bool asleep(bool turn) const { return !present_ && turn == acknowledged_; }
  void reset() { *this = {}; }
  void preset_silence(std::uint32_t value) { silence_ = value; }

 private:
  bool same_size(const Measurement& result) const;

  bool acknowledged_ = false, present_ = false, stable_ = false;
  std::uint32_t silence_ = 0;
  Measurement last_;
};

}  // namespace p2p::model
