// The allocator of frame buffers: page-aligned user memory that a device can reach, scattered in physical address.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sw/proxy/com.h"
#include "sw/proxy/media_sample.h"

namespace p2p::proxy {

/// IMemAllocator with release notification. Buffers are handed out in the order in which they came back, each with one
/// reference, and hold the allocator alive while they are out.
class FrameAllocator final : public IMemAllocatorCallbackTemp, public IKsAllocator {
 public:
  /// The caller owns the first reference.
  FrameAllocator();

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override;
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override;

  /// cbAlign: a power of two up to a page. VFW_E_ALREADY_COMMITTED, VFW_E_BUFFERS_OUTSTANDING, VFW_E_BADALIGN.
  HRESULT STDMETHODCALLTYPE SetProperties(ALLOCATOR_PROPERTIES* request, ALLOCATOR_PROPERTIES* actual) override;
  HRESULT STDMETHODCALLTYPE GetProperties(ALLOCATOR_PROPERTIES* properties) override;
  /// VFW_E_SIZENOTSET before SetProperties, E_OUTOFMEMORY when host memory is exhausted (nothing stays allocated).
  HRESULT STDMETHODCALLTYPE Commit() override;
  /// No buffer is handed out from now on; waiting callers fail; memory goes when the last buffer is back.
  HRESULT STDMETHODCALLTYPE Decommit() override;
  /// Blocks until a buffer is free, or VFW_E_TIMEOUT with AM_GBF_NOWAIT; VFW_E_NOT_COMMITTED.
  HRESULT STDMETHODCALLTYPE GetBuffer(IMediaSample** buffer, REFERENCE_TIME* start, REFERENCE_TIME* stop,
                                      DWORD flags) override;
  /// For MediaSample, whose last reference is gone.
  HRESULT STDMETHODCALLTYPE ReleaseBuffer(IMediaSample* buffer) override;
  /// The one to tell after each buffer that came back; referenced until replaced.
  HRESULT STDMETHODCALLTYPE SetNotify(IMemAllocatorNotifyCallbackTemp* notify) override;
  HRESULT STDMETHODCALLTYPE GetFreeCount(LONG* free) override;

  // IKsAllocator (R-PXY-18): the memory is the application's, there is no kernel allocator behind it.
  HANDLE STDMETHODCALLTYPE KsGetAllocatorHandle() override { return nullptr; }
  KSALLOCATORMODE STDMETHODCALLTYPE KsGetAllocatorMode() override { return KsAllocatorMode_User; }
  HRESULT STDMETHODCALLTYPE KsGetAllocatorStatus(PKSSTREAMALLOCATOR_STATUS status) override;
  /// KsAllocatorMode_Kernel has no effect.
  VOID STDMETHODCALLTYPE KsSetAllocatorMode(KSALLOCATORMODE) override {}

  /// Buffers that somebody still holds.
  std::size_t outstanding() const { return samples_.size() - free_.size(); }

 private:
  ~FrameAllocator();
  void free_memory();

  RefCount references_;
  ALLOCATOR_PROPERTIES properties_{};
  bool committed_ = false;
  std::vector<void*> blocks_;
  std::vector<std::unique_ptr<MediaSample>> samples_;
  std::deque<MediaSample*> free_;
  ComPtr<IMemAllocatorNotifyCallbackTemp> notify_;
  HANDLE buffer_free_;  ///< auto-reset: a waiting GetBuffer looks again
  LONG waiters_ = 0;
};

}  // namespace p2p::proxy
