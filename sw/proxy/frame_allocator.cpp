#include "sw/proxy/frame_allocator.h"

#include <limits>

#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {
namespace {

constexpr LONG kPageBytes = 4096;

bool valid_alignment(LONG bytes) { return bytes >= 1 && bytes <= kPageBytes && (bytes & (bytes - 1)) == 0; }

LONG round_up(LONG bytes, LONG alignment) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

FrameAllocator::FrameAllocator() : buffer_free_(CreateEventW(nullptr, FALSE, FALSE, nullptr)) {}

FrameAllocator::~FrameAllocator() {
  free_memory();
  if (buffer_free_ != nullptr) CloseHandle(buffer_free_);
}

HRESULT FrameAllocator::QueryInterface(REFIID iid, void** object) {
  if (object == nullptr) return E_POINTER;
  if (iid == kIidUnknown || iid == kIidMemAllocator || iid == kIidMemAllocatorCallback) {
    *object = static_cast<IMemAllocatorCallbackTemp*>(this);
    AddRef();
    return S_OK;
  }
  if (iid == kIidKsAllocator) {
    *object = static_cast<IKsAllocator*>(this);
    AddRef();
    return S_OK;
  }
  *object = nullptr;
  return E_NOINTERFACE;
}

ULONG FrameAllocator::Release() {
  const ULONG left = references_.release();
  if (left == 0) delete this;
  return left;
}

HRESULT FrameAllocator::SetProperties(ALLOCATOR_PROPERTIES* request, ALLOCATOR_PROPERTIES* actual) {
  if (request == nullptr || actual == nullptr) return E_POINTER;
  if (committed_) return VFW_E_ALREADY_COMMITTED;
  if (outstanding() != 0) return VFW_E_BUFFERS_OUTSTANDING;
  if (!valid_alignment(request->cbAlign)) return VFW_E_BADALIGN;
  if (request->cBuffers < 0 || request->cbBuffer < 0 || request->cbPrefix < 0) return E_INVALIDARG;
  if (request->cbPrefix > std::numeric_limits<LONG>::max() - kPageBytes) return E_INVALIDARG;
  properties_ = *request;
  *actual = properties_;
  return S_OK;
}

HRESULT FrameAllocator::KsGetAllocatorStatus(PKSSTREAMALLOCATOR_STATUS status) {
  if (status == nullptr) return E_POINTER;
  *status = {};
  status->Framing.Frames = static_cast<ULONG>(properties_.cBuffers);
  status->Framing.FrameSize = static_cast<ULONG>(properties_.cbBuffer);
  status->Framing.FileAlignment = static_cast<ULONG>(properties_.cbAlign > 0 ? properties_.cbAlign - 1 : 0);
  status->AllocatedFrames = static_cast<ULONG>(outstanding());
  return S_OK;
}

HRESULT FrameAllocator::GetProperties(ALLOCATOR_PROPERTIES* properties) {
  if (properties == nullptr) return E_POINTER;
  *properties = properties_;
  return S_OK;
}

HRESULT FrameAllocator::Commit() {
  if (committed_) return S_OK;
  if (properties_.cBuffers == 0 || properties_.cbBuffer == 0) return VFW_E_SIZENOTSET;
  if (outstanding() != 0) return VFW_E_BUFFERS_OUTSTANDING;
  if (buffer_free_ == nullptr) return E_OUTOFMEMORY;
  free_memory();
  const LONG prefix = round_up(properties_.cbPrefix, properties_.cbAlign);
  for (LONG i = 0; i < properties_.cBuffers; ++i) {
    const auto bytes = static_cast<std::size_t>(prefix) + static_cast<std::size_t>(properties_.cbBuffer);
    void* block = nt::allocate_virtual_memory(bytes);
    if (block == nullptr) {
      free_memory();
      return E_OUTOFMEMORY;
    }
    blocks_.push_back(block);
    samples_.push_back(std::make_unique<MediaSample>(*this, static_cast<unsigned>(i),
                                                     static_cast<std::uint8_t*>(block) + prefix, properties_.cbBuffer));
    free_.push_back(samples_.back().get());
  }
  committed_ = true;
  return S_OK;
}

HRESULT FrameAllocator::Decommit() {
  committed_ = false;
  if (outstanding() == 0) free_memory();
  if (waiters_ != 0) SetEvent(buffer_free_);
  return S_OK;
}

void FrameAllocator::free_memory() {
  std::vector<void*> blocks;
  blocks.swap(blocks_);
  samples_.clear();
  free_.clear();
  for (void* block : blocks) nt::free_virtual_memory(block);
}

HRESULT FrameAllocator::GetBuffer(IMediaSample** buffer, REFERENCE_TIME* start, REFERENCE_TIME* stop, DWORD flags) {
  if (buffer == nullptr) return E_POINTER;
  *buffer = nullptr;
  while (committed_ && free_.empty()) {
    if ((flags & AM_GBF_NOWAIT) != 0) return VFW_E_TIMEOUT;
    ++waiters_;
    const DWORD woken = WaitForSingleObject(buffer_free_, INFINITE);
    --waiters_;
    if (woken != WAIT_OBJECT_0) return last_error_hresult();
    // One set wakes one waiter: hand it on when there is cause for more.
    if (waiters_ != 0 && (!committed_ || free_.size() > 1)) SetEvent(buffer_free_);
  }
  if (!committed_) return VFW_E_NOT_COMMITTED;
  MediaSample* sample = free_.front();
  free_.pop_front();
  sample->hand_out();
  if (start != nullptr) sample->SetTime(start, stop);
  AddRef();  // until the buffer is back
  *buffer = sample;
  return S_OK;
}

HRESULT FrameAllocator::ReleaseBuffer(IMediaSample* buffer) {
  auto* sample = static_cast<MediaSample*>(buffer);
  free_.push_back(sample);
  if (!committed_) {
    if (outstanding() == 0) free_memory();
  } else {
    if (waiters_ != 0) SetEvent(buffer_free_);
    const ComPtr<IMemAllocatorNotifyCallbackTemp> notify = notify_;
    if (notify) notify->NotifyRelease();
  }
  Release();
  return S_OK;
}

HRESULT FrameAllocator::SetNotify(IMemAllocatorNotifyCallbackTemp* notify) {
  notify_ = ComPtr<IMemAllocatorNotifyCallbackTemp>(notify);
  return S_OK;
}

HRESULT FrameAllocator::GetFreeCount(LONG* free) {
  if (free == nullptr) return E_POINTER;
  *free = static_cast<LONG>(free_.size());
  return S_OK;
}

}  // namespace p2p::proxy
