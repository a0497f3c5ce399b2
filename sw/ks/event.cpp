// Event entries and their notification (R-EV-3, R-EV-4).
#include "sw/ks/ddk.h"

#include <cstring>
#include <new>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/event_entry.h"

namespace p2p::ks {

namespace {
constexpr ULONG kEventTag = 0x7665734B;

/// At DISPATCH_LEVEL or below.
void notify(const EventEntry& entry) {
  const KSEVENTDATA& data = entry.data;
  switch (data.NotificationType) {
    case KSEVENTF_EVENT_HANDLE:
      KeSetEvent(static_cast<PKEVENT>(entry.target), IO_NO_INCREMENT, FALSE);
      break;
    case KSEVENTF_EVENT_OBJECT:
      KeSetEvent(static_cast<PKEVENT>(entry.target), data.EventObject.Increment, FALSE);
      break;
    case KSEVENTF_SEMAPHORE_HANDLE:
      KeReleaseSemaphore(static_cast<PKSEMAPHORE>(entry.target), IO_NO_INCREMENT, data.SemaphoreHandle.Adjustment,
                         FALSE);
      break;
    case KSEVENTF_SEMAPHORE_OBJECT:
      KeReleaseSemaphore(static_cast<PKSEMAPHORE>(entry.target), data.SemaphoreObject.Increment,
                         data.SemaphoreObject.Adjustment, FALSE);
      break;
    case KSEVENTF_DPC:
      KeInsertQueueDpc(data.Dpc.Dpc, entry.pub.EventData, nullptr);
      break;
    case KSEVENTF_WORKITEM:
      ExQueueWorkItem(data.WorkItem.WorkQueueItem, data.WorkItem.WorkQueueType);
      break;
    case KSEVENTF_KSWORKITEM:
      KsQueueWorkItem(data.KsWorkItem.KsWorkerObject, data.KsWorkItem.WorkQueueItem);
      break;
    default:
      break;  // enable_event lets nothing else in
  }
}

VOID NTAPI notify_dpc(PKDPC dpc, PVOID context, PVOID, PVOID) {
  UNREFERENCED_PARAMETER(dpc);
  auto* entry = static_cast<EventEntry*>(context);
  notify(*entry);
  if ((entry->pub.Flags & KSEVENT_ENTRY_ONESHOT) == 0) return;
  // Whoever takes it off the list frees it; a client that disables it meanwhile waits for this DPC.
  EventList* events = events_of(entry->pub.Object);
  if (events == nullptr) return;
  GuardedList list(*events);
  list.lock();
  const bool mine = !entry->unlinked;
  if (mine) unlink_entry(entry);
  list.unlock();
  if (mine) free_entry(entry);
}
}  // namespace

EventEntry* entry_of(PKSEVENT_ENTRY pub) { return CONTAINING_RECORD(pub, EventEntry, pub); }

EventEntry* make_entry(ULONG extra_bytes) {
  void* memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(EventEntry) + extra_bytes, kEventTag);
  if (memory == nullptr) return nullptr;
  auto* entry = new (memory) EventEntry;
  InitializeListHead(&entry->pub.ListEntry);
  KeInitializeDpc(&entry->dpc, notify_dpc, entry);
  return entry;
}

void free_entry(EventEntry* entry) {
  if (entry->referenced) ObDereferenceObject(entry->target);
  entry->~EventEntry();
  ExFreePoolWithTag(entry, kEventTag);
}

void discard_entry(EventEntry* entry) {
  if (entry->dpc_used) {
    KeRemoveQueueDpc(&entry->dpc);
    KeFlushQueuedDpcs();
  }
  free_entry(entry);
}

/// Takes the entry off its list, with the minidriver's help if it has a remove handler for the event. The list's lock
/// is held.
void unlink_entry(EventEntry* entry) {
  const KSEVENT_ITEM* item = entry->pub.EventItem;
  if (item != nullptr && item->RemoveHandler != nullptr) item->RemoveHandler(entry->pub.FileObject, &entry->pub);
  // A handler that has unlinked it leaves stale links; the neighbours tell.
  PLIST_ENTRY links = &entry->pub.ListEntry;
  if (links->Flink->Blink == links && links->Blink->Flink == links) RemoveEntryList(links);
  InitializeListHead(links);
  entry->unlinked = true;
}

void generate_event(PKSEVENT_ENTRY pub, ULONG data_bytes, const void* data) {
  EventEntry* entry = entry_of(pub);
  if ((pub->Flags & KSEVENT_ENTRY_BUFFERED) != 0 && data_bytes != 0) {
    const auto* bytes = static_cast<const UCHAR*>(data);
    entry->buffers.emplace_back(bytes, bytes + data_bytes);
  }
  const bool one_shot = (pub->Flags & KSEVENT_ENTRY_ONESHOT) != 0;
  if (KeGetCurrentIrql() > DISPATCH_LEVEL || (one_shot && entry->dpc_used)) {
    entry->dpc_used = true;
    KeInsertQueueDpc(&entry->dpc, nullptr, nullptr);
    return;
  }
  notify(*entry);
  if (!one_shot) return;
  unlink_entry(entry);
  free_entry(entry);
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

NTSTATUS NTAPI KsGenerateEvent(PKSEVENT_ENTRY EventEntry) {
  generate_event(EventEntry, 0, nullptr);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsGenerateDataEvent(PKSEVENT_ENTRY EventEntry, ULONG DataSize, PVOID Data) {
  if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
    violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", "KsGenerateDataEvent above DISPATCH_LEVEL");
  }
  generate_event(EventEntry, DataSize, Data);
  return STATUS_SUCCESS;
}

// R-EV-4.
void NTAPI KsGenerateEvents(PVOID Object, const GUID* EventSet, ULONG EventId, ULONG DataSize, PVOID Data,
                            PFNKSGENERATEEVENTCALLBACK CallBack, PVOID CallBackContext) {
  if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
    violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", "KsGenerateEvents above DISPATCH_LEVEL");
  }
  EventList* events = events_of(Object);
  if (events == nullptr) return;
  GuardedList list(*events);
  list.lock();
  for (PLIST_ENTRY at = list.head()->Flink; at != list.head();) {
    auto* entry = CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry);
    at = at->Flink;  // a one-shot entry is gone after its generation (R-EV-3)
    if (entry->EventItem->EventId != EventId) continue;
    if (EventSet != nullptr && !same(*entry->EventSet->Set, *EventSet)) continue;
    if (CallBack != nullptr && !CallBack(CallBackContext, entry)) continue;
    generate_event(entry, DataSize, Data);
  }
  list.unlock();
}

void NTAPI KsGenerateEventList(GUID* Set, ULONG EventId, PLIST_ENTRY EventsList, KSEVENTS_LOCKTYPE EventsFlags,
                               PVOID EventsLock) {
  GuardedList list(EventsList, EventsFlags, EventsLock);
  list.lock();
  for (PLIST_ENTRY at = list.head()->Flink; at != list.head();) {
    auto* entry = CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry);
    at = at->Flink;
    if (entry->EventItem->EventId != EventId || (Set != nullptr && !same(*entry->EventSet->Set, *Set))) continue;
    generate_event(entry, 0, nullptr);
  }
  list.unlock();
}

void NTAPI KsAddEvent(PVOID Object, PKSEVENT_ENTRY EventEntry) {
  EventList* events = events_of(Object);
  if (events == nullptr) return;
  GuardedList list(*events);
  list.lock();
  InsertTailList(list.head(), &EventEntry->ListEntry);
  list.unlock();
}

NTSTATUS NTAPI KsDefaultAddEventHandler(PIRP Irp, PKSEVENTDATA EventData, PKSEVENT_ENTRY EventEntry) {
  UNREFERENCED_PARAMETER(EventData);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  KsAddEvent(file->FsContext, EventEntry);
  return STATUS_SUCCESS;
}

VOID NTAPI KsDiscardEvent(PKSEVENT_ENTRY EventEntry) { discard_entry(entry_of(EventEntry)); }

}  // extern "C"
