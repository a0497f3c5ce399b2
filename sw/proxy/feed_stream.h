// One run of a connected input pin: an application's thread that writes samples to the driver, states up and down.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "proxy/capture.h"
#include "sw/proxy/com.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/ks_pin.h"

namespace p2p::proxy {

/// Writes to `pin`, which outlives it.
class FeedStream {
 public:
  /// Fills the sample; false if there is none any more.
  using Source = std::function<bool(std::uint64_t index, std::span<std::uint8_t> sample)>;
  explicit FeedStream(KsPin& pin) : pin_(pin) {}
  ~FeedStream();
  FeedStream(const FeedStream&) = delete;
  FeedStream& operator=(const FeedStream&) = delete;

  /// `interval_100ns`: from a sample's start time to the next one's. On failure everything is back in STOP.
  CaptureResult start(unsigned buffers, std::uint32_t buffer_bytes, std::int64_t interval_100ns, Source source);
  /// Samples that the driver has taken.
  std::uint64_t written() const { return written_; }
  /// Every sample is written and back.
  bool finished() const { return finished_; }
  CaptureResult failure() const;
  /// Walks to STOP; the driver gives back what it has.
  CaptureResult stop();
  bool running() const { return running_; }

 private:
  void run();
  bool write_next();
  CaptureResult set_state(KSSTATE state);

  KsPin& pin_;
  ComPtr<FrameAllocator> allocator_;
  Source source_;
  std::int64_t interval_100ns_ = 0;
  HANDLE thread_ = nullptr;
  KSSTATE state_ = KSSTATE_STOP;
  std::uint64_t written_ = 0;
  HRESULT error_ = S_OK;
  bool running_ = false, stopping_ = false, finished_ = false;
};

}  // namespace p2p::proxy
