// Data intersection: which format client and pin agree on, and why others did not (R-INT-SEC-1, R-INT-SEC-2).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/builtin_properties.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

bool compatible(const KSDATARANGE* a, const KSDATARANGE* b) {
  const auto match = [](const GUID& x, const GUID& y, const GUID& wildcard) {
    return same(x, y) || same(x, wildcard) || same(y, wildcard);
  };
  return match(a->MajorFormat, b->MajorFormat, KSDATAFORMAT_TYPE_WILDCARD) &&
         match(a->SubFormat, b->SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD) &&
         match(a->Specifier, b->Specifier, KSDATAFORMAT_SPECIFIER_WILDCARD);
}
}  // namespace

NTSTATUS data_intersection(Filter& filter, PIRP irp, PKSP_PIN request, ULONG in_bytes, void* data, ULONG out_bytes) {
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, request->PinId);
  if (in_bytes < sizeof(KSP_PIN) + sizeof(KSMULTIPLE_ITEM)) return STATUS_INVALID_BUFFER_SIZE;
  const auto* item = reinterpret_cast<const KSMULTIPLE_ITEM*>(request + 1);
  const auto* end = reinterpret_cast<const UCHAR*>(request) + in_bytes;
  const auto* at = reinterpret_cast<const UCHAR*>(item + 1);
  for (ULONG i = 0; i < item->Count; ++i) {
    auto* client = reinterpret_cast<const KSDATARANGE*>(at);
    if (static_cast<std::size_t>(end - at) < sizeof(KSDATARANGE) || client->FormatSize < sizeof(KSDATARANGE) ||
        client->FormatSize > static_cast<std::size_t>(end - at)) {
      return STATUS_INVALID_BUFFER_SIZE;
    }
    at += (client->FormatSize + 7u) & ~7u;
    for (ULONG j = 0; j < descriptor->PinDescriptor.DataRangesCount; ++j) {
      const KSDATARANGE* range = descriptor->PinDescriptor.DataRanges[j];
      NTSTATUS status = STATUS_NO_MATCH;
      ULONG bytes = 0;
      if (compatible(client, range) && descriptor->IntersectHandler != nullptr) {
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
