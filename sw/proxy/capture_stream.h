// One run of a connected capture pin: buffers, sink, states up and down.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/capture.h"
#include "sw/proxy/com.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/ks_pin.h"
#include "sw/proxy/sample_sink.h"

namespace p2p::proxy {

/// Failure of `step`, for people and programs: "step: ERROR_X (0x…), STATUS_Y (0x…)". Call before any other system
/// call.
CaptureResult failed(const std::string& step, HRESULT hr);

/// Keeps the first error that the pin raises against the graph (EC_ERRORABORT).
class ErrorEvents final : public IMediaEventSink {
 public:
  explicit ErrorEvents(HANDLE progress) : progress_(progress) {}
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override;
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override;
  HRESULT STDMETHODCALLTYPE Notify(LONG code, LONG_PTR first, LONG_PTR second) override;

  HRESULT error() const { return error_; }
  void clear() { error_ = S_OK; }

 private:
  RefCount references_;
  HANDLE progress_;  // set with an error, so that a waiting application looks
  HRESULT error_ = S_OK;
};

/// Streams from `pin`, which outlives it.
class CaptureStream {
 public:
  explicit CaptureStream(KsPin& pin);
  ~CaptureStream();
  CaptureStream(const CaptureStream&) = delete;
  CaptureStream& operator=(const CaptureStream&) = delete;

  /// `buffer_bytes`: of one frame buffer. On failure everything is back in STOP.
  CaptureResult start(unsigned buffers, std::uint32_t buffer_bytes, std::uint64_t hold_ns, CaptureSession::Sink sink);
  std::uint64_t wait_for(std::uint64_t frames, std::int64_t timeout_100ns);
  /// Walks to STOP with I/O in flight, shows the application what the device had completed, takes all buffers back.
  CaptureResult stop();
  bool running() const { return running_; }
  /// Buffers that are neither free nor with the device.
  std::uint64_t held() const;
  /// The first read that failed since start(); ok while none has.
  CaptureResult failure() const;

 private:
  CaptureResult walk_down();
  CaptureResult set_state(KSSTATE state);

  KsPin& pin_;
  HANDLE progress_;  // auto-reset: a delivery, the end of the stream or an error
  ComPtr<FrameAllocator> allocator_;
  ComPtr<SampleSink> sink_;
  ComPtr<ErrorEvents> errors_;
  KSSTATE state_ = KSSTATE_STOP;
  bool running_ = false;
};

}  // namespace p2p::proxy
