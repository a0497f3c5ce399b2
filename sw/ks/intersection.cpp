// Data intersection: which format client and pin agree on, and why others did not (R-INT-SEC-1, R-INT-SEC-2).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
bool compatible(const KSDATARANGE* a, const KSDATARANGE* b) {
  const auto match = [](const GUID& x, const GUID& y, const GUID& wildcard) {
    return same(x, y) || same(x, wildcard) || same(y, wildcard);
  };
  return match(a->MajorFormat, b->MajorFormat, KSDATAFORMAT_TYPE_WILDCARD) &&
         match(a->SubFormat, b->SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD) &&
         match(a->Specifier, b->Specifier, KSDATAFORMAT_SPECIFIER_WILDCARD);
}

/// R-INT-SEC-2: what AVStream does for a pin without a handler. A range without specifier is a format itself.
NTSTATUS intersect_unspecified(const KSDATARANGE* range, void* data, ULONG room, ULONG* bytes) {
  if (!same(range->Specifier, KSDATAFORMAT_SPECIFIER_NONE)) return STATUS_NO_MATCH;
  *bytes = sizeof(KSDATAFORMAT);
  if (room == 0) return STATUS_BUFFER_OVERFLOW;
  if (room < sizeof(KSDATAFORMAT)) return STATUS_BUFFER_TOO_SMALL;
  KSDATAFORMAT format = *range;
  format.FormatSize = sizeof format;
  std::memcpy(data, &format, sizeof format);
  return STATUS_SUCCESS;
}
}  // namespace

NTSTATUS data_intersection(Filter& filter, PIRP irp, PKSP_PIN request, void* data) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  const ULONG out_bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, request->PinId);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const auto* item = reinterpret_cast<const KSMULTIPLE_ITEM*>(request + 1);
  const auto* end = reinterpret_cast<const UCHAR*>(request) + in_bytes;
  const auto* at = reinterpret_cast<const UCHAR*>(item + 1);
  for (ULONG i = 0; i < item->Count; ++i) {
    auto* client = reinterpret_cast<const KSDATARANGE*>(at);
    // The last range need not be padded: `at` may be past the end.
    if (at > end || static_cast<std::size_t>(end - at) < sizeof(KSDATARANGE) ||
        client->FormatSize < sizeof(KSDATARANGE) || client->FormatSize > static_cast<std::size_t>(end - at)) {
      return STATUS_INVALID_BUFFER_SIZE;
    }
    at += (client->FormatSize + 7u) & ~7u;
    for (ULONG j = 0; j < descriptor->PinDescriptor.DataRangesCount; ++j) {
      const KSDATARANGE* range = descriptor->PinDescriptor.DataRanges[j];
      NTSTATUS status = STATUS_NO_MATCH;
      ULONG bytes = 0;
      if (compatible(client, range) && descriptor->IntersectHandler == nullptr) {
        status = intersect_unspecified(range, data, out_bytes, &bytes);
      } else if (compatible(client, range)) {
        status = descriptor->IntersectHandler(&filter.pub, irp, request, const_cast<PKSDATARANGE>(client),
                                              const_cast<PKSDATARANGE>(range), out_bytes,
                                              out_bytes != 0 ? data : nullptr, &bytes);
      }
      trace_sink().event(
          "ks", status == STATUS_SUCCESS ? "format.match" : "format.try",
          {{"pin", request->PinId}, {"range", j}, {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status))}});
      if (status == STATUS_NO_MATCH) continue;
      irp->IoStatus.Information = bytes;
      return status;
    }
  }
  return STATUS_NO_MATCH;
}

}  // namespace p2p::ks
