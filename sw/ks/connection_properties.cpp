// What AVStream says about a connected pin (KSPROPSETID_Connection, KSPROPSETID_Stream).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/clock.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
Pin& pin_of(PIRP irp) { return *pin_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject); }
ULONG out_bytes(PIRP irp) { return IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength; }

NTSTATUS NTAPI get_state(PIRP irp, PKSIDENTIFIER, PVOID data) {
  return give(irp, data, &pin_of(irp).pub.DeviceState, sizeof(KSSTATE));
}
NTSTATUS NTAPI put_state(PIRP irp, PKSIDENTIFIER, PVOID data) {
  ULONG state;
  std::memcpy(&state, data, sizeof state);
  if (state > KSSTATE_RUN) return STATUS_INVALID_PARAMETER;
  return client_sets_state(pin_of(irp), static_cast<KSSTATE>(state));
}

NTSTATUS NTAPI get_priority(PIRP irp, PKSIDENTIFIER, PVOID data) {
  return give(irp, data, &pin_of(irp).pub.ConnectionPriority, sizeof(KSPRIORITY));
}
NTSTATUS NTAPI put_priority(PIRP irp, PKSIDENTIFIER, PVOID data) {
  Pin& pin = pin_of(irp);
  Hold held(pin.filter->control);
  pin.pub.ConnectionPriority = *static_cast<const KSPRIORITY*>(data);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI get_format(PIRP irp, PKSIDENTIFIER, PVOID data) {
  Pin& pin = pin_of(irp);
  NTSTATUS status = STATUS_SUCCESS;
  {
    Hold held(pin.filter->control);  // R-KS-9
    status = give(irp, data, pin.pub.ConnectionFormat, connection_bytes(pin.pub.ConnectionFormat));
  }
  if (NT_SUCCESS(status) && pin.pub.DataFlow == KSPIN_DATAFLOW_OUT) pin.queue->go_on();  // R-HDR-3
  return status;
}
NTSTATUS NTAPI put_format(PIRP irp, PKSIDENTIFIER, PVOID data) {
  ClientFormat format;
  const NTSTATUS parsed = parse_format(data, out_bytes(irp), &format);
  if (!NT_SUCCESS(parsed)) return parsed;
  Pin& pin = pin_of(irp);
  Hold held(pin.filter->control);
  return change_format(pin, format);
}
NTSTATUS NTAPI propose_format(PIRP irp, PKSIDENTIFIER, PVOID data) {
  ClientFormat format;
  const NTSTATUS parsed = parse_format(data, out_bytes(irp), &format);
  if (!NT_SUCCESS(parsed)) return parsed;
  return format_in_ranges(format, pin_of(irp).pub.Descriptor->PinDescriptor) ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

/// R-ST-5: where the filter sends requests on through source pins, those must know their sinks' stacks first.
NTSTATUS NTAPI get_acquire_ordering(PIRP irp, PKSIDENTIFIER, PVOID data) {
  BOOL ordering = FALSE;
  for (const Pin* pin : pin_of(irp).filter->pins) {
    if (pin->pub.Communication == KSPIN_COMMUNICATION_SOURCE) ordering = TRUE;
  }
  return give(irp, data, &ordering, sizeof ordering);
}

/// The first item of the extended framing, as the older structure says it (R-ALC-1).
NTSTATUS NTAPI get_framing(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSALLOCATOR_FRAMING_EX* extended = pin_of(irp).pub.Descriptor->AllocatorFraming;
  if (extended == nullptr || extended->CountItems == 0) return STATUS_NOT_FOUND;
  const KS_FRAMING_ITEM& item = extended->FramingItem[0];
  KSALLOCATOR_FRAMING framing{};
  framing.RequirementsFlags = item.Flags;
  framing.PoolType = same(item.MemoryType, KSMEMORY_TYPE_KERNEL_PAGED) ? PagedPool : NonPagedPool;
  framing.Frames = item.Frames;
  framing.FrameSize = item.FramingRange.Range.MaxFrameSize;
  framing.FileAlignment = static_cast<ULONG>(item.FileAlignment);
  return give(irp, data, &framing, sizeof framing);
}
NTSTATUS NTAPI get_framing_ex(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSALLOCATOR_FRAMING_EX* framing = pin_of(irp).pub.Descriptor->AllocatorFraming;
  if (framing == nullptr) return STATUS_NOT_FOUND;  // R-ALC-1
  const std::size_t bytes = sizeof(KSALLOCATOR_FRAMING_EX) +
                            (framing->CountItems > 1 ? framing->CountItems - 1 : 0) * sizeof(KS_FRAMING_ITEM);
  return give(irp, data, framing, static_cast<ULONG>(bytes));
}

/// R-CLK-1: a query says whether the pin takes a master clock; it returns no handle.
NTSTATUS NTAPI get_master_clock(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const HANDLE none = nullptr;
  return give(irp, data, &none, sizeof none);
}
NTSTATUS NTAPI put_master_clock(PIRP irp, PKSIDENTIFIER, PVOID data) {
  Pin& pin = pin_of(irp);
  Hold held(pin.filter->control);
  return set_master_clock(pin, *static_cast<const HANDLE*>(data), irp->RequestorMode);
}

constexpr KSPROPERTY_ITEM item(ULONG id, PFNKSHANDLER get, ULONG least_data, PFNKSHANDLER set = nullptr) {
  KSPROPERTY_ITEM entry{};
  entry.PropertyId = id;
  entry.GetPropertyHandler = get;
  entry.MinProperty = sizeof(KSPROPERTY);
  entry.MinData = least_data;
  entry.SetPropertyHandler = set;
  return entry;
}

const KSPROPERTY_ITEM kConnectionItems[] = {
    item(KSPROPERTY_CONNECTION_STATE, get_state, sizeof(KSSTATE), put_state),
    item(KSPROPERTY_CONNECTION_PRIORITY, get_priority, sizeof(KSPRIORITY), put_priority),
    item(KSPROPERTY_CONNECTION_DATAFORMAT, get_format, 0, put_format),
    item(KSPROPERTY_CONNECTION_ALLOCATORFRAMING, get_framing, sizeof(KSALLOCATOR_FRAMING)),
    item(KSPROPERTY_CONNECTION_PROPOSEDATAFORMAT, nullptr, sizeof(KSDATAFORMAT), propose_format),
    item(KSPROPERTY_CONNECTION_ACQUIREORDERING, get_acquire_ordering, sizeof(BOOL)),
    item(KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX, get_framing_ex, 0),
};
const KSPROPERTY_ITEM kStreamItems[] = {
    item(KSPROPERTY_STREAM_MASTERCLOCK, get_master_clock, sizeof(HANDLE), put_master_clock),
};
const KSPROPERTY_SET kSets[] = {
    {&KSPROPSETID_Connection, SIZEOF_ARRAY(kConnectionItems), kConnectionItems, 0, nullptr},
    {&KSPROPSETID_Stream, SIZEOF_ARRAY(kStreamItems), kStreamItems, 0, nullptr},
};
}  // namespace

const SetTable<KSPROPERTY_SET> kPinProperties = {kSets, SIZEOF_ARRAY(kSets), sizeof(KSPROPERTY_ITEM)};

}  // namespace p2p::ks
