// The standard interface handler: media samples become streaming I/O on the pin's kernel object, and back
// (R-PXY-1..11).
#pragma once

#include <cstdint>
#include <vector>

#include "sw/proxy/com.h"

namespace p2p::proxy {

/// One streaming I/O in flight. The proxy sees the first member only (R-PXY-6).
struct StreamSegment {
  KSSTREAM_SEGMENT segment{};
  OVERLAPPED overlapped{};
  unsigned id = 0;         ///< number in order of submission, for the event log
  ULONG header_bytes = 0;  ///< of one header, extension included
  std::vector<IMediaSample*> samples;
  std::vector<std::uint64_t> headers;  ///< storage of samples.size() headers, 8-byte aligned

  KSSTREAM_HEADER* header(std::size_t index) {
    return reinterpret_cast<KSSTREAM_HEADER*>(reinterpret_cast<std::uint8_t*>(headers.data()) + index * header_bytes);
  }
};

/// Creates a handler for the standard streaming interface set, aggregated on `outer` (the pin's IUnknown) or on
/// nothing.
/// `*unknown` receives the non-delegating IUnknown with one reference. E_OUTOFMEMORY.
HRESULT create_standard_interface_handler(IUnknown* outer, IUnknown** unknown);

}  // namespace p2p::proxy
