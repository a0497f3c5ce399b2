// Work items: run at PASSIVE_LEVEL in a system thread (R-WRK-1).
#include "sw/ntos/ddk.h"

#include <deque>
#include <functional>
#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ex {

namespace {
constexpr unsigned kWorkers = 2;

struct Workers {
  std::deque<std::function<void()>> queue;
  KEVENT available;
  bool started = false;
};
Workers g_workers;

void worker() {
  for (;;) {
    void* event = &g_workers.available;
    ke::wait_for_objects(&event, 1, false, false, nullptr);
    while (!g_workers.queue.empty()) {
      std::function<void()> work = std::move(g_workers.queue.front());
      g_workers.queue.pop_front();
      work();
      if (ke::current_cpu().irql != PASSIVE_LEVEL) {
        ntos::bug_check(0xE1, 0, ke::current_cpu().irql, 0, 0, "WORKER_THREAD_RETURNED_AT_BAD_IRQL",
                        "a work routine returned above PASSIVE_LEVEL");
      }
    }
  }
}
}  // namespace

void reset_workers() { g_workers = {}; }

void queue_work(std::function<void()> work) {
  if (!g_workers.started) {
    g_workers.started = true;
    KeInitializeEvent(&g_workers.available, SynchronizationEvent, FALSE);
    for (unsigned i = 0; i < kWorkers; ++i) ke::create_thread("worker" + std::to_string(i), KernelMode, worker);
  }
  g_workers.queue.push_back(std::move(work));
  KeSetEvent(&g_workers.available, 0, FALSE);
}

}  // namespace p2p::ex

using namespace p2p;

struct _IO_WORKITEM {
  PDEVICE_OBJECT device;
  PIO_WORKITEM_ROUTINE routine;
  PVOID context;
  bool queued;
};

extern "C" {

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  return new (std::nothrow) _IO_WORKITEM{DeviceObject, nullptr, nullptr, false};
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  if (IoWorkItem->queued) {
    ntos::bug_check(0xE4, 2, reinterpret_cast<std::uintptr_t>(IoWorkItem), 0, 0, "WORKER_INVALID",
                    "a work item was freed while queued");
  }
  delete IoWorkItem;
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context) {
  UNREFERENCED_PARAMETER(QueueType);
  if (IoWorkItem->queued) {
    ntos::bug_check(0xE4, 1, reinterpret_cast<std::uintptr_t>(IoWorkItem), 0, 0, "WORKER_INVALID",
                    "a work item was queued while queued");
  }
  IoWorkItem->queued = true;
  IoWorkItem->routine = WorkerRoutine;
  IoWorkItem->context = Context;
  ObReferenceObject(IoWorkItem->device);
  ex::queue_work([IoWorkItem] {
    IoWorkItem->queued = false;  // dequeued before the routine, which may free or requeue it
    PDEVICE_OBJECT device = IoWorkItem->device;
    IoWorkItem->routine(device, IoWorkItem->context);
    ObDereferenceObject(device);
  });
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
  UNREFERENCED_PARAMETER(QueueType);
  if (WorkItem->List.Flink != nullptr) {
    ntos::bug_check(0xE4, 1, reinterpret_cast<std::uintptr_t>(WorkItem), 0, 0, "WORKER_INVALID",
                    "a work item was queued while queued");
  }
  WorkItem->List.Flink = &WorkItem->List;
  ex::queue_work([WorkItem] {
    WorkItem->List.Flink = nullptr;
    WorkItem->WorkerRoutine(WorkItem->Parameter);
  });
}

}  // extern "C"
