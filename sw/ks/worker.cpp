// Workers: work items that a client queues one after the other and can wait for.
#include "sw/ks/ddk.h"

#include <new>

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
constexpr ULONG kWorkerTag = 0x6B77734B;

/// Its clients' items wait in a list of its own: nothing is allocated when one is queued, and queueing cannot fail.
struct Worker {
  WORK_QUEUE_TYPE type;
  PWORK_QUEUE_ITEM counted;  // of a counted worker
  LONG count = 0;
  WORK_QUEUE_ITEM item;
  KSPIN_LOCK lock = 0;
  LIST_ENTRY waiting;     // WORK_QUEUE_ITEM.List
  ULONG outstanding = 0;  // clients' items, waiting or running
  KEVENT idle;
};

PWORK_QUEUE_ITEM take(Worker& worker) {
  SpinGuard guard(worker.lock);
  if (IsListEmpty(&worker.waiting)) return worker.counted;
  return CONTAINING_RECORD(RemoveHeadList(&worker.waiting), WORK_QUEUE_ITEM, List);
}

/// True: there is nothing left to do, and the worker may be gone.
bool item_done(Worker& worker) {
  SpinGuard guard(worker.lock);
  if (--worker.outstanding != 0) return false;
  KeSetEvent(&worker.idle, IO_NO_INCREMENT, FALSE);
  return true;
}

VOID NTAPI run(PVOID context) {
  auto& worker = *static_cast<Worker*>(context);
  do {
    const WORK_QUEUE_ITEM client = *take(worker);  // it may be queued again or freed as soon as its routine runs
    client.WorkerRoutine(client.Parameter);
  } while (!item_done(worker));
}

/// With the lock. Windows' own check for items of its queues.
void check_not_queued(const Worker& worker, PWORK_QUEUE_ITEM client) {
  for (PLIST_ENTRY at = worker.waiting.Flink; at != &worker.waiting; at = at->Flink) {
    if (at != &client->List) continue;
    ntos::bug_check(0xE4, 1, reinterpret_cast<std::uintptr_t>(client), 0, 0, "WORKER_INVALID",
                    "a work item was queued to an AVStream worker while queued");
  }
}

/// `client` null: the counted item, once more. It needs no place in the list: what is outstanding and not there is it.
void queue(Worker& worker, PWORK_QUEUE_ITEM client) {
  {
    SpinGuard guard(worker.lock);
    if (client != nullptr) {
      check_not_queued(worker, client);
      InsertTailList(&worker.waiting, &client->List);
    }
    if (++worker.outstanding != 1) return;  // its item is on its way or runs
    KeClearEvent(&worker.idle);
  }
  ExQueueWorkItem(&worker.item, worker.type);
}

NTSTATUS make(WORK_QUEUE_TYPE type, PWORK_QUEUE_ITEM counted, PKSWORKER* made) {
  *made = nullptr;
  if (type != CriticalWorkQueue && type != DelayedWorkQueue && type != HyperCriticalWorkQueue) {
    return STATUS_INVALID_PARAMETER;
  }
  void* memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Worker), kWorkerTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* worker = new (memory) Worker{};
  worker->type = type;
  worker->counted = counted;
  InitializeListHead(&worker->waiting);
  ExInitializeWorkItem(&worker->item, run, worker);
  KeInitializeEvent(&worker->idle, NotificationEvent, TRUE);
  *made = reinterpret_cast<PKSWORKER>(worker);
  return STATUS_SUCCESS;
}

Worker& worker_of(PKSWORKER worker) { return *reinterpret_cast<Worker*>(worker); }
}  // namespace

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

/// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER (no such queue), STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI KsRegisterWorker(WORK_QUEUE_TYPE WorkQueueType, PKSWORKER* Worker) {
  require_passive("KsRegisterWorker");
  return make(WorkQueueType, nullptr, Worker);
}

/// The same, with the item that KsIncrementCountedWorker queues.
NTSTATUS NTAPI KsRegisterCountedWorker(WORK_QUEUE_TYPE WorkQueueType, PWORK_QUEUE_ITEM CountedWorkItem,
                                       PKSWORKER* Worker) {
  require_passive("KsRegisterCountedWorker");
  return make(WorkQueueType, CountedWorkItem, Worker);
}

/// Waits for the items that are queued or running. PASSIVE_LEVEL.
VOID NTAPI KsUnregisterWorker(PKSWORKER Worker) {
  require_passive("KsUnregisterWorker");
  auto& worker = worker_of(Worker);
  bool busy = true;
  while (busy) {
    KeWaitForSingleObject(&worker.idle, Executive, KernelMode, FALSE, nullptr);
    SpinGuard guard(worker.lock);  // also: whoever was last has let go of the lock
    busy = worker.outstanding != 0;
  }
  ExFreePoolWithTag(&worker, kWorkerTag);
}

/// IRQL <= DISPATCH_LEVEL. Always STATUS_SUCCESS: the item itself is what is queued.
NTSTATUS NTAPI KsQueueWorkItem(PKSWORKER Worker, PWORK_QUEUE_ITEM WorkItem) {
  queue(worker_of(Worker), WorkItem);
  return STATUS_SUCCESS;
}

/// The new count; from none to one the counted item is queued. IRQL <= DISPATCH_LEVEL.
ULONG NTAPI KsIncrementCountedWorker(PKSWORKER Worker) {
  auto& worker = worker_of(Worker);
  const LONG count = InterlockedIncrement(&worker.count);
  if (count == 1) queue(worker, nullptr);
  return static_cast<ULONG>(count);
}

/// The new count: none means that the item's list of tasks is done. IRQL <= DISPATCH_LEVEL.
ULONG NTAPI KsDecrementCountedWorker(PKSWORKER Worker) {
  return static_cast<ULONG>(InterlockedDecrement(&worker_of(Worker).count));
}

}  // extern "C"
