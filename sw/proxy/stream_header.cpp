#include "sw/proxy/stream_header.h"

#include <cstring>
#include <limits>

namespace p2p::proxy {
namespace {

__extension__ typedef __int128 Wide;

}  // namespace

bool normalised_time(LONGLONG time, const KSTIME& scale, LONGLONG* ticks) {
  if (scale.Denominator == 0) return false;
  const Wide wide = static_cast<Wide>(time) * scale.Numerator / scale.Denominator;
  if (wide > std::numeric_limits<LONGLONG>::max() || wide < std::numeric_limits<LONGLONG>::min()) return false;
  *ticks = static_cast<LONGLONG>(wide);
  return true;
}

HRESULT prepare_header(IMediaSample* sample, KSIOOPERATION operation, ULONG header_bytes, KSSTREAM_HEADER* header) {
  std::memset(header, 0, sizeof *header);
  header->Size = header_bytes;
  header->PresentationTime.Numerator = 1;
  header->PresentationTime.Denominator = 1;
  header->FrameExtent = static_cast<ULONG>(sample->GetSize());
  BYTE* data = nullptr;
  const HRESULT hr = sample->GetPointer(&data);
  if (FAILED(hr)) return hr;
  header->Data = data;
  if (operation == KsIoOperation_Read) return S_OK;

  header->DataUsed = static_cast<ULONG>(sample->GetActualDataLength());
  REFERENCE_TIME start = 0;
  REFERENCE_TIME stop = 0;
  const HRESULT timed = sample->GetTime(&start, &stop);
  if (SUCCEEDED(timed)) {
    header->PresentationTime.Time = start;
    header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_TIMEVALID;
    if (timed != VFW_S_NO_STOP_TIME) {
      header->Duration = stop - start;
      header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_DURATIONVALID;
    }
  }
  if (sample->IsSyncPoint() == S_OK) header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT;
  if (sample->IsPreroll() == S_OK) header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_PREROLL;
  if (sample->IsDiscontinuity() == S_OK) header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY;
  return S_OK;
}

HRESULT reflect_header(const KSSTREAM_HEADER& header, IMediaSample* sample) {
  const ULONG flags = header.OptionsFlags;
  sample->SetSyncPoint((flags & KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT) != 0);
  sample->SetPreroll((flags & KSSTREAM_HEADER_OPTIONSF_PREROLL) != 0);
  sample->SetDiscontinuity((flags & KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY) != 0);

  LONGLONG start = 0;
  LONGLONG duration = 0;
  if ((flags & KSSTREAM_HEADER_OPTIONSF_TIMEVALID) != 0 &&
      normalised_time(header.PresentationTime.Time, header.PresentationTime, &start)) {
    LONGLONG stop = 0;
    const bool has_stop = (flags & KSSTREAM_HEADER_OPTIONSF_DURATIONVALID) != 0 &&
                          normalised_time(header.Duration, header.PresentationTime, &duration) &&
                          !__builtin_add_overflow(start, duration, &stop);
    sample->SetTime(&start, has_stop ? &stop : nullptr);
  } else {
    sample->SetTime(nullptr, nullptr);
  }
  if (header.DataUsed > static_cast<ULONG>(sample->GetSize())) return VFW_E_BUFFER_OVERFLOW;
  return sample->SetActualDataLength(static_cast<LONG>(header.DataUsed));
}

}  // namespace p2p::proxy
