// Workers: work items that a client queues one after the other and can wait for.
#include "sw/ks/ddk.h"

#include <new>

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
constexpr ULONG kWorkerTag = 0x6B77734B;

struct Worker {
  WORK_QUEUE_TYPE type;
  PWORK_QUEUE_ITEM counted;  // of a counted worker
  LONG count = 0;
  KSPIN_LOCK lock = 0;
  ULONG outstanding = 0;  // items queued or running
  KEVENT idle;
};

/// A client's item on its way: the client may queue or free its own as soon as the routine runs.
struct Queued {
  WORK_QUEUE_ITEM item;
  Worker* worker;
  PWORK_QUEUE_ITEM client;
};

void item_done(Worker& worker) {
  SpinGuard guard(worker.lock);
  if (--worker.outstanding == 0) KeSetEvent(&worker.idle, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI run(PVOID context) {
  const Queued queued = *static_cast<Queued*>(context);
  ExFreePoolWithTag(context, kWorkerTag);
  queued.client->WorkerRoutine(queued.client->Parameter);
  item_done(*queued.worker);
}

NTSTATUS queue(Worker& worker, PWORK_QUEUE_ITEM client) {
  void* memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Queued), kWorkerTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* queued = new (memory) Queued{{}, &worker, client};
  ExInitializeWorkItem(&queued->item, run, queued);
  {
    SpinGuard guard(worker.lock);
    ++worker.outstanding;
    KeClearEvent(&worker.idle);
  }
  ExQueueWorkItem(&queued->item, worker.type);
  return STATUS_SUCCESS;
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

/// IRQL <= DISPATCH_LEVEL. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI KsQueueWorkItem(PKSWORKER Worker, PWORK_QUEUE_ITEM WorkItem) {
  return queue(worker_of(Worker), WorkItem);
}

/// The new count; from none to one the counted item is queued. IRQL <= DISPATCH_LEVEL.
ULONG NTAPI KsIncrementCountedWorker(PKSWORKER Worker) {
  auto& worker = worker_of(Worker);
  const LONG count = InterlockedIncrement(&worker.count);
  if (count == 1) queue(worker, worker.counted);
  return static_cast<ULONG>(count);
}

/// The new count: none means that the item's list of tasks is done. IRQL <= DISPATCH_LEVEL.
ULONG NTAPI KsDecrementCountedWorker(PKSWORKER Worker) {
  return static_cast<ULONG>(InterlockedDecrement(&worker_of(Worker).count));
}

}  // extern "C"
