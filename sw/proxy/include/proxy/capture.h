// The application's view: open a capture filter through ksproxy, choose a format, stream samples to a sink.
// Plain C++: neither DDK nor Windows headers. All calls must run in a simulated user thread
// (Kernel::run_in_user_thread).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace p2p::proxy {

struct CaptureFormat {
  std::uint32_t width = 640;
  std::uint32_t height = 480;
  std::uint64_t frame_interval_100ns = 333333;
};

/// A range of a capture pin's formats, as the driver states it. Sizes in pixels, intervals in units of 100 ns.
struct FormatRange {
  std::string description;  ///< "vids/YUY2"
  bool usable = false;      ///< connect() can ask for it; else the rest says nothing
  std::uint32_t least_width = 0, most_width = 0, width_step = 1;
  std::uint32_t least_height = 0, most_height = 0, height_step = 1;
  std::uint64_t least_interval = 0, most_interval = 0;
};

/// A picture that the application may keep.
struct Picture {
  std::uint32_t width = 0, height = 0;  ///< pixels
  std::vector<std::uint8_t> yuy2;       ///< line after line, without padding
  std::int64_t start_100ns = 0;         ///< as in DeliveredSample; 0 if the sample had no time
};

/// {data1-data2-data3-data4}, as GUIDs are written.
struct Guid {
  std::uint32_t data1 = 0;
  std::uint16_t data2 = 0, data3 = 0;
  std::array<std::uint8_t, 8> data4{};
};

/// A KS property of the capture pin, or of its filter.
struct PropertyRequest {
  Guid set;
  std::uint32_t id = 0;
  bool of_filter = false;
  std::vector<std::uint8_t> parameters = {};  ///< what the property wants behind KSPROPERTY
};

/// One delivered sample, valid during the callback only.
struct DeliveredSample {
  const std::uint8_t* data;
  std::size_t bytes;
  std::uint64_t index;  ///< 0-based delivery order
  bool time_valid;
  std::int64_t start_100ns;  ///< normalised presentation time: the frame's start by the chip's clock, which begins at
                             ///< the release of reset (100 ns)
  std::int64_t duration_100ns;
  bool discontinuity;
};

/// "STATUS_NO_MATCH (0xC0000272)"; an NTSTATUS without a name here as the number alone.
std::string status_text(std::int32_t nt_status);

/// Errors are HRESULTs / NTSTATUS in `status` with one line for people in `message`.
struct CaptureResult {
  std::int32_t status = 0;
  std::string message;
  bool ok() const { return status >= 0; }
};

/// The capture filters that are there, as names of their device interfaces, in the order of open()'s index.
std::vector<std::string> enumerate_capture_filters();

class CaptureSession {
 public:
  using Sink = std::function<void(const DeliveredSample&)>;
  CaptureSession();
  ~CaptureSession();

  /// Enumerates KSCATEGORY_CAPTURE, opens the `index`th filter, finds its capture pin.
  CaptureResult open(unsigned index = 0);
  /// What the capture pin of the open filter offers.
  CaptureResult formats(std::vector<FormatRange>* ranges);
  /// Data intersection, then pin creation with the intersected format.
  CaptureResult connect(const CaptureFormat& format);
  /// Allocates `buffers` frame buffers (0: as many as the pin's allocator framing asks for), of the size and alignment
  /// that format and framing want, and moves STOP -> ACQUIRE -> PAUSE -> RUN with all of them queued.
  /// `hold_ns`: the application keeps each sample this long (simulated) before returning it: provokes back-pressure.
  CaptureResult run(unsigned buffers, std::uint64_t hold_ns, Sink sink);
  /// Connected, before run(): the application asks for so many samples and then for no more.
  void limit_reads(std::uint64_t most);
  /// Samples that the application, and nobody else, has in hand.
  std::uint64_t held_samples() const;
  /// Blocks until `frames` samples were delivered or `timeout_100ns` (simulated) passed; returns the delivered count.
  std::uint64_t wait_for(std::uint64_t frames, std::int64_t timeout_100ns);
  /// What ended the running stream early; ok while it streams. stop() returns it too.
  CaptureResult failure() const;
  /// KSPROPERTY_DROPPEDFRAMES_CURRENT of the pin: what the device's own counter says. `captured` is PictureNumber,
  /// which counts the dropped pictures too.
  CaptureResult dropped_frames(std::uint64_t* dropped, std::uint64_t* captured);
  /// Captures `frames` pictures: run(), wait, stop(). `pictures` receives what came, also on an error. Connected, and
  /// not running. VFW_E_TIMEOUT: less came within `timeout_100ns` of simulated time.
  CaptureResult capture(std::uint64_t frames, unsigned buffers, std::int64_t timeout_100ns,
                        std::vector<Picture>* pictures);
  /// A still image: one picture, taken from the capture pin.
  CaptureResult still(std::int64_t timeout_100ns, Picture* picture);
  /// KSPROPERTY_TYPE_GET. `value`: empty, and the driver is asked for the size first; else as much as may be returned.
  CaptureResult get_property(const PropertyRequest& request, std::vector<std::uint8_t>* value);
  /// KSPROPERTY_TYPE_SET.
  CaptureResult set_property(const PropertyRequest& request, std::span<const std::uint8_t> value);
  /// RUN -> PAUSE -> ACQUIRE -> STOP with I/O in flight; all buffers come back.
  CaptureResult stop();
  CaptureResult close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace p2p::proxy
