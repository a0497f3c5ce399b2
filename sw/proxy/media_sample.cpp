#include "sw/proxy/media_sample.h"

#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/guids.h"

namespace p2p::proxy {

MediaSample::MediaSample(FrameAllocator& allocator, unsigned id, std::uint8_t* data, LONG bytes)
    : allocator_(allocator), id_(id), data_(data), size_(bytes) {}

HRESULT MediaSample::QueryInterface(REFIID iid, void** object) {
  if (object == nullptr) return E_POINTER;
  if (iid == kIidUnknown || iid == kIidMediaSample) {
    *object = static_cast<IMediaSample*>(this);
    AddRef();
    return S_OK;
  }
  *object = nullptr;
  return E_NOINTERFACE;
}

ULONG MediaSample::AddRef() { return ++references_; }

ULONG MediaSample::Release() {
  const ULONG left = --references_;
  if (left == 0) allocator_.ReleaseBuffer(this);  // may free *this: nothing after it
  return left;
}

void MediaSample::hand_out() {
  references_ = 1;
  actual_ = size_;
  sync_point_ = preroll_ = discontinuity_ = false;
  time_valid_ = stop_valid_ = media_time_valid_ = false;
}

HRESULT MediaSample::GetPointer(BYTE** buffer) {
  if (buffer == nullptr) return E_POINTER;
  *buffer = data_;
  return S_OK;
}

LONG MediaSample::GetSize() { return size_; }

HRESULT MediaSample::GetTime(REFERENCE_TIME* start, REFERENCE_TIME* stop) {
  if (start == nullptr || stop == nullptr) return E_POINTER;
  if (!time_valid_) return VFW_E_SAMPLE_TIME_NOT_SET;
  *start = start_;
  *stop = stop_valid_ ? stop_ : start_ + 1;
  return stop_valid_ ? S_OK : VFW_S_NO_STOP_TIME;
}

HRESULT MediaSample::SetTime(REFERENCE_TIME* start, REFERENCE_TIME* stop) {
  if (start == nullptr && stop != nullptr) return E_INVALIDARG;
  time_valid_ = start != nullptr;
  stop_valid_ = stop != nullptr;
  start_ = start != nullptr ? *start : 0;
  stop_ = stop != nullptr ? *stop : 0;
  return S_OK;
}

HRESULT MediaSample::IsSyncPoint() { return sync_point_ ? S_OK : S_FALSE; }

HRESULT MediaSample::SetSyncPoint(WINBOOL sync_point) {
  sync_point_ = sync_point != FALSE;
  return S_OK;
}

HRESULT MediaSample::IsPreroll() { return preroll_ ? S_OK : S_FALSE; }

HRESULT MediaSample::SetPreroll(WINBOOL preroll) {
  preroll_ = preroll != FALSE;
  return S_OK;
}

LONG MediaSample::GetActualDataLength() { return actual_; }

HRESULT MediaSample::SetActualDataLength(LONG bytes) {
  if (bytes < 0 || bytes > size_) return VFW_E_BUFFER_OVERFLOW;
  actual_ = bytes;
  return S_OK;
}

HRESULT MediaSample::GetMediaType(AM_MEDIA_TYPE** type) {
  if (type == nullptr) return E_POINTER;
  *type = nullptr;
  return S_FALSE;
}

HRESULT MediaSample::SetMediaType(AM_MEDIA_TYPE* type) { return type == nullptr ? S_OK : E_NOTIMPL; }

HRESULT MediaSample::IsDiscontinuity() { return discontinuity_ ? S_OK : S_FALSE; }

HRESULT MediaSample::SetDiscontinuity(WINBOOL discontinuity) {
  discontinuity_ = discontinuity != FALSE;
  return S_OK;
}

HRESULT MediaSample::GetMediaTime(LONGLONG* start, LONGLONG* stop) {
  if (start == nullptr || stop == nullptr) return E_POINTER;
  if (!media_time_valid_) return VFW_E_MEDIA_TIME_NOT_SET;
  *start = media_start_;
  *stop = media_stop_;
  return S_OK;
}

HRESULT MediaSample::SetMediaTime(LONGLONG* start, LONGLONG* stop) {
  if ((start == nullptr) != (stop == nullptr)) return E_INVALIDARG;
  media_time_valid_ = start != nullptr;
  media_start_ = start != nullptr ? *start : 0;
  media_stop_ = stop != nullptr ? *stop : 0;
  return S_OK;
}

}  // namespace p2p::proxy
