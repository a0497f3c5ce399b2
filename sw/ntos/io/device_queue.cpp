// Device queues: entries wait while the device is busy, in order of arrival or of a key.
#include "sw/ntos/ke/irql.h"

using namespace p2p;

namespace {
class QueueLock {
 public:
  explicit QueueLock(PKDEVICE_QUEUE queue) : queue_(queue), irql_(KeAcquireSpinLockRaiseToDpc(&queue->Lock)) {}
  ~QueueLock() { KeReleaseSpinLock(&queue_->Lock, irql_); }
  QueueLock(const QueueLock&) = delete;
  QueueLock& operator=(const QueueLock&) = delete;

 private:
  PKDEVICE_QUEUE queue_;
  KIRQL irql_;
};

PKDEVICE_QUEUE_ENTRY entry_of(PLIST_ENTRY link) {
  return CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

PKDEVICE_QUEUE_ENTRY take(PKDEVICE_QUEUE queue, PLIST_ENTRY link) {
  if (link == &queue->DeviceListHead) {  // nothing waits: the device is free
    queue->Busy = FALSE;
    return nullptr;
  }
  RemoveEntryList(link);
  PKDEVICE_QUEUE_ENTRY entry = entry_of(link);
  entry->Inserted = FALSE;
  return entry;
}
}  // namespace

extern "C" {

VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  *DeviceQueue = {};
  DeviceQueue->Type = 20;  // DeviceQueueObject
  DeviceQueue->Size = sizeof(KDEVICE_QUEUE);
  InitializeListHead(&DeviceQueue->DeviceListHead);
  KeInitializeSpinLock(&DeviceQueue->Lock);
}

// TRUE if it was queued; FALSE if the device was not busy, and now is.
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  QueueLock lock(DeviceQueue);
  DeviceQueueEntry->Inserted = DeviceQueue->Busy;
  if (DeviceQueue->Busy) InsertTailList(&DeviceQueue->DeviceListHead, &DeviceQueueEntry->DeviceListEntry);
  DeviceQueue->Busy = TRUE;
  return DeviceQueueEntry->Inserted;
}

// By ascending key; equal keys in order of arrival.
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                       ULONG SortKey) {
  QueueLock lock(DeviceQueue);
  DeviceQueueEntry->SortKey = SortKey;
  DeviceQueueEntry->Inserted = DeviceQueue->Busy;
  if (DeviceQueue->Busy) {
    PLIST_ENTRY at = DeviceQueue->DeviceListHead.Blink;
    while (at != &DeviceQueue->DeviceListHead && entry_of(at)->SortKey > SortKey) at = at->Blink;
    InsertHeadList(at, &DeviceQueueEntry->DeviceListEntry);
  }
  DeviceQueue->Busy = TRUE;
  return DeviceQueueEntry->Inserted;
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  QueueLock lock(DeviceQueue);
  return take(DeviceQueue, DeviceQueue->DeviceListHead.Flink);
}

// The first entry whose key is not smaller, or else the first of all.
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
  QueueLock lock(DeviceQueue);
  PLIST_ENTRY at = DeviceQueue->DeviceListHead.Flink;
  while (at != &DeviceQueue->DeviceListHead && entry_of(at)->SortKey < SortKey) at = at->Flink;
  return take(DeviceQueue, at != &DeviceQueue->DeviceListHead ? at : DeviceQueue->DeviceListHead.Flink);
}

// TRUE if the entry was in the queue.
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  QueueLock lock(DeviceQueue);
  if (!DeviceQueueEntry->Inserted) return FALSE;
  take(DeviceQueue, &DeviceQueueEntry->DeviceListEntry);
  return TRUE;
}

}  // extern "C"
