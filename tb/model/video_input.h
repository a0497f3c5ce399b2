// The pixel clock's side of capture: takes the video at the pins, holds it against the programmed format, and hands
// words and frame headers to the bus clock.
#pragma once

#include <array>
#include <cstdint>

#include "tb/model/crossing.h"
#include "tb/model/parameters.h"
#include "tb/model/pins.h"

namespace p2p::model {

/// What enters the frame FIFO: a word of pixels, or the end of a void frame.
struct FrameWord {
  std::array<std::uint32_t, 4> beats{};  ///< as many as a word holds
  bool first = false, last = false;      ///< of its frame
  bool broken = false;                   ///< no pixels: the frame before it is void, or had more lines than it should
  bool overflow = false;                 ///< with `broken`: for want of room
};

/// What enters the header FIFO: a frame begins, and how many were lost before it.
struct FrameHeader {
  bool frame = false, field = false;
  std::uint16_t lost_overflow = 0, lost_format = 0;
};

class VideoInput {
 public:
  struct Format {
    std::uint16_t width = 0, height = 0;              ///< of what is captured
    std::uint16_t input_width = 0, input_height = 0;  ///< of the video; 0: the same
    std::uint16_t left = 0, top = 0;                  ///< of what is captured, in the video
  };
  /// A format in beats and lines, the last of each included.
  struct Window {
    unsigned line = 0;        ///< last beat of the video's lines
    std::uint16_t lines = 0;  ///< last line of the video
    unsigned left = 0, right = 0;
    std::uint16_t top = 0, bottom = 0;
    bool fits = false;  ///< the window in the video
  };
  static Window window_of(const Format& format);

  /// From the bus clock, as the pixel clock sees it.
  struct Control {
    bool enable = false, flush = false, stall = false;
    // These stand still while a frame may be taken.
    Window window;
    bool weave = false;  ///< a frame is two fields
    bool nv12 = false;   ///< its chroma goes to a plane of its own
  };

  /// The frame FIFOs of both planes; with one plane the second is not used.
  using Words = std::array<CrossingFifo<FrameWord>, kMaxPlanes>;

  explicit VideoInput(unsigned data_bytes) : word_bytes_(data_bytes) {}

  bool ready(bool stall, bool nv12, const Words& words, const CrossingFifo<FrameHeader>& headers) const {
    if (!up_ || !stall) return up_;
    const bool nearly = words[0].almost_full(kSpareWords) || (nv12 && words[1].almost_full(kSpareWords));
    return !nearly && !headers.full();
  }
  /// A frame is being taken, or something waits to be reported.
  bool active() const {
    return state_ == State::kTake || state_ == State::kBetween || break_waits_ || lost_overflow_ != 0 ||
           lost_format_ != 0;
  }
  bool enabled() const { return enabled_; }
  bool flushed() const { return flushed_; }

  /// `accepted`: TVALID and ready().
  void edge(const VideoInputs& in, bool accepted, const Control& control, const Lateness& late, Words& words,
            CrossingFifo<FrameHeader>& headers);
  void reset() { *this = VideoInput(word_bytes_); }

 private:
  static constexpr unsigned kSpareWords = 8;  // STALL holds tready with this many words free

  using PerPlane = std::array<bool, kMaxPlanes>;
  struct Break {  // a broken frame that is to be told
    bool due = false, overflow = false;
    PerPlane first{};
  };
  enum class State : std::uint8_t {
    kWait,    // outside a frame, or in the rest of a void one
    kTake,    // in a good frame, up to its window's last beat
    kRest,    // behind the window of a good frame
    kBetween  // behind the first field of a good woven frame
  };
  /// Where a beat stands: in the video, in the window, in its frame.
  struct Place {
    bool fits = false, in_window = false, last_of_line = false, ends_video = false, ends_frame = false;
    bool keeps_chroma = false;  ///< the line's chroma is kept
    bool ends_chroma = false;   ///< behind this beat none is
    bool misplaced = false;     ///< TLAST is not where a line ends
  };
  Place place(const VideoInputs& in, const Control& control, bool second_field) const;
  Break leave(const VideoInputs& in, const Control& control, const Place& at, bool joins, Break due);
  /// The planes of which a word is complete with this beat.
  PerPlane complete(const Control& control, const Place& at) const;
  void put(unsigned plane, std::uint32_t data, unsigned bytes);
  void take(const VideoInputs& in, const Control& control, const Place& at, PerPlane& push,
            std::array<FrameWord, kMaxPlanes>& word);
  void step(const Place& at);

  unsigned word_bytes_;
  bool up_ = false, enabled_ = false, flushed_ = false;
  State state_ = State::kWait;
  bool just_ended_ = false;  // after the last line of a good frame
  bool second_ = false;      // in the second field of a woven frame
  bool field_0_ = true;      // the last start of frame at the pins was of a field 0
  PerPlane nothing_pushed_{};
  bool break_waits_ = false, break_overflow_ = false;
  PerPlane break_first_{};
  std::uint16_t x_ = 0, y_ = 0;  // of the next beat
  // A plane's word that is not complete.
  struct Packing {
    unsigned held = 0;  // bytes
    std::array<std::uint32_t, 4> beats{};
  };
  std::array<Packing, kMaxPlanes> packing_;
  std::uint16_t lost_overflow_ = 0, lost_format_ = 0;
};

}  // namespace p2p::model
