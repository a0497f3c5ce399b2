// Data intersection: which format client and pin agree on, and why others did not (R-INT-SEC-1, R-INT-SEC-2).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
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
/// What became of one pair of ranges: the field that does not match, or the status of whoever intersected them.
void trace_pair(ULONG pin, std::size_t range, NTSTATUS status, const char* field) {
  const auto code = static_cast<std::uint64_t>(static_cast<ULONG>(status));
  if (field != nullptr) {
    trace_sink().event("ks", "format.try", {{"pin", pin}, {"range", range}, {"status", code}, {"field", field}});
  } else {
    trace_sink().event("ks", status == STATUS_SUCCESS ? "format.match" : "format.try",
                       {{"pin", pin}, {"range", range}, {"status", code}});
  }
}
}  // namespace

NTSTATUS data_intersection(Filter& filter, PIRP irp, PKSP_PIN request, void* data) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  const ULONG out_bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, request->PinId);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const auto* list = reinterpret_cast<const KSMULTIPLE_ITEM*>(request + 1);
  std::vector<ClientFormat> clients;
  const NTSTATUS parsed = parse_ranges(list + 1, in_bytes - sizeof *request - sizeof *list, list->Count, &clients);
  const std::vector<PinRange> ranges = pin_ranges(descriptor->PinDescriptor);
  for (const ClientFormat& client : clients) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const char* field = range_mismatch(client, ranges[i]);
      NTSTATUS status = STATUS_NO_MATCH;
      ULONG bytes = 0;
      if (field == nullptr && descriptor->IntersectHandler == nullptr) {
        status = intersect_unspecified(ranges[i].range, data, out_bytes, &bytes);
        if (status == STATUS_NO_MATCH) field = "Specifier";
      } else if (field == nullptr) {
        KSPROPERTY_ATTRIBUTES_IRP_STORAGE(irp) = const_cast<PKSATTRIBUTE_LIST>(ranges[i].list);
        status = descriptor->IntersectHandler(&filter.pub, irp, request, const_cast<PKSDATARANGE>(client.format),
                                              const_cast<PKSDATARANGE>(ranges[i].range), out_bytes,
                                              out_bytes != 0 ? data : nullptr, &bytes);
      }
      trace_pair(request->PinId, i, status, field);
      if (status == STATUS_NO_MATCH) continue;
      irp->IoStatus.Information = bytes;
      return status;
    }
  }
  return NT_SUCCESS(parsed) ? STATUS_NO_MATCH : parsed;
}

}  // namespace p2p::ks
