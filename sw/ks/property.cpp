// IOCTL_KS_PROPERTY: automation tables first, then what AVStream answers itself (R-PROP-1, R-PROP-2).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/builtin_properties.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
constexpr ULONG kPropertyTag = 0x7070734B;

bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

NTSTATUS answer_support(PIRP irp, const KSPROPERTY_ITEM& item, ULONG out_bytes, void* data) {
  ULONG access = 0;
  if (item.GetPropertyHandler != nullptr) access |= KSPROPERTY_TYPE_GET;
  if (item.SetPropertyHandler != nullptr) access |= KSPROPERTY_TYPE_SET;
  if (out_bytes == 0) {
    irp->IoStatus.Information = sizeof(KSPROPERTY_DESCRIPTION);
    return STATUS_BUFFER_OVERFLOW;
  }
  if (out_bytes < sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
  if (out_bytes < sizeof(KSPROPERTY_DESCRIPTION)) {
    std::memcpy(data, &access, sizeof access);
    irp->IoStatus.Information = sizeof access;
    return STATUS_SUCCESS;
  }
  KSPROPERTY_DESCRIPTION description{};
  description.AccessFlags = access;
  description.DescriptionSize = sizeof description;
  std::memcpy(data, &description, sizeof description);
  irp->IoStatus.Information = sizeof description;
  return STATUS_SUCCESS;
}

/// One item, found: sizes, then the handler.
NTSTATUS call_item(PIRP irp, const KSPROPERTY_ITEM& item, PKSPROPERTY request, ULONG in_bytes, void* data,
                   ULONG out_bytes) {
  const ULONG type = request->Flags & (KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_SET | KSPROPERTY_TYPE_BASICSUPPORT);
  if (type == KSPROPERTY_TYPE_BASICSUPPORT) {
    return item.SupportHandler != nullptr ? item.SupportHandler(irp, reinterpret_cast<PKSIDENTIFIER>(request), data)
                                          : answer_support(irp, item, out_bytes, data);
  }
  const PFNKSHANDLER handler = type == KSPROPERTY_TYPE_GET   ? item.GetPropertyHandler
                               : type == KSPROPERTY_TYPE_SET ? item.SetPropertyHandler
                                                             : nullptr;
  if (handler == nullptr) return STATUS_NOT_FOUND;
  if (in_bytes < item.MinProperty) return STATUS_BUFFER_TOO_SMALL;
  if (out_bytes < item.MinData) {
    if (out_bytes != 0 || type != KSPROPERTY_TYPE_GET) return STATUS_BUFFER_TOO_SMALL;
    irp->IoStatus.Information = item.MinData;
    return STATUS_BUFFER_OVERFLOW;
  }
  // A handler that returns a fixed value need not set Information.
  irp->IoStatus.Information = type == KSPROPERTY_TYPE_GET ? item.MinData : 0;
  return handler(irp, reinterpret_cast<PKSIDENTIFIER>(request), out_bytes != 0 ? data : nullptr);
}

struct Table {
  const KSPROPERTY_SET* sets;
  ULONG count;
  ULONG item_bytes;
};

/// STATUS_PROPSET_NOT_FOUND: the set is not here; STATUS_NOT_FOUND: the id is not.
NTSTATUS call_table(PIRP irp, const Table& table, PKSPROPERTY request, ULONG in_bytes, void* data, ULONG out_bytes) {
  for (ULONG i = 0; i < table.count; ++i) {
    if (!same(*table.sets[i].Set, request->Set)) continue;
    const auto* at = reinterpret_cast<const char*>(table.sets[i].PropertyItem);
    for (ULONG j = 0; j < table.sets[i].PropertiesCount; ++j, at += table.item_bytes) {
      const auto& item = *reinterpret_cast<const KSPROPERTY_ITEM*>(at);
      if (item.PropertyId == request->Id) return call_item(irp, item, request, in_bytes, data, out_bytes);
    }
    return STATUS_NOT_FOUND;
  }
  return STATUS_PROPSET_NOT_FOUND;
}

Table table_of(const KSAUTOMATION_TABLE* automation) {
  if (automation == nullptr) return {nullptr, 0, 0};
  return {
      automation->PropertySets, automation->PropertySetsCount,
      automation->PropertyItemSize != 0 ? automation->PropertyItemSize : static_cast<ULONG>(sizeof(KSPROPERTY_ITEM))};
}
}  // namespace

NTSTATUS property_request(Filter& filter, Pin* pin, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  const ULONG out_bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  if (in_bytes < sizeof(KSPROPERTY)) return complete(irp, STATUS_INVALID_BUFFER_SIZE);
  // Kernel copies of both buffers, 8-byte aligned: value first, because that is what goes back to the client.
  const ULONG value_bytes = (out_bytes + 7) & ~7u;
  auto* buffer = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, value_bytes + in_bytes, kPropertyTag));
  if (buffer == nullptr) return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  auto* request = reinterpret_cast<PKSPROPERTY>(buffer + value_bytes);
  std::memcpy(request, location->Parameters.DeviceIoControl.Type3InputBuffer, in_bytes);
  // What comes in with a SET, and with a GET whose handler reads the client's structure.
  if (out_bytes != 0) std::memcpy(buffer, irp->UserBuffer, out_bytes);
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  irp->IoStatus.Information = 0;

  NTSTATUS status = STATUS_PROPSET_NOT_FOUND;
  const KSAUTOMATION_TABLE* own =
      pin != nullptr ? pin->pub.Descriptor->AutomationTable : filter.pub.Descriptor->AutomationTable;
  status = call_table(irp, table_of(own), request, in_bytes, buffer, out_bytes);
  if (status == STATUS_PROPSET_NOT_FOUND || status == STATUS_NOT_FOUND) {
    const NTSTATUS builtin = builtin_property(filter, pin, irp, request, in_bytes, buffer, out_bytes);
    if (builtin != STATUS_PROPSET_NOT_FOUND) status = builtin;
  }
  if (status == STATUS_PENDING) {
    ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn", "property handlers that pend are not supported yet");
  }
  const ULONG_PTR information = irp->IoStatus.Information;
  if (NT_SUCCESS(status) && (request->Flags & KSPROPERTY_TYPE_SET) == 0 && information != 0)
    irp->Flags |= IRP_INPUT_OPERATION;
  if (NT_SUCCESS(status) && information > out_bytes) {
    ntos::bug_check(0xC9, 0x312, 0, information, out_bytes, "IoCompleteRequest",
                    "a property handler returned more than the client's buffer holds");  // R-IRP-67
  }
  return complete(irp, status, information);
}

}  // namespace p2p::ks

extern "C" {

NTSTATUS NTAPI KsPropertyHandler(PIRP Irp, ULONG PropertySetsCount, const KSPROPERTY_SET* PropertySet) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  const ULONG in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  if (in_bytes < sizeof(KSPROPERTY)) return STATUS_INVALID_BUFFER_SIZE;
  auto* request = static_cast<PKSPROPERTY>(location->Parameters.DeviceIoControl.Type3InputBuffer);
  return p2p::ks::call_table(Irp, {PropertySet, PropertySetsCount, sizeof(KSPROPERTY_ITEM)}, request, in_bytes,
                             Irp->UserBuffer, location->Parameters.DeviceIoControl.OutputBufferLength);
}

}  // extern "C"
