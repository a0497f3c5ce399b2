#include "sw/proxy/capture_stream.h"

#include <algorithm>
#include <limits>

#include "sim/trace_sink.h"
#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/allocator_framing.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {
namespace {

/// Simulated time that a driver has to give everything back once its pin is in STOP, and again after CancelIo.
constexpr std::int64_t kStopTimeout100ns = 50'000'000;
constexpr LONG kPageBytes = 4096;

const char* state_name(KSSTATE state) {
  switch (state) {
    case KSSTATE_STOP:
      return "KSSTATE_STOP";
    case KSSTATE_ACQUIRE:
      return "KSSTATE_ACQUIRE";
    case KSSTATE_PAUSE:
      return "KSSTATE_PAUSE";
    case KSSTATE_RUN:
      return "KSSTATE_RUN";
  }
  return "an unknown state";
}

}  // namespace

CaptureResult failed(const std::string& step, HRESULT hr) {
  std::string message = step + ": " + hresult_text(hr);
  // The kernel's own word, where the error came from there.
  const NTSTATUS status = last_nt_status();
  if (status != 0 && HRESULT_FROM_WIN32(error_from_nt_status(status)) == hr) message += ", " + nt_status_text(status);
  return {hr, message};
}

HRESULT ErrorEvents::QueryInterface(REFIID iid, void** object) {
  if (object == nullptr) return E_POINTER;
  *object = nullptr;
  if (!(iid == kIidUnknown) && !(iid == kIidMediaEventSink)) return E_NOINTERFACE;
  *object = static_cast<IMediaEventSink*>(this);
  AddRef();
  return S_OK;
}

ULONG ErrorEvents::Release() {
  const ULONG left = references_.release();
  if (left == 0) delete this;
  return left;
}

HRESULT ErrorEvents::Notify(LONG code, LONG_PTR first, LONG_PTR) {
  if (code != EC_ERRORABORT || error_ != S_OK) return S_OK;
  error_ = static_cast<HRESULT>(first);
  SetEvent(progress_);
  return S_OK;
}

CaptureStream::CaptureStream(KsPin& pin)
    : pin_(pin),
      progress_(CreateEventW(nullptr, FALSE, FALSE, nullptr)),
      sink_(ComPtr<SampleSink>::adopt(new SampleSink)),
      errors_(ComPtr<ErrorEvents>::adopt(new ErrorEvents(progress_))) {}

CaptureStream::~CaptureStream() {
  if (progress_ != nullptr) CloseHandle(progress_);
}

CaptureResult CaptureStream::set_state(KSSTATE state) {
  const HRESULT hr = pin_.set_state(state);
  if (FAILED(hr)) return failed(std::string("set pin state ") + state_name(state), hr);
  state_ = state;
  return {};
}

CaptureResult CaptureStream::start(unsigned buffers, std::uint32_t buffer_bytes, std::uint64_t hold_ns,
                                   CaptureSession::Sink sink) {
  constexpr unsigned kMost = std::numeric_limits<LONG>::max();
  if (buffers > kMost || buffer_bytes > kMost) {
    return {E_INVALIDARG, "run: " + std::to_string(buffers) + " buffers of " + std::to_string(buffer_bytes) +
                              " bytes cannot be allocated"};
  }
  allocator_ = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
  ALLOCATOR_PROPERTIES request{};
  request.cBuffers = static_cast<LONG>(buffers);
  request.cbBuffer = static_cast<LONG>(buffer_bytes);
  request.cbAlign = kPageBytes;
  const FramingWish wish = query_framing(pin_);
  if (const std::optional<std::string> reason = agree(wish, &request)) {
    allocator_.reset();
    return {VFW_E_BUFFER_NOTSET, "run: " + *reason};
  }
  trace_sink().event("proxy", "allocator.agree",
                     {{"buffers", std::uint64_t(request.cBuffers)},
                      {"bytes", std::uint64_t(request.cbBuffer)},
                      {"align", std::uint64_t(request.cbAlign)},
                      {"framing", wish.from}});
  ALLOCATOR_PROPERTIES actual{};
  HRESULT hr = allocator_->SetProperties(&request, &actual);
  if (SUCCEEDED(hr)) hr = allocator_->Commit();
  if (FAILED(hr)) {
    allocator_.reset();
    return failed("allocate " + std::to_string(request.cBuffers) + " frame buffers", hr);
  }
  errors_->clear();
  pin_.set_event_sink(errors_.get());
  hr = pin_.KsReceiveAllocator(allocator_.get());
  if (SUCCEEDED(hr)) hr = sink_->NotifyAllocator(allocator_.get(), TRUE);
  if (SUCCEEDED(hr)) hr = pin_.connect_input(sink_.get());
  if (SUCCEEDED(hr)) hr = sink_->start(std::move(sink), static_cast<std::int64_t>(hold_ns / 100), progress_);
  if (SUCCEEDED(hr)) hr = pin_.activate();
  CaptureResult result = SUCCEEDED(hr) ? CaptureResult{} : failed("start the proxy's threads", hr);
  running_ = true;
  if (result.ok()) result = set_state(KSSTATE_ACQUIRE);
  if (result.ok()) result = set_state(KSSTATE_PAUSE);
  if (result.ok()) {
    // The device finds all buffers queued when it starts.
    pin_.start_reads();
    pin_.synchronize();
    result = errors_->error() == S_OK ? set_state(KSSTATE_RUN) : failed("queue the first reads", errors_->error());
  }
  if (!result.ok()) stop();
  return result;
}

std::uint64_t CaptureStream::wait_for(std::uint64_t frames, std::int64_t timeout_100ns) {
  const std::int64_t deadline = nt::query_system_time() + timeout_100ns;
  while (running_ && sink_->delivered() < frames && !sink_->end_of_stream() && errors_->error() == S_OK) {
    const std::int64_t left = deadline - nt::query_system_time();
    if (left <= 0) break;
    wait_100ns(progress_, left);
  }
  return sink_->delivered();
}

CaptureResult CaptureStream::walk_down() {
  CaptureResult result;
  // A refused step does not keep the pin from being stopped; the first refusal is what is reported.
  for (int next = static_cast<int>(state_) - 1; next >= KSSTATE_STOP; --next) {
    CaptureResult step = set_state(static_cast<KSSTATE>(next));
    if (result.ok() && !step.ok()) result = std::move(step);
  }
  return result;
}

CaptureResult CaptureStream::failure() const {
  if (errors_->error() == S_OK) return {};
  return {errors_->error(), "streaming stopped early: a read failed with " + hresult_text(errors_->error())};
}

std::uint64_t CaptureStream::held() const {
  const std::size_t out = running_ ? allocator_->outstanding() : 0,
                    reading = static_cast<std::size_t>(pin_.pending_io());
  return out - std::min(out, reading);
}

CaptureResult CaptureStream::stop() {
  if (!running_) return {VFW_E_NOT_RUNNING, "stop: the stream does not run"};
  pin_.stop_reads();
  CaptureResult result = walk_down();
  if (!pin_.wait_idle(kStopTimeout100ns)) {
    const LONG left = pin_.pending_io();
    if (result.ok()) {
      result = {VFW_E_TIMEOUT,
                "stop: the pin is in KSSTATE_STOP but the driver still holds " + std::to_string(left) + " reads"};
    }
    pin_.cancel();
    if (!pin_.wait_idle(kStopTimeout100ns)) {
      result.message += ", and cancelling them did not bring them back";
      return result;  // their buffers belong to the device: nothing may be freed
    }
  }
  if (!pin_.deactivate(kStopTimeout100ns)) return {VFW_E_TIMEOUT, "stop: the proxy's I/O thread did not end"};
  sink_->drain_and_stop();
  running_ = false;
  allocator_->Decommit();
  const std::size_t out = allocator_->outstanding();
  pin_.KsReceiveAllocator(nullptr);
  pin_.connect_input(nullptr);
  pin_.set_event_sink(nullptr);
  sink_->NotifyAllocator(nullptr, TRUE);
  if (result.ok()) result = failure();
  if (result.ok() && out != 0) {
    result = {VFW_E_BUFFERS_OUTSTANDING, "stop: " + std::to_string(out) + " frame buffers did not come back"};
  }
  return result;
}

}  // namespace p2p::proxy
