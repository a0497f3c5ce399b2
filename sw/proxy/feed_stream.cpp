#include "sw/proxy/feed_stream.h"

#include <utility>

#include "sw/proxy/capture_stream.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {

namespace {
constexpr LONG kPageBytes = 4096;
constexpr std::int64_t kSlice100ns = 1'000'000;         // between looks at whether the pin is being stopped
constexpr std::int64_t kStopTimeout100ns = 50'000'000;  // for a driver to give everything back
}  // namespace

FeedStream::~FeedStream() {
  if (thread_ != nullptr) CloseHandle(thread_);
}

CaptureResult FeedStream::set_state(KSSTATE state) {
  const HRESULT hr = pin_.set_state(state);
  if (FAILED(hr)) return failed("set the state of an input pin to " + std::to_string(state), hr);
  state_ = state;
  return {};
}

CaptureResult FeedStream::start(unsigned buffers, std::uint32_t buffer_bytes, std::int64_t interval_100ns,
                                Source source) {
  source_ = std::move(source);
  interval_100ns_ = interval_100ns;
  allocator_ = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
  ALLOCATOR_PROPERTIES request{};
  request.cBuffers = static_cast<LONG>(buffers);
  request.cbBuffer = static_cast<LONG>(buffer_bytes);
  request.cbAlign = kPageBytes;
  ALLOCATOR_PROPERTIES actual{};
  HRESULT hr = allocator_->SetProperties(&request, &actual);
  if (SUCCEEDED(hr)) hr = allocator_->Commit();
  if (SUCCEEDED(hr)) hr = pin_.KsReceiveAllocator(allocator_.get());
  if (SUCCEEDED(hr)) hr = pin_.activate();
  CaptureResult result = SUCCEEDED(hr) ? CaptureResult{} : failed("start writing", hr);
  running_ = true;
  for (const KSSTATE state : {KSSTATE_ACQUIRE, KSSTATE_PAUSE, KSSTATE_RUN}) {
    if (result.ok()) result = set_state(state);
  }
  if (result.ok()) {
    thread_ = start_thread("application feed", [this] { run(); });
    if (thread_ == nullptr) result = failed("start the thread that writes", last_error_hresult());
  }
  if (!result.ok()) stop();
  return result;
}

bool FeedStream::write_next() {
  IMediaSample* sample = nullptr;
  if (stopping_ || FAILED(allocator_->GetBuffer(&sample, nullptr, nullptr, 0))) return false;
  BYTE* data = nullptr;
  sample->GetPointer(&data);
  const auto bytes = static_cast<std::size_t>(sample->GetSize());
  const bool more = !stopping_ && source_(written_, {data, bytes});
  if (more) {
    REFERENCE_TIME start = static_cast<std::int64_t>(written_) * interval_100ns_, end = start + interval_100ns_;
    sample->SetActualDataLength(static_cast<LONG>(bytes));
    sample->SetTime(&start, &end);
    sample->SetSyncPoint(TRUE);
    error_ = pin_.write(sample);
    if (SUCCEEDED(error_)) ++written_;
  }
  sample->Release();
  return more && SUCCEEDED(error_);
}

// A thread's requests die with it: it stays until the driver has completed them.
void FeedStream::run() {
  while (write_next()) continue;
  std::int64_t left = kStopTimeout100ns;
  while (!pin_.wait_idle(kSlice100ns)) {
    if (!stopping_) continue;
    left -= kSlice100ns;
    if (left <= 0) pin_.cancel();
  }
  finished_ = true;
}

CaptureResult FeedStream::failure() const {
  return SUCCEEDED(error_) ? CaptureResult{} : CaptureResult{error_, "a write failed with " + hresult_text(error_)};
}

CaptureResult FeedStream::stop() {
  if (!running_) return {VFW_E_NOT_RUNNING, "stop: the input pin is not being written to"};
  stopping_ = true;
  CaptureResult result;
  for (int next = static_cast<int>(state_) - 1; next >= KSSTATE_STOP; --next) {
    CaptureResult step = set_state(static_cast<KSSTATE>(next));
    if (result.ok() && !step.ok()) result = std::move(step);
  }
  allocator_->Decommit();  // a thread that waits for a buffer gets none
  if (thread_ != nullptr && wait_100ns(thread_, 2 * kStopTimeout100ns) != WAIT_OBJECT_0)
    return {VFW_E_TIMEOUT, "stop: the driver does not give back what was written to it"};
  if (!pin_.deactivate(kStopTimeout100ns)) return {VFW_E_TIMEOUT, "stop: the proxy's I/O thread did not end"};
  running_ = false;
  pin_.KsReceiveAllocator(nullptr);
  return result.ok() ? failure() : result;
}

}  // namespace p2p::proxy
