// Deferred procedure calls (R-DPC-1 to R-DPC-5).
#include "sw/ntos/ke/irql.h"

#include <map>

#include "sw/ntos/ke/dispatch_time.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/exception.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

namespace {
constexpr UCHAR kDpcType = 0x13, kThreadedDpcType = 0x1A, kFlushMarkerType = 0;

// KDPC.DpcData is the CPU whose queue holds the object; KDPC.Number is 0 for the current CPU, else the target + 1.
Cpu* target_of(const KDPC* dpc) {
  if (dpc->Number != 0) return &scheduler().cpu(dpc->Number - 1u);
  const Thread* thread = current_thread();
  return thread != nullptr && thread->cpu != nullptr ? thread->cpu : &scheduler().cpu(0);
}
std::map<const KDPC*, std::uint64_t>& ids() {
  static auto* const map = new std::map<const KDPC*, std::uint64_t>;  // looked up, never walked
  return *map;
}

void run(Cpu& cpu, PKDPC dpc) {
  PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
  if (dpc->Type == kFlushMarkerType) {  // KeFlushQueuedDpcs: no DPC of a driver, no cost
    dpc->DpcData = nullptr;
    routine(dpc, dpc->DeferredContext, nullptr, nullptr);
    return;
  }
  const std::uint64_t id = dpc_id(dpc);
  charge_ns(cost().dpc_dispatch);
  // The object may have been removed while the dispatch took its time.
  if (dpc != cpu.running_dpc) return;
  // Dequeued before the routine runs, so that it may queue its own object again (R-DPC-2).
  dpc->DpcData = nullptr;
  PVOID context = dpc->DeferredContext, argument1 = dpc->SystemArgument1, argument2 = dpc->SystemArgument2;
  const int apc_disable = cpu.current->kernel_apc_disable;
  ++state().counters.dpcs;
  trace("dpc.enter", {{"cpu", cpu.number}, {"dpc", id}});
  const RoutineTime time(cpu, Routine::kDpc);
  const WatchedFunction watched(ntos::Entry::kDpc, value_of(routine));
  routine(dpc, context, argument1, argument2);
  trace("dpc.exit", {{"cpu", cpu.number}, {"dpc", id}});
  verify(cpu.irql == DISPATCH_LEVEL, 0x31, cpu.irql, DISPATCH_LEVEL, 1, "IrqlReturn",
         "a DPC routine returned at another IRQL than DISPATCH_LEVEL");
  verify_locks_released(0, value_of(routine), "a DPC routine returned holding a spin lock");
  if (cpu.current->kernel_apc_disable != apc_disable) {  // R-DPC-5
    ntos::bug_check(0xC7, 4, value_of(routine), static_cast<std::uint64_t>(apc_disable),
                    static_cast<std::uint64_t>(cpu.current->kernel_apc_disable), "TIMER_OR_DPC_INVALID",
                    "a DPC routine changed the thread's APC-disable count");
  }
  cpu.irql = DISPATCH_LEVEL;
}
}  // namespace

std::uint64_t dpc_id(const KDPC* dpc) {
  auto [it, fresh] = ids().try_emplace(dpc, state().next_dpc_id);
  if (fresh) ++state().next_dpc_id;
  return it->second;
}

bool queue_dpc(PKDPC dpc, PVOID argument1, PVOID argument2) {
  if (dpc->DpcData != nullptr) return false;  // R-DPC-1: one queue entry an object, arguments left alone
  Cpu* cpu = target_of(dpc);
  dpc->DpcData = cpu;
  dpc->SystemArgument1 = argument1;
  dpc->SystemArgument2 = argument2;
  if (dpc->Importance == HighImportance) {  // R-DPC-2
    InsertHeadList(&cpu->dpc_queue, &dpc->DpcListEntry);
  } else {
    InsertTailList(&cpu->dpc_queue, &dpc->DpcListEntry);
  }
  if (dpc->Type != kFlushMarkerType) trace("dpc.queue", {{"cpu", cpu->number}, {"dpc", dpc_id(dpc)}});
  cpu->poke.notify();
  return true;
}

void run_dpcs(Cpu& cpu) {
  const KIRQL old = cpu.irql;
  cpu.irql = DISPATCH_LEVEL;
  cpu.in_dpc = true;
  const OwnExceptions own;
  while (!IsListEmpty(&cpu.dpc_queue)) {
    PKDPC dpc = CONTAINING_RECORD(RemoveHeadList(&cpu.dpc_queue), KDPC, DpcListEntry);
    InitializeListHead(&dpc->DpcListEntry);  // KeRemoveQueueDpc may still take it back
    cpu.running_dpc = dpc;
    run(cpu, dpc);
    cpu.running_dpc = nullptr;
  }
  cpu.in_dpc = false;
  cpu.irql = old;
}

const KDPC* queued_dpc_in(const void* base, std::size_t bytes) {
  for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
    // One being dispatched is in no queue any more; its routine has not been entered.
    const KDPC* next = scheduler().cpu(i).running_dpc;
    if (next != nullptr && next->DpcData != nullptr && value_of(next) - value_of(base) < bytes) return next;
    const LIST_ENTRY& queue = scheduler().cpu(i).dpc_queue;
    for (PLIST_ENTRY at = queue.Flink; at != &queue; at = at->Flink) {
      const KDPC* dpc = CONTAINING_RECORD(at, KDPC, DpcListEntry);
      if (value_of(dpc) - value_of(base) < bytes) return dpc;
    }
  }
  return nullptr;
}

const void* pending_routine_in(const void* base, std::size_t bytes) {
  const auto inside = [=](const KDPC* dpc) { return value_of(dpc->DeferredRoutine) - value_of(base) < bytes; };
  for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
    const LIST_ENTRY& queue = scheduler().cpu(i).dpc_queue;
    for (PLIST_ENTRY at = queue.Flink; at != &queue; at = at->Flink) {
      const KDPC* dpc = CONTAINING_RECORD(at, KDPC, DpcListEntry);
      if (inside(dpc)) return reinterpret_cast<const void*>(value_of(dpc->DeferredRoutine));
    }
  }
  return timer_routine_in(base, bytes);
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

namespace {
void initialize(PRKDPC dpc, UCHAR type, PKDEFERRED_ROUTINE routine, PVOID context) {
  *dpc = {};
  dpc->Type = type;
  dpc->Importance = MediumImportance;
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}

VOID NTAPI marker_reached(PKDPC, PVOID context, PVOID, PVOID) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
}
}  // namespace

extern "C" {

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  initialize(Dpc, kDpcType, DeferredRoutine, DeferredContext);
}

// Threaded DPCs are disabled on this system: they run as ordinary ones, which their contract allows.
VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  initialize(Dpc, kThreadedDpcType, DeferredRoutine, DeferredContext);
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  const bool queued = queue_dpc(Dpc, SystemArgument1, SystemArgument2);
  preemption_point();
  return queued;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc) {
  if (Dpc->DpcData == nullptr) return FALSE;
  auto* cpu = static_cast<Cpu*>(Dpc->DpcData);
  if (cpu->running_dpc == Dpc) cpu->running_dpc = nullptr;  // being dispatched, its routine not yet entered
  RemoveEntryList(&Dpc->DpcListEntry);
  Dpc->DpcData = nullptr;
  trace("dpc.remove", {{"cpu", cpu->number}, {"dpc", dpc_id(Dpc)}});
  return TRUE;
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) {
  Dpc->Importance = static_cast<UCHAR>(Importance);
}

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) {
  if (Number < 0 || static_cast<unsigned>(Number) >= scheduler().cpu_count()) {
    ntos::bug_check(0xC7, 3, value_of(Dpc), static_cast<std::uint64_t>(Number), scheduler().cpu_count(),
                    "TIMER_OR_DPC_INVALID", "a DPC is targeted at a processor that does not exist");
  }
  Dpc->Number = static_cast<USHORT>(Number + 1);
}

NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
  if (ProcNumber->Group != 0 || ProcNumber->Number >= scheduler().cpu_count()) return STATUS_INVALID_PARAMETER;
  Dpc->Number = static_cast<USHORT>(ProcNumber->Number + 1);
  return STATUS_SUCCESS;
}

// R-DPC-4: a marker at the end of each CPU's queue; when all were reached, every DPC queued before has run.
VOID NTAPI KeFlushQueuedDpcs(VOID) {
  const KIRQL irql = current_cpu().irql;
  verify(irql == PASSIVE_LEVEL, 0x20008, irql, 0, 0, "IrqlKePassive", "KeFlushQueuedDpcs above PASSIVE_LEVEL");
  for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
    KEVENT reached;
    KDPC marker;
    KeInitializeEvent(&reached, NotificationEvent, FALSE);
    initialize(&marker, kFlushMarkerType, marker_reached, &reached);
    marker.Number = static_cast<USHORT>(i + 1);
    queue_dpc(&marker, nullptr, nullptr);
    void* event = &reached;
    wait_for_objects(&event, 1, false, false, nullptr);
  }
}

}  // extern "C"
