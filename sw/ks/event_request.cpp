// IOCTL_KS_ENABLE_EVENT and IOCTL_KS_DISABLE_EVENT (R-EV-1, R-EV-2).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/clock.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/event_entry.h"

namespace p2p::ks {

namespace {
using Tables = std::vector<SetTable<KSEVENT_SET>>;
constexpr ULONG kKinds = KSEVENT_TYPE_ENABLE | KSEVENT_TYPE_ENABLEBUFFERED;

/// The objects that a notification needs, referenced. Only kernel clients may hand over pointers.
NTSTATUS bind_target(EventEntry& entry, KPROCESSOR_MODE mode) {
  const KSEVENTDATA& data = entry.data;
  const bool handle =
      data.NotificationType == KSEVENTF_EVENT_HANDLE || data.NotificationType == KSEVENTF_SEMAPHORE_HANDLE;
  if (!handle && mode != KernelMode) return STATUS_INVALID_PARAMETER;
  switch (data.NotificationType) {
    case KSEVENTF_EVENT_HANDLE: {
      const NTSTATUS status = ObReferenceObjectByHandle(data.EventHandle.Event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                                        mode, &entry.target, nullptr);
      entry.referenced = NT_SUCCESS(status);
      return status;
    }
    case KSEVENTF_EVENT_OBJECT:
      entry.target = data.EventObject.Event;
      return STATUS_SUCCESS;
    case KSEVENTF_SEMAPHORE_OBJECT:
      entry.target = data.SemaphoreObject.Semaphore;
      return STATUS_SUCCESS;
    case KSEVENTF_DPC:
    case KSEVENTF_WORKITEM:
    case KSEVENTF_KSWORKITEM:
      return STATUS_SUCCESS;
    default:
      // Semaphore handles do not exist on this kernel.
      return STATUS_NOT_IMPLEMENTED;
  }
}

NTSTATUS query_buffer(PIRP irp, const Control& control, GuardedList list) {
  if (control.in_bytes < sizeof(KSQUERYBUFFER)) return STATUS_INVALID_BUFFER_SIZE;
  const auto* query = reinterpret_cast<const KSQUERYBUFFER*>(control.request);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  list.lock();
  for (PLIST_ENTRY at = list.head()->Flink; at != list.head(); at = at->Flink) {
    EventEntry* entry = entry_of(CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry));
    if (entry->pub.EventData != query->EventData || entry->pub.FileObject != file) continue;
    if (entry->buffers.empty()) {
      status = STATUS_NO_MORE_ENTRIES;
    } else {
      const std::vector<UCHAR>& oldest = entry->buffers.front();
      irp->Flags |= IRP_INPUT_OPERATION;
      status = give(irp, control.data, oldest.data(), static_cast<ULONG>(oldest.size()));
      if (status == STATUS_SUCCESS) entry->buffers.pop_front();
    }
    break;
  }
  list.unlock();
  return status;
}

NTSTATUS enable_item(PIRP irp, const KSEVENT_SET& set, const KSEVENT_ITEM& item, const Control& control,
                     GuardedList list) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (control.out_bytes < sizeof(KSEVENTDATA) || control.out_bytes < item.DataInput) return STATUS_INVALID_BUFFER_SIZE;
  EventEntry* entry = make_entry(item.ExtraEntryData);
  if (entry == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(&entry->data, control.data, sizeof entry->data);
  NTSTATUS status = bind_target(*entry, irp->RequestorMode);
  if (NT_SUCCESS(status)) {
    KSEVENT_ENTRY& pub = entry->pub;
    pub.Object = location->FileObject->FsContext;
    pub.EventData = static_cast<PKSEVENTDATA>(irp->UserBuffer);  // its address is what names the event
    pub.NotificationType = entry->data.NotificationType;
    pub.EventSet = &set;
    pub.EventItem = &item;
    pub.FileObject = location->FileObject;
    const ULONG flags = control.request->Flags;
    pub.Flags = ((flags & KSEVENT_TYPE_ONESHOT) != 0 ? KSEVENT_ENTRY_ONESHOT : 0u) |
                ((flags & KSEVENT_TYPE_ENABLEBUFFERED) != 0 ? KSEVENT_ENTRY_BUFFERED : 0u);
    KSEVENT_SET_IRP_STORAGE(irp) = &set;
    KSEVENT_ITEM_IRP_STORAGE(irp) = &item;
    if (item.AddHandler != nullptr) {
      status = item.AddHandler(irp, reinterpret_cast<PKSEVENTDATA>(control.data), &pub);
      if (status == STATUS_PENDING) {
        violation(0x81005, 0, 0, 0, "KsCallbackReturn", "an event's add handler returned STATUS_PENDING");
      }
    } else {
      list.lock();
      InsertTailList(list.head(), &pub.ListEntry);
      list.unlock();
    }
  }
  irp->IoStatus.Information = 0;
  if (!NT_SUCCESS(status)) discard_entry(entry);
  return status;
}

NTSTATUS call_item(PIRP irp, const KSEVENT_SET& set, const KSEVENT_ITEM& item, const Control& control,
                   GuardedList list) {
  const ULONG type = control.request->Flags & ~static_cast<ULONG>(KSEVENT_TYPE_TOPOLOGY);
  if (type == KSEVENT_TYPE_BASICSUPPORT) {
    irp->Flags |= IRP_INPUT_OPERATION;
    return item.SupportHandler != nullptr ? item.SupportHandler(irp, control.request, control.data) : STATUS_SUCCESS;
  }
  if (type == KSEVENT_TYPE_QUERYBUFFER) return query_buffer(irp, control, list);
  // R-EV-3: ONESHOT is an enabling request of its own, alone or with one of the others.
  const ULONG kind = type & kKinds;
  const bool one_shot = (type & KSEVENT_TYPE_ONESHOT) != 0;
  if (kind == kKinds || (kind == 0 && !one_shot) || (type & ~(kKinds | KSEVENT_TYPE_ONESHOT)) != 0) {
    return STATUS_INVALID_PARAMETER;
  }
  return enable_item(irp, set, item, control, list);
}

NTSTATUS call_tables(PIRP irp, const Tables& tables, const Control& control, GuardedList list) {
  if ((control.request->Flags & KSEVENT_TYPE_SETSUPPORT) != 0) {
    irp->Flags |= IRP_INPUT_OPERATION;
    return answer_set_support(irp, control, tables);
  }
  return ask_items<KSEVENT_ITEM>(tables, *control.request,
                                 [&](const KSEVENT_SET& set, const KSEVENT_ITEM& item) -> std::optional<NTSTATUS> {
                                   return call_item(irp, set, item, control, list);
                                 });
}
}  // namespace

namespace {
const KSEVENT_ITEM kEosItem = {KSEVENT_CONNECTION_ENDOFSTREAM, sizeof(KSEVENTDATA), 0, nullptr, nullptr, nullptr};
const KSEVENT_SET kEosSet = {&KSEVENTSETID_Connection, 1, &kEosItem};
}  // namespace

void end_of_stream(Pin& pin) {
  if ((pin.pub.Descriptor->Flags & KSPIN_FLAG_GENERATE_EOS_EVENTS) == 0) return;
  KsGenerateEvents(&pin.pub, &KSEVENTSETID_Connection, KSEVENT_CONNECTION_ENDOFSTREAM, 0, nullptr, nullptr, nullptr);
}

void GuardedList::lock() {
  switch (type_) {
    case KSEVENTS_SPINLOCK:
      KeAcquireSpinLock(static_cast<PKSPIN_LOCK>(lock_), &irql_);
      break;
    case KSEVENTS_MUTEX:
      KeWaitForSingleObject(lock_, Executive, KernelMode, FALSE, nullptr);
      break;
    case KSEVENTS_NONE:
      break;
    default:
      ntos::bug_check(0xC4, 0x81009, type_, 0, 0, "KsEnableEvent", "event lists with this kind of lock do not exist");
  }
}

void GuardedList::unlock() {
  if (type_ == KSEVENTS_SPINLOCK) KeReleaseSpinLock(static_cast<PKSPIN_LOCK>(lock_), irql_);
  if (type_ == KSEVENTS_MUTEX) KeReleaseMutex(static_cast<PRKMUTEX>(lock_), FALSE);
}

EventList* events_of(PVOID object) {
  ObjectKind kind;
  if (!object_kind(object, &kind)) return nullptr;
  if (kind == ObjectKind::kPin) return &static_cast<Pin*>(object)->events;
  if (kind == ObjectKind::kClock) return &static_cast<Clock*>(object)->events;
  return kind == ObjectKind::kFilter ? &static_cast<Filter*>(object)->events : nullptr;
}

NTSTATUS enable_event_request(Filter& filter, Pin* pin, PIRP irp) {
  Control control;
  NTSTATUS status = copy_buffers(irp, sizeof(KSEVENT), &control);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  Target target{};
  if (!target_of(filter, pin, control, &target)) return complete(irp, STATUS_INVALID_PARAMETER);
  Tables tables;
  if (const KSAUTOMATION_TABLE* automation = target.automation) {
    tables.push_back(
        {automation->EventSets, automation->EventSetsCount,
         automation->EventItemSize != 0 ? automation->EventItemSize : static_cast<ULONG>(sizeof(KSEVENT_ITEM))});
  }
  if (pin != nullptr && !target.node && (pin->pub.Descriptor->Flags & KSPIN_FLAG_GENERATE_EOS_EVENTS) != 0) {
    tables.push_back({&kEosSet, 1, sizeof(KSEVENT_ITEM)});
  }
  status = call_tables(irp, tables, control, GuardedList(pin != nullptr ? pin->events : filter.events));
  return finish_control(irp, status, control.out_bytes);
}

NTSTATUS disable_event_request(Filter& filter, Pin* pin, PIRP irp) {
  return complete(irp, disable_event(irp, GuardedList(pin != nullptr ? pin->events : filter.events)));
}

NTSTATUS disable_event(PIRP irp, GuardedList list) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  if (bytes == 0) {
    free_events(location->FileObject, list);
    return STATUS_SUCCESS;
  }
  if (bytes < sizeof(KSEVENTDATA)) return STATUS_INVALID_BUFFER_SIZE;
  EventEntry* found = nullptr;
  list.lock();
  for (PLIST_ENTRY at = list.head()->Flink; at != list.head() && found == nullptr; at = at->Flink) {
    EventEntry* entry = entry_of(CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry));
    if (entry->pub.EventData == location->Parameters.DeviceIoControl.Type3InputBuffer &&
        entry->pub.FileObject == location->FileObject) {
      found = entry;
    }
  }
  if (found != nullptr) unlink_entry(found);
  list.unlock();
  if (found == nullptr) return STATUS_UNSUCCESSFUL;
  discard_entry(found);
  return STATUS_SUCCESS;
}

void free_events(PFILE_OBJECT file, GuardedList list) {
  for (;;) {
    EventEntry* found = nullptr;
    list.lock();
    for (PLIST_ENTRY at = list.head()->Flink; at != list.head() && found == nullptr; at = at->Flink) {
      EventEntry* entry = entry_of(CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry));
      if (entry->pub.FileObject == file) found = entry;
    }
    if (found != nullptr) unlink_entry(found);
    list.unlock();
    if (found == nullptr) return;
    discard_entry(found);
  }
}

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

NTSTATUS NTAPI KsEnableEvent(PIRP Irp, ULONG EventSetsCount, const KSEVENT_SET* EventSet, PLIST_ENTRY EventsList,
                             KSEVENTS_LOCKTYPE EventsFlags, PVOID EventsLock) {
  Control control;
  const NTSTATUS status = copy_buffers(Irp, sizeof(KSEVENT), &control);
  if (!NT_SUCCESS(status)) return status;
  return call_tables(Irp, {{EventSet, EventSetsCount, sizeof(KSEVENT_ITEM)}}, control,
                     GuardedList(EventsList, EventsFlags, EventsLock));
}

NTSTATUS NTAPI KsDisableEvent(PIRP Irp, PLIST_ENTRY EventsList, KSEVENTS_LOCKTYPE EventsFlags, PVOID EventsLock) {
  return disable_event(Irp, GuardedList(EventsList, EventsFlags, EventsLock));
}

VOID NTAPI KsFreeEventList(PFILE_OBJECT FileObject, PLIST_ENTRY EventsList, KSEVENTS_LOCKTYPE EventsFlags,
                           PVOID EventsLock) {
  free_events(FileObject, GuardedList(EventsList, EventsFlags, EventsLock));
}

}  // extern "C"
