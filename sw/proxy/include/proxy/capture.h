// The application's view: open a capture filter through ksproxy, choose a format, stream samples to a sink.
// Plain C++: neither DDK nor Windows headers. All calls must run in a simulated user thread
// (Kernel::run_in_user_thread).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace p2p::proxy {

struct CaptureFormat {
  std::uint32_t width = 640;
  std::uint32_t height = 480;
  std::uint64_t frame_interval_100ns = 333333;
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

class CaptureSession {
 public:
  using Sink = std::function<void(const DeliveredSample&)>;
  CaptureSession();
  ~CaptureSession();

  /// Enumerates KSCATEGORY_CAPTURE, opens the `index`th filter, finds its capture pin.
  CaptureResult open(unsigned index = 0);
  /// Data intersection, then pin creation with the intersected format.
  CaptureResult connect(const CaptureFormat& format);
  /// Allocates `buffers` frame buffers and moves STOP -> ACQUIRE -> PAUSE -> RUN with all of them queued.
  /// `hold_ns`: the application keeps each sample this long (simulated) before returning it: provokes back-pressure.
  CaptureResult run(unsigned buffers, std::uint64_t hold_ns, Sink sink);
  /// Blocks until `frames` samples were delivered or `timeout_100ns` (simulated) passed; returns the delivered count.
  std::uint64_t wait_for(std::uint64_t frames, std::int64_t timeout_100ns);
  /// What ended the running stream early; ok while it streams. stop() returns it too.
  CaptureResult failure() const;
  /// KSPROPERTY_DROPPEDFRAMES_CURRENT of the pin: what the device's own counter says. `captured` is PictureNumber,
  /// which counts the dropped pictures too.
  CaptureResult dropped_frames(std::uint64_t* dropped, std::uint64_t* captured);
  /// RUN -> PAUSE -> ACQUIRE -> STOP with I/O in flight; all buffers come back.
  CaptureResult stop();
  CaptureResult close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace p2p::proxy
