// The application's view of a driver that brings its own hardware: open whatever filter it registers, take the formats
// it offers, stream from its pins. Plain C++. All calls must run in a simulated user thread
// (Kernel::run_in_user_thread).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxy/capture.h"

namespace p2p::proxy {

/// How a picture lies in memory. RGB lines are padded to 4 bytes; names are those of the FOURCCs and media subtypes.
enum class PixelLayout : std::uint8_t { kYuy2, kUyvy, kRgb24, kRgb32 };

struct VideoFormat {
  PixelLayout layout = PixelLayout::kYuy2;
  std::uint32_t width = 0, height = 0;
  bool bottom_up = false;
  std::uint64_t frame_interval_100ns = 0;
  constexpr std::size_t line_bytes() const {
    const std::size_t bytes = std::size_t{width} * bits() / 8;
    return is_rgb() ? (bytes + 3) & ~std::size_t{3} : bytes;
  }
  constexpr unsigned bits() const {
    return layout == PixelLayout::kRgb24 ? 24 : layout == PixelLayout::kRgb32 ? 32 : 16;
  }
  constexpr bool is_rgb() const { return layout == PixelLayout::kRgb24 || layout == PixelLayout::kRgb32; }
  constexpr std::size_t bytes() const { return line_bytes() * height; }
};

struct AudioFormat {
  std::uint32_t channels = 0, rate = 0, bits = 0;  ///< integer PCM
  std::size_t block_bytes() const { return std::size_t{channels} * bits / 8; }
};

struct StreamFormat {
  std::optional<VideoFormat> video;  ///< one of the two
  std::optional<AudioFormat> audio;
  std::uint32_t sample_bytes = 0;  ///< of a buffer
  std::string text() const;        ///< "RGB24 320x240, 29.97 frames/s"
};

/// What to ask for where a driver leaves the choice; without a size the driver's own default.
struct WantedStreams {
  std::optional<std::uint32_t> width, height;
  std::optional<std::uint64_t> frame_interval_100ns;
};

class StreamSession {
 public:
  using Sink = std::function<void(std::size_t stream, const DeliveredSample&)>;
  /// Fills the next picture for the input pin; false if there is none any more. Runs in a thread of its own.
  using Feed = std::function<bool(std::uint64_t index, std::span<std::uint8_t> picture)>;
  StreamSession();
  ~StreamSession();

  /// The first filter registered under KSCATEGORY_CAPTURE, VIDEO, AUDIO, DATATRANSFORM or RENDER, in this order.
  CaptureResult open();
  /// One stream for video and one for audio: the first pin of each kind that is a source for user mode, a capture pin
  /// before others, with the first of its formats that is known here. A driver without any such pin is an error that
  /// names what each offers.
  /// A filter with an input pin is fed: that pin is connected first, and an output pin is not necessary then.
  CaptureResult connect(const WantedStreams& wanted);
  /// Does the open filter have a pin that user mode writes to?
  bool takes_input() const;
  /// Of the connected input pin; nullptr without one.
  const StreamFormat* feed_format() const;
  unsigned feed_pin_id() const;
  /// Samples that the driver has taken, and whether all of the feed have been written and given back.
  std::uint64_t fed() const;
  bool feed_finished() const;
  std::size_t count() const;
  const StreamFormat& format(std::size_t stream) const;
  unsigned pin_id(std::size_t stream) const;
  /// All streams to RUN, in order, then the input pin, if there is one, with `feed`.
  CaptureResult run(unsigned buffers, std::uint64_t hold_ns, const Sink& sink, Feed feed = {});
  /// Blocks until `samples` of `stream` were delivered or `timeout_100ns` passed; the count delivered.
  std::uint64_t wait_for(std::size_t stream, std::uint64_t samples, std::int64_t timeout_100ns);
  /// The first stream that ended early; ok while all run.
  CaptureResult failure() const;
  /// What the driver says it dropped; nothing if its pin has no such counter.
  std::optional<std::uint64_t> dropped_frames(std::size_t stream);
  CaptureResult stop();
  CaptureResult close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace p2p::proxy
