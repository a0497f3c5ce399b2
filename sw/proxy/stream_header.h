// KSSTREAM_HEADER from and to IMediaSample (R-PXY-3, R-PXY-10, R-HDR-2..4).
#pragma once

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// Presentation time in 100 ns: Time * Numerator / Denominator, multiplied first and without overflow in between.
/// False when the denominator is zero or the result leaves 64 bits.
bool normalised_time(LONGLONG time, const KSTIME& scale, LONGLONG* ticks);

/// Fills the fixed part of `header` for one sample. `header_bytes` counts the extension behind it, which is left alone.
/// Read: FrameExtent = buffer size, DataUsed = 0. Write: DataUsed = the sample's actual length, times and flags from
/// it.
HRESULT prepare_header(IMediaSample* sample, KSIOOPERATION operation, ULONG header_bytes, KSSTREAM_HEADER* header);

/// What the device reported becomes the sample's: length, time, sync point, preroll, discontinuity.
HRESULT reflect_header(const KSSTREAM_HEADER& header, IMediaSample* sample);

}  // namespace p2p::proxy
