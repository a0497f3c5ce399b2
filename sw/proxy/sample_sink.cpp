#include "sw/proxy/sample_sink.h"

#include "sim/trace_sink.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {

SampleSink::SampleSink()
    : arrived_(CreateEventW(nullptr, FALSE, FALSE, nullptr)),
      draining_event_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

SampleSink::~SampleSink() {
  if (arrived_ != nullptr) CloseHandle(arrived_);
  if (draining_event_ != nullptr) CloseHandle(draining_event_);
}

HRESULT SampleSink::QueryInterface(REFIID iid, void** object) {
  if (object == nullptr) return E_POINTER;
  *object = nullptr;
  if (iid == kIidUnknown || iid == kIidMemInputPin) {
    *object = static_cast<IMemInputPin*>(this);
  } else if (iid == kIidPin) {
    *object = static_cast<IPin*>(this);
  } else {
    return E_NOINTERFACE;
  }
  AddRef();
  return S_OK;
}

ULONG SampleSink::Release() {
  const ULONG left = references_.release();
  if (left == 0) delete this;
  return left;
}

HRESULT SampleSink::GetAllocator(IMemAllocator** allocator) {
  if (allocator == nullptr) return E_POINTER;
  *allocator = allocator_.get();
  if (!allocator_) return VFW_E_NO_ALLOCATOR;
  allocator_->AddRef();
  return S_OK;
}

HRESULT SampleSink::NotifyAllocator(IMemAllocator* allocator, WINBOOL) {
  allocator_ = ComPtr<IMemAllocator>(allocator);
  return S_OK;
}

HRESULT SampleSink::GetAllocatorRequirements(ALLOCATOR_PROPERTIES*) { return E_NOTIMPL; }

HRESULT SampleSink::Receive(IMediaSample* sample) {
  if (sample == nullptr) return E_POINTER;
  if (thread_ == nullptr) return VFW_E_WRONG_STATE;
  if (flushing_) return S_FALSE;
  sample->AddRef();
  queue_.push_back(sample);
  SetEvent(arrived_);
  return S_OK;
}

HRESULT SampleSink::ReceiveMultiple(IMediaSample** samples, LONG count, LONG* processed) {
  if (samples == nullptr || processed == nullptr) return E_POINTER;
  HRESULT hr = S_OK;
  for (*processed = 0; *processed < count && hr == S_OK; *processed += hr == S_OK ? 1 : 0) {
    hr = Receive(samples[*processed]);
  }
  return hr;
}

HRESULT SampleSink::QueryDirection(PIN_DIRECTION* direction) {
  if (direction == nullptr) return E_POINTER;
  *direction = PINDIR_INPUT;
  return S_OK;
}

HRESULT SampleSink::EndOfStream() {
  if (thread_ == nullptr) return VFW_E_WRONG_STATE;
  if (flushing_) return S_FALSE;
  queue_.push_back(nullptr);
  SetEvent(arrived_);
  return S_OK;
}

HRESULT SampleSink::BeginFlush() {
  flushing_ = true;
  std::deque<IMediaSample*> dropped;
  dropped.swap(queue_);
  for (IMediaSample* sample : dropped) {
    if (sample != nullptr) sample->Release();
  }
  return S_OK;
}

HRESULT SampleSink::EndFlush() {
  flushing_ = false;
  end_of_stream_ = false;
  return S_OK;
}

HRESULT SampleSink::start(Deliver deliver, std::int64_t hold_100ns, HANDLE progress) {
  if (thread_ != nullptr) return E_UNEXPECTED;
  if (arrived_ == nullptr || draining_event_ == nullptr) return E_OUTOFMEMORY;
  deliver_ = std::move(deliver);
  hold_100ns_ = hold_100ns;
  progress_ = progress;
  draining_ = flushing_ = end_of_stream_ = false;
  delivered_ = 0;
  next_sample_ = 0;
  ResetEvent(draining_event_);
  AddRef();
  thread_ = start_thread("application sink", [this] {
    run();
    Release();
  });
  if (thread_ != nullptr) return S_OK;
  const HRESULT hr = last_error_hresult();
  Release();
  return hr;
}

void SampleSink::drain_and_stop() {
  if (thread_ == nullptr) return;
  draining_ = true;
  SetEvent(draining_event_);
  SetEvent(arrived_);
  WaitForSingleObject(thread_, INFINITE);
  CloseHandle(std::exchange(thread_, nullptr));
  deliver_ = nullptr;
}

void SampleSink::run() {
  for (;;) {
    if (queue_.empty()) {
      if (draining_) return;
      WaitForSingleObject(arrived_, INFINITE);
      continue;
    }
    IMediaSample* sample = queue_.front();
    queue_.pop_front();
    if (sample != nullptr) {
      show(sample);
      if (hold_100ns_ != 0) wait_100ns(draining_event_, hold_100ns_);
      sample->Release();
    } else {
      end_of_stream_ = true;
      SetEvent(progress_);
    }
  }
}

void SampleSink::show(IMediaSample* sample) {
  BYTE* data = nullptr;
  sample->GetPointer(&data);
  REFERENCE_TIME start = 0;
  REFERENCE_TIME stop = 0;
  const HRESULT timed = sample->GetTime(&start, &stop);
  DeliveredSample delivered{};
  delivered.data = data;
  delivered.bytes = static_cast<std::size_t>(sample->GetActualDataLength());
  delivered.index = delivered_;
  delivered.time_valid = SUCCEEDED(timed);
  delivered.start_100ns = delivered.time_valid ? start : 0;
  delivered.duration_100ns = timed == S_OK ? stop - start : 0;
  delivered.discontinuity = sample->IsDiscontinuity() == S_OK;
  trace_sink().event("proxy", "sample.deliver",
                     {{"sample", next_sample_},
                      {"bytes", delivered.bytes},
                      {"time", delivered.start_100ns},
                      {"discontinuity", delivered.discontinuity ? 1 : 0}});
  ++next_sample_;
  if (deliver_) deliver_(delivered);
  ++delivered_;
  SetEvent(progress_);
}

}  // namespace p2p::proxy
