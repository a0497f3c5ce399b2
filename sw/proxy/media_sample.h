// A frame buffer on its way between device and application.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sw/proxy/com.h"

namespace p2p::proxy {

class FrameAllocator;

/// IMediaSample over one buffer of a FrameAllocator. A reference count of zero returns it to the allocator, which owns
/// the object itself.
class MediaSample final : public IMediaSample {
 public:
  /// `id`: small number in creation order. `data`/`bytes`: the buffer, at least `bytes` long.
  MediaSample(FrameAllocator& allocator, unsigned id, std::uint8_t* data, LONG bytes);

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override;
  ULONG STDMETHODCALLTYPE AddRef() override;
  ULONG STDMETHODCALLTYPE Release() override;

  HRESULT STDMETHODCALLTYPE GetPointer(BYTE** buffer) override;
  LONG STDMETHODCALLTYPE GetSize() override;
  /// VFW_E_SAMPLE_TIME_NOT_SET without a time, VFW_S_NO_STOP_TIME (stop = start + 1) without a stop time.
  HRESULT STDMETHODCALLTYPE GetTime(REFERENCE_TIME* start, REFERENCE_TIME* stop) override;
  /// NULL start clears the time; NULL stop leaves it open.
  HRESULT STDMETHODCALLTYPE SetTime(REFERENCE_TIME* start, REFERENCE_TIME* stop) override;
  HRESULT STDMETHODCALLTYPE IsSyncPoint() override;
  HRESULT STDMETHODCALLTYPE SetSyncPoint(WINBOOL sync_point) override;
  HRESULT STDMETHODCALLTYPE IsPreroll() override;
  HRESULT STDMETHODCALLTYPE SetPreroll(WINBOOL preroll) override;
  LONG STDMETHODCALLTYPE GetActualDataLength() override;
  HRESULT STDMETHODCALLTYPE SetActualDataLength(LONG bytes) override;
  /// A sample never carries its own media type here: GetMediaType says S_FALSE, setting one is refused.
  HRESULT STDMETHODCALLTYPE GetMediaType(AM_MEDIA_TYPE** type) override;
  HRESULT STDMETHODCALLTYPE SetMediaType(AM_MEDIA_TYPE* type) override;
  HRESULT STDMETHODCALLTYPE IsDiscontinuity() override;
  HRESULT STDMETHODCALLTYPE SetDiscontinuity(WINBOOL discontinuity) override;
  HRESULT STDMETHODCALLTYPE GetMediaTime(LONGLONG* start, LONGLONG* stop) override;
  HRESULT STDMETHODCALLTYPE SetMediaTime(LONGLONG* start, LONGLONG* stop) override;

  unsigned id() const { return id_; }
  ULONG references() const { return references_; }
  /// Called by the allocator as it hands the sample out: one reference, properties as new.
  void hand_out();

 private:
  FrameAllocator& allocator_;
  const unsigned id_;
  std::uint8_t* const data_;
  const LONG size_;
  ULONG references_ = 0;
  LONG actual_ = 0;
  bool sync_point_ = false;
  bool preroll_ = false;
  bool discontinuity_ = false;
  bool time_valid_ = false;
  bool stop_valid_ = false;
  bool media_time_valid_ = false;
  REFERENCE_TIME start_ = 0;
  REFERENCE_TIME stop_ = 0;
  LONGLONG media_start_ = 0;
  LONGLONG media_stop_ = 0;
};

}  // namespace p2p::proxy
