// Connection formats: agreeing on one, and changing it (R-CRE-3, R-CRE-4, R-CRE-7).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
/// `refused`: the field that does not fit, or nullptr where the minidriver has answered.
void trace_try(const Pin& pin, std::size_t range, NTSTATUS status, const char* refused) {
  const auto code = static_cast<std::uint64_t>(static_cast<ULONG>(status));
  if (refused != nullptr) {
    trace_sink().event("ks", "format.try", {{"pin", pin.id}, {"range", range}, {"status", code}, {"field", refused}});
  } else {
    trace_sink().event("ks", "format.try", {{"pin", pin.id}, {"range", range}, {"status", code}});
  }
}

NTSTATUS call_set_format(Pin& pin, PKSDATAFORMAT old_format, const PinRange& range) {
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch == nullptr || dispatch->SetDataFormat == nullptr) return STATUS_SUCCESS;
  PKSMULTIPLE_ITEM old_attributes = old_format != nullptr ? connection_attributes(old_format) : nullptr;
  const NTSTATUS status = call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.SetDataFormat", [&] {
    return dispatch->SetDataFormat(&pin.pub, old_format, old_attributes, range.range, range.list);
  });
  if (status == STATUS_PENDING) {
    violation(0x81005, 0, 0, 0, "KsCallbackReturn", "SetDataFormat returned STATUS_PENDING");
  }
  return status;
}

void use(Pin& pin, PKSDATAFORMAT format) {
  pin.pub.ConnectionFormat = format;
  pin.pub.AttributeList = connection_attributes(format);
}
}  // namespace

bool format_in_ranges(const ClientFormat& format, const KSPIN_DESCRIPTOR& pin) {
  for (const PinRange& range : pin_ranges(pin)) {
    if (format_mismatch(format, range) == nullptr) return true;
  }
  return false;
}

NTSTATUS agree_format(Pin& pin, PKSDATAFORMAT format, PKSDATAFORMAT old_format) {
  use(pin, format);
  const std::vector<PinRange> ranges = pin_ranges(pin.pub.Descriptor->PinDescriptor);
  NTSTATUS status = STATUS_NO_MATCH;
  for (std::size_t i = 0; i < ranges.size() && status == STATUS_NO_MATCH; ++i) {
    const char* refused = format_mismatch(view(format), ranges[i]);
    if (refused == nullptr) status = call_set_format(pin, old_format, ranges[i]);
    trace_try(pin, i, status, refused);
  }
  return status;
}

NTSTATUS change_format(Pin& pin, const ClientFormat& format) {
  if ((pin.pub.Descriptor->Flags & KSPIN_FLAG_FIXED_FORMAT) != 0) return STATUS_INVALID_DEVICE_REQUEST;
  PKSDATAFORMAT candidate = copy_format(format);
  if (candidate == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  PKSDATAFORMAT old_format = pin.pub.ConnectionFormat;
  const NTSTATUS status = agree_format(pin, candidate, old_format);
  if (!NT_SUCCESS(status)) use(pin, old_format);
  free_format(NT_SUCCESS(status) ? old_format : candidate);
  return status;
}

}  // namespace p2p::ks
