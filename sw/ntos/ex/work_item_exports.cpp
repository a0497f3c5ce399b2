// IoQueueWorkItem, ExQueueWorkItem (R-WRK-1).
#include "sw/ntos/ke/irql.h"

#include <new>
#include <set>

#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/io/driver_hold.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;
using namespace p2p::ke;

struct _IO_WORKITEM {
  PVOID object;  // device or driver object
  PIO_WORKITEM_ROUTINE routine;
  PIO_WORKITEM_ROUTINE_EX routine_ex;
  PVOID context;
  bool queued;
};

namespace {
constexpr ULONG kWorkItemTag = 0x6B576F49;  // "IoWk"

void dispatch(WORK_QUEUE_TYPE queue, const void* routine, std::function<void()> work) {
  if (queue < CriticalWorkQueue || queue >= MaximumWorkQueue) {
    ntos::bug_check(0xE4, 6, 0, static_cast<std::uint64_t>(queue), 0, "WORKER_INVALID",
                    "a work item was queued to a queue that does not exist");
  }
  if (queue == DelayedWorkQueue) {
    ex::queue_work(std::move(work), routine);
  } else {
    ex::queue_critical_work(std::move(work), routine);
  }
}

const void* routine_of(const _IO_WORKITEM& item) {
  return reinterpret_cast<const void*>(item.routine_ex != nullptr ? value_of(item.routine_ex) : value_of(item.routine));
}

/// Work items are touched at DISPATCH_LEVEL.
void check_resident(const void* item) {
  verify(!ex::pool_is_paged(item), 0x131, value_of(item), 0, 0, "WorkItemPageable", "a work item lies in paged pool");
}

void check_returned(std::uint64_t routine, std::uint64_t parameter, std::uint64_t item, int apc_disable) {
  const KIRQL irql = current_cpu().irql;
  if (irql != PASSIVE_LEVEL) {
    ntos::bug_check(0xE1, routine, irql, parameter, item, "WORKER_THREAD_RETURNED_AT_BAD_IRQL",
                    "a work routine returned above PASSIVE_LEVEL");
  }
  if (current_thread()->kernel_apc_disable != apc_disable) {
    ntos::bug_check(0x01, routine, 0, static_cast<std::uint64_t>(current_thread()->kernel_apc_disable), 1,
                    "APC_INDEX_MISMATCH", "a work routine left a critical region open, or left one it had not entered");
  }
}

void check_queue(PIO_WORKITEM item, bool has_routine) {
  if (item->queued) {
    ntos::bug_check(0xE4, 1, value_of(item), 0, 0, "WORKER_INVALID", "a work item was queued while queued");
  }
  if (!has_routine) {
    ntos::bug_check(0xE4, 7, value_of(item), 0, 0, "WORKER_INVALID", "a work item was queued without a routine");
  }
}

PDRIVER_OBJECT driver_of(const _IO_WORKITEM& item) {
  return ob::is_object(item.object, ob::Kind::kDevice) ? static_cast<PDEVICE_OBJECT>(item.object)->DriverObject
                                                       : static_cast<PDRIVER_OBJECT>(item.object);
}

void run(PIO_WORKITEM item) {
  const _IO_WORKITEM work = *item;
  PDRIVER_OBJECT driver = driver_of(work);
  const int apc_disable = current_thread()->kernel_apc_disable;
  item->queued = false;  // dequeued before the routine, which may free or queue it again
  if (work.routine_ex != nullptr) {
    work.routine_ex(work.object, work.context, item);
  } else {
    work.routine(static_cast<PDEVICE_OBJECT>(work.object), work.context);
  }
  check_returned(value_of(routine_of(work)), value_of(work.context), value_of(item), apc_disable);
  io::release_driver(driver);
  ObDereferenceObject(work.object);
}

void queue(PIO_WORKITEM item, WORK_QUEUE_TYPE type) {
  item->queued = true;
  ObReferenceObject(item->object);
  io::hold_driver(driver_of(*item));
  dispatch(type, routine_of(*item), [item] { run(item); });
}

/// ExQueueWorkItem's items that are queued; the structure has no room for a mark of ours.
std::set<const WORK_QUEUE_ITEM*>& queued_items() {
  static auto* const items = new std::set<const WORK_QUEUE_ITEM*>;  // looked up, never walked
  return *items;
}
}  // namespace

extern "C" {

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  void* memory = ex::pool_allocate(sizeof(_IO_WORKITEM), kWorkItemTag, true, false, __builtin_return_address(0));
  return memory != nullptr ? new (memory) _IO_WORKITEM{DeviceObject, nullptr, nullptr, nullptr, false} : nullptr;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  if (IoWorkItem->queued) {
    ntos::bug_check(0xE4, 2, value_of(IoWorkItem), 0, 0, "WORKER_INVALID", "a work item was freed while queued");
  }
  ex::pool_free(IoWorkItem, kWorkItemTag, true);
}

ULONG NTAPI IoSizeofWorkItem(VOID) { return sizeof(_IO_WORKITEM); }

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
  check_resident(IoWorkItem);
  new (IoWorkItem) _IO_WORKITEM{IoObject, nullptr, nullptr, nullptr, false};
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) {
  if (IoWorkItem->queued) {
    ntos::bug_check(0xE4, 2, value_of(IoWorkItem), 0, 0, "WORKER_INVALID",
                    "a work item was uninitialised while queued");
  }
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context) {
  check_queue(IoWorkItem, WorkerRoutine != nullptr);
  IoWorkItem->routine = WorkerRoutine;
  IoWorkItem->routine_ex = nullptr;
  IoWorkItem->context = Context;
  queue(IoWorkItem, QueueType);
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                             PVOID Context) {
  check_queue(IoWorkItem, WorkerRoutine != nullptr);
  IoWorkItem->routine = nullptr;
  IoWorkItem->routine_ex = WorkerRoutine;
  IoWorkItem->context = Context;
  queue(IoWorkItem, QueueType);
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
  check_resident(WorkItem);
  if (!queued_items().insert(WorkItem).second) {
    ntos::bug_check(0xE4, 1, value_of(WorkItem), 0, 0, "WORKER_INVALID", "a work item was queued while queued");
  }
  if (WorkItem->WorkerRoutine == nullptr) {
    ntos::bug_check(0xE4, 7, value_of(WorkItem), 0, 0, "WORKER_INVALID", "a work item was queued without a routine");
  }
  dispatch(QueueType, reinterpret_cast<const void*>(value_of(WorkItem->WorkerRoutine)), [WorkItem] {
    queued_items().erase(WorkItem);
    PWORKER_THREAD_ROUTINE routine = WorkItem->WorkerRoutine;
    PVOID parameter = WorkItem->Parameter;
    const int apc_disable = current_thread()->kernel_apc_disable;
    routine(parameter);
    check_returned(value_of(routine), value_of(parameter), value_of(WorkItem), apc_disable);
  });
}

}  // extern "C"
