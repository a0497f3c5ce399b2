// What a CaptureSession holds, for the two files that implement it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/capture.h"
#include "sw/proxy/capture_stream.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/session_pin.h"

namespace p2p::proxy {

struct CaptureSession::State {
  FilterConnection filter;
  std::optional<PinOffer> offer;  // the pin
  std::vector<std::uint8_t> format;
  KsPin* pin = nullptr;  // one reference
  std::unique_ptr<CaptureStream> stream;

  std::string pin_name() const { return proxy::pin_name(offer->id); }
  CaptureResult find_capture_pin();
  CaptureResult intersect(const CaptureFormat& wanted);
  CaptureResult disconnect();
  /// `flags`: KSPROPERTY_TYPE_*. VFW_E_NOT_CONNECTED where there is no such object.
  HRESULT property(const PropertyRequest& request, ULONG flags, void* value, ULONG bytes, ULONG* returned);
};

/// ASCII for people; '?' for the rest.
std::string narrow(std::u16string_view text);

}  // namespace p2p::proxy
