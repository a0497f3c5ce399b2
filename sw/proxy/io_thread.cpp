#include "sw/proxy/io_thread.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "sw/proxy/com.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {

IoThread::~IoThread() {
  if (thread_ != nullptr) CloseHandle(thread_);
  if (control_ != nullptr) CloseHandle(control_);
  if (synchronized_ != nullptr) CloseHandle(synchronized_);
}

HRESULT IoThread::start(std::string_view name, std::function<void()> on_wake, IUnknown* keep_alive) {
  if (thread_ != nullptr) return E_UNEXPECTED;
  if (control_ == nullptr) control_ = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  if (synchronized_ == nullptr) synchronized_ = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  if (control_ == nullptr || synchronized_ == nullptr) return last_error_hresult();
  on_wake_ = std::move(on_wake);
  quit_ = false;
  keep_alive->AddRef();
  thread_ = start_thread(name, [this, keep_alive] {
    run();
    keep_alive->Release();  // may free *this
  });
  if (thread_ != nullptr) return S_OK;
  const HRESULT hr = last_error_hresult();
  keep_alive->Release();
  return hr;
}

void IoThread::queue(PKSSTREAM_SEGMENT segment) {
  segments_.push_back(segment);
  if (waiting_) SetEvent(control_);  // its wait does not include this segment yet
}

bool IoThread::remove(PKSSTREAM_SEGMENT segment) {
  const auto found = std::find(segments_.begin(), segments_.end(), segment);
  if (found == segments_.end()) return false;
  segments_.erase(found);
  return true;
}

void IoThread::wake() {
  wake_requested_ = true;
  if (waiting_) SetEvent(control_);
}

void IoThread::synchronize() {
  if (thread_ == nullptr) return;
  const std::uint64_t mine = ++sync_requested_;
  while (sync_done_ < mine) {
    if (waiting_) SetEvent(control_);
    if (sync_done_ < mine) WaitForSingleObject(synchronized_, INFINITE);
  }
}

bool IoThread::stop(std::int64_t timeout_100ns) {
  if (thread_ == nullptr) return true;
  quit_ = true;
  if (waiting_) SetEvent(control_);
  if (wait_100ns(thread_, timeout_100ns) != WAIT_OBJECT_0) return false;
  CloseHandle(thread_);
  thread_ = nullptr;
  return true;
}

void IoThread::run() {
  for (;;) {
    if (wake_requested_) {
      wake_requested_ = false;
      on_wake_();
      continue;
    }
    if (sync_done_ != sync_requested_) {
      sync_done_ = sync_requested_;
      SetEvent(synchronized_);
      continue;
    }
    if (quit_ && segments_.empty()) return;
    wait_and_complete();
  }
}

void IoThread::wait_and_complete() {
  std::array<HANDLE, MAXIMUM_WAIT_OBJECTS> handles{control_};
  DWORD count = 1;
  for (PKSSTREAM_SEGMENT segment : segments_) {
    if (count == handles.size()) break;
    handles[count++] = segment->CompletionEvent;
  }
  waiting_ = true;
  // When several are set the lowest index is reported: completions are handled in order of submission.
  const DWORD woken = WaitForMultipleObjects(count, handles.data(), FALSE, INFINITE);
  waiting_ = false;
  if (woken == WAIT_OBJECT_0) return;
  if (woken > WAIT_OBJECT_0 && woken - WAIT_OBJECT_0 >= count) {
    throw std::logic_error("proxy I/O thread: wait failed with " + nt_status_text(last_nt_status()));
  }
  PKSSTREAM_SEGMENT segment = segments_[woken - WAIT_OBJECT_0 - 1];
  // A write leaves the queue here; a read when its handler reports it through KsMediaSamplesCompleted (R-PXY-13).
  if (segment->IoOperation == KsIoOperation_Write) remove(segment);
  const ComPtr<IKsInterfaceHandler> handler(segment->KsInterfaceHandler);
  handler->KsCompleteIo(segment);
}

}  // namespace p2p::proxy
