// Connection formats: which ranges they fit, and agreeing on one (R-CRE-3, R-CRE-4, R-CRE-7).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/callback.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
constexpr ULONG kFormatTag = 0x6D46734B;
}  // namespace

PKSDATAFORMAT copy_format(const KSDATAFORMAT* format) {
  auto* copy = static_cast<PKSDATAFORMAT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, format->FormatSize, kFormatTag));
  if (copy != nullptr) std::memcpy(copy, format, format->FormatSize);
  return copy;
}

void free_format(PKSDATAFORMAT format) { ExFreePoolWithTag(format, kFormatTag); }

bool format_in_range(const KSDATAFORMAT* format, const KSDATARANGE* range) {
  if (same(range->MajorFormat, KSDATAFORMAT_TYPE_WILDCARD)) return true;
  if (!same(format->MajorFormat, range->MajorFormat)) return false;
  if (same(range->SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD)) return true;
  return same(format->SubFormat, range->SubFormat) && same(format->Specifier, range->Specifier);
}

bool format_in_ranges(const KSDATAFORMAT* format, const KSPIN_DESCRIPTOR& pin) {
  for (ULONG i = 0; i < pin.DataRangesCount; ++i) {
    if (format_in_range(format, pin.DataRanges[i])) return true;
  }
  return false;
}

NTSTATUS agree_format(Pin& pin, PKSDATAFORMAT old_format) {
  const KSPIN_DESCRIPTOR_EX* descriptor = pin.pub.Descriptor;
  NTSTATUS status = STATUS_NO_MATCH;
  for (ULONG i = 0; i < descriptor->PinDescriptor.DataRangesCount && status == STATUS_NO_MATCH; ++i) {
    const KSDATARANGE* range = descriptor->PinDescriptor.DataRanges[i];
    if (!format_in_range(pin.pub.ConnectionFormat, range)) continue;
    status = STATUS_SUCCESS;
    if (descriptor->Dispatch != nullptr && descriptor->Dispatch->SetDataFormat != nullptr) {
      status = call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.SetDataFormat", [&] {
        return descriptor->Dispatch->SetDataFormat(&pin.pub, old_format, nullptr, range, nullptr);
      });
      if (status == STATUS_PENDING) {
        violation(0x81005, 0, 0, 0, "KsCallbackReturn", "SetDataFormat returned STATUS_PENDING");
      }
    }
    trace_sink().event(
        "ks", "format.try",
        {{"pin", pin.id}, {"range", i}, {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status))}});
  }
  return status;
}

NTSTATUS change_format(Pin& pin, const KSDATAFORMAT& format) {
  if ((pin.pub.Descriptor->Flags & KSPIN_FLAG_FIXED_FORMAT) != 0) return STATUS_INVALID_DEVICE_REQUEST;
  PKSDATAFORMAT candidate = copy_format(&format);
  if (candidate == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  PKSDATAFORMAT old_format = pin.pub.ConnectionFormat;
  pin.pub.ConnectionFormat = candidate;
  const NTSTATUS status = agree_format(pin, old_format);
  if (!NT_SUCCESS(status)) pin.pub.ConnectionFormat = old_format;
  free_format(NT_SUCCESS(status) ? old_format : candidate);
  return status;
}

}  // namespace p2p::ks
