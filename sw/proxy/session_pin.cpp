#include "sw/proxy/session_pin.h"

#include "sim/trace_sink.h"
#include "sw/proxy/capture_stream.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {

std::string pin_name(ULONG id) { return "pin " + std::to_string(id); }

CaptureResult find_pins(FilterConnection& filter, std::vector<PinOffer>* pins, ULONG* count) {
  HRESULT hr = filter.pin_property(0, KSPROPERTY_PIN_CTYPES, count);
  if (FAILED(hr)) return failed("query KSPROPERTY_PIN_CTYPES", hr);
  for (ULONG id = 0; id < *count; ++id) {
    PinOffer offer{id};
    hr = filter.pin_property(id, KSPROPERTY_PIN_DATAFLOW, &offer.dataflow);
    if (FAILED(hr)) return failed("query KSPROPERTY_PIN_DATAFLOW of " + pin_name(id), hr);
    KSPIN_COMMUNICATION communication{};
    hr = filter.pin_property(id, KSPROPERTY_PIN_COMMUNICATION, &communication);
    if (FAILED(hr)) return failed("query KSPROPERTY_PIN_COMMUNICATION of " + pin_name(id), hr);
    if (communication != KSPIN_COMMUNICATION_SINK && communication != KSPIN_COMMUNICATION_BOTH) continue;
    GUID category{};
    hr = filter.pin_property(id, KSPROPERTY_PIN_CATEGORY, &category);
    offer.capture = SUCCEEDED(hr) && category == kPinnameVideoCapture;
    pins->push_back(offer);
  }
  return {};
}

CaptureResult create_pin(FilterConnection& filter, const PinOffer& offer, const std::vector<std::uint8_t>& format,
                         const std::string& purpose, KsPin** pin) {
  auto* created = new KsPin(filter, offer.id, offer.dataflow);
  created->set_format(format);
  KSPIN_INTERFACE pin_interface{};
  pin_interface.Set = kInterfaceSetStandard;
  pin_interface.Id = KSINTERFACE_STANDARD_STREAMING;
  KSPIN_MEDIUM medium{};
  medium.Set = kMediumSetStandard;
  medium.Id = KSMEDIUM_STANDARD_DEVIO;
  const HRESULT hr = created->KsCreateSinkPinHandle(pin_interface, medium);
  if (SUCCEEDED(hr)) {
    *pin = created;
    return {};
  }
  CaptureResult result = failed("create " + pin_name(offer.id) + purpose, hr);
  created->Release();
  return result;
}

CaptureResult close_pin(KsPin* pin, ULONG id) {
  const HRESULT hr = pin->disconnect();
  CaptureResult result = FAILED(hr) ? failed("close " + pin_name(id), hr) : CaptureResult{};
  const ULONG left = pin->Release();
  if (result.ok() && left != 0) {
    result = {E_UNEXPECTED, "close: " + std::to_string(left) + " references on the proxy's pin were not released"};
  }
  return result;
}

HRESULT query_dropped_frames(KsPin& pin, KSPROPERTY_DROPPEDFRAMES_CURRENT_S* answer, ULONG* returned) {
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S current{};
  current.Property.Set = kPropsetDroppedFrames;
  current.Property.Id = KSPROPERTY_DROPPEDFRAMES_CURRENT;
  current.Property.Flags = KSPROPERTY_TYPE_GET;
  *answer = current;
  return pin.KsProperty(&current.Property, sizeof current, answer, sizeof *answer, returned);
}

void trace_try(ULONG pin, std::size_t range, HRESULT hr, const std::string& why) {
  const auto code = static_cast<std::uint64_t>(static_cast<ULONG>(hr));
  trace_sink().event("proxy", FAILED(hr) ? "format.try" : "format.match",
                     {{"pin", std::uint64_t{pin}}, {"range", std::uint64_t{range}}, {"status", code}, {"why", why}});
}

}  // namespace p2p::proxy
