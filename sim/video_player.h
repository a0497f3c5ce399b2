// Plays a VideoSource into the chip's video pins, one beat (two pixels) a pixel clock with blanking between lines and
// frames, as a synchronous state machine in the pixel clock domain.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/attention.h"
#include "sim/config.h"
#include "sim/pins.h"
#include "sim/video_source.h"

namespace p2p::sim {

/// Told of every frame at the simulated time its first and its last beat were accepted at the pins. Must not block.
class FrameListener {
 public:
  virtual ~FrameListener() = default;
  /// `bytes`: the frame as the source gave it (before any StreamFault), valid until frame_ended. `pixel_cycle`: of the
  /// edge.
  virtual void frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t pixel_cycle) = 0;
  /// `intact` is false if a StreamFault deformed this frame.
  virtual void frame_ended(std::uint64_t frame, bool intact, std::uint64_t pixel_cycle) = 0;
};

/// A deformed frame, for tests of the chip's format checks.
struct StreamFault {
  enum class Kind : std::uint8_t {
    kLongLine,   ///< line `line` has `beats` more beats than it should
    kShortLine,  ///< line `line` has `beats` fewer (at least one is left)
    kCutFrame,  ///< the frame breaks off after `beats` beats of line `line`, without end of line if that is not its end
    kExtraLines,   ///< `beats` more lines than the frame should have
    kMissingLines  ///< `beats` fewer (at least one is left)
  };
  std::uint64_t frame = 0;
  Kind kind = Kind::kLongLine;
  unsigned line = 0;
  unsigned beats = 1;
};

class VideoPlayer {
 public:
  VideoPlayer(const VideoTiming& timing, std::uint64_t pixel_period_ps, Attention& attention);

  /// The source to play; not owned, must outlive the run. nullptr: none. Only while stopped. Throws SourceError if
  /// VideoTiming::fps cannot be reached at this size.
  void set_source(VideoSource* source);
  void set_listener(FrameListener* listener) { listener_ = listener; }
  void add_fault(const StreamFault& fault);

  /// The first frame's first beat is driven at the next pixel clock edge. `frames`: most frames to send, 0: all the
  /// source has. Call from software or before the run starts; throws std::logic_error without a source.
  void start(std::uint64_t frames = 0);
  /// Sends the frame in flight to its end, then stops.
  void stop();

  bool running() const { return running_; }
  /// Started, and every frame that was to be sent has been accepted at the pins (or stop() took effect).
  bool finished() const { return finished_; }
  /// Frames whose first / last beat was accepted.
  std::uint64_t frames_started() const { return frames_started_; }
  std::uint64_t frames_sent() const { return frames_sent_; }
  /// The SourceError that ended the stream, or empty. The machine stops with it as reason.
  const std::string& error() const { return error_; }
  /// Called once when finished() becomes true, at that simulated time, from the chip's process. Must not block.
  void set_finished_callback(std::function<void()> callback) { finished_callback_ = std::move(callback); }
  /// Pixel clocks from start of frame to start of frame when the chip never stalls; 0 without a source.
  std::uint64_t clocks_per_frame() const;

  /// The chip is in reset: the source waits, with TVALID low, until it samples the chip again. A frame in flight goes
  /// on where it stopped.
  void hold() { held_ = changed_ = true; }

  // -- called by the clocked chip ------------------------------------------------------------------------------------
  /// Before the rising edge `cycle`: looks at the handshake and computes the next beat.
  template <class Pins>
  void sample(std::uint64_t cycle, const Pins& pins) {
    changed_ = held_;
    if (held_) {
      held_ = false;
      return;
    }
    if (!active_) return;
    if (tvalid_) {
      if (!pins.tready) return;
      beat_accepted(cycle);
    } else if (--gap_ == 0) {
      begin_line();
    }
  }
  /// After the edge: drives what sample() computed.
  template <class Model>
  void drive(Model& model) const {
    if (!changed_) return;
    model.s_axis_video_tdata = tdata_;
    model.s_axis_video_tvalid = static_cast<std::uint8_t>(tvalid_ & static_cast<unsigned>(!held_));
    model.s_axis_video_tuser = tuser_;
    model.s_axis_video_tlast = tlast_;
  }
  /// Called by the chip once attention was raised, with simulated time at the cycle that raised it.
  void deliver_finished();

 private:
  void beat_accepted(std::uint64_t cycle) {
    changed_ = true;
    if (tuser_) frame_started(cycle);
    if (--beats_left_ == 0) {
      end_line(cycle);
      return;
    }
    tuser_ = 0;
    ++beat_;
    tdata_ = beat_ < line_.size() ? line_[beat_] : kFillBeat;
    tlast_ = beats_left_ == 1 && ends_with_last_;
  }
  void begin_line();
  void end_line(std::uint64_t cycle);
  void end_frame(std::uint64_t cycle);
  void frame_started(std::uint64_t cycle);
  bool pull_frame();
  void finish();
  void idle_for(std::uint64_t clocks);
  const StreamFault* fault_of(std::uint64_t frame) const;

  static constexpr std::uint32_t kFillBeat = 0x80EB80EB;  // white: what a long line is filled with

  VideoTiming timing_;
  std::uint64_t pixel_period_ps_;
  Attention& attention_;
  VideoSource* source_ = nullptr;
  FrameListener* listener_ = nullptr;
  std::function<void()> finished_callback_;
  std::vector<StreamFault> faults_;
  std::vector<std::uint32_t> frame_;  // the frame being sent, a word a beat
  std::span<const std::uint32_t> line_;
  FrameSize size_;
  std::uint64_t vblank_clocks_ = 0;
  std::uint64_t frames_to_send_ = 0;
  std::uint64_t frames_started_ = 0;
  std::uint64_t frames_sent_ = 0;
  std::uint64_t gap_ = 0;
  const StreamFault* fault_ = nullptr;
  std::size_t beat_ = 0;
  std::uint64_t beats_left_ = 0;
  unsigned row_ = 0;
  unsigned rows_ = 0;
  bool ends_with_last_ = true;
  bool last_row_ = false;
  bool active_ = false;
  bool running_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  bool finish_pending_ = false;
  bool changed_ = false;
  bool held_ = false;
  std::uint32_t tdata_ = 0;
  std::uint8_t tvalid_ = 0, tuser_ = 0, tlast_ = 0;
  std::string error_;
};

}  // namespace p2p::sim
