#include "sw/ntos/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
// DpcData: which queue the object is in. Number: 0 the current CPU, else MAXIMUM_PROCESSORS-style target + 1.
Cpu* target_of(PKDPC dpc) {
  if (dpc->Number != 0) return &scheduler().cpu(dpc->Number - 1u);
  Thread* thread = current_thread();
  return thread != nullptr && thread->cpu != nullptr ? thread->cpu : &scheduler().cpu(0);
}
std::map<const KDPC*, std::uint64_t>& ids() {
  static std::map<const KDPC*, std::uint64_t> map;
  return map;
}
}  // namespace

std::uint64_t dpc_id(const KDPC* dpc) {
  auto [it, fresh] = ids().try_emplace(dpc, state().next_dpc_id);
  if (fresh) ++state().next_dpc_id;
  return it->second;
}

bool queue_dpc(PKDPC dpc, PVOID argument1, PVOID argument2) {
  if (dpc->DpcData != nullptr) return false;  // R-DPC-1: one queue entry an object
  Cpu* cpu = target_of(dpc);
  dpc->DpcData = cpu;
  dpc->SystemArgument1 = argument1;
  dpc->SystemArgument2 = argument2;
  if (dpc->Importance == HighImportance) {  // R-DPC-2
    InsertHeadList(&cpu->dpc_queue, &dpc->DpcListEntry);
  } else {
    InsertTailList(&cpu->dpc_queue, &dpc->DpcListEntry);
  }
  trace("dpc.queue", {{"cpu", cpu->number}, {"dpc", dpc_id(dpc)}});
  cpu->poke.notify();
  return true;
}

void run_dpcs(Cpu& cpu) {
  if (IsListEmpty(&cpu.dpc_queue)) return;
  const KIRQL old = cpu.irql;
  cpu.irql = DISPATCH_LEVEL;
  cpu.in_dpc = true;
  while (!IsListEmpty(&cpu.dpc_queue)) {
    PKDPC dpc = CONTAINING_RECORD(RemoveHeadList(&cpu.dpc_queue), KDPC, DpcListEntry);
    const std::uint64_t id = dpc_id(dpc);
    charge_ns(cost().dpc_dispatch);
    // Dequeued before the routine runs, so that it may queue its own object again (R-DPC-2).
    dpc->DpcData = nullptr;
    ++state().counters.dpcs;
    trace("dpc.enter", {{"cpu", cpu.number}, {"dpc", id}});
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    routine(dpc, dpc->DeferredContext, dpc->SystemArgument1, dpc->SystemArgument2);
    trace("dpc.exit", {{"cpu", cpu.number}, {"dpc", id}});
    if (cpu.irql != DISPATCH_LEVEL) {
      ntos::bug_check(0xC7, 2, reinterpret_cast<std::uintptr_t>(routine), DISPATCH_LEVEL, cpu.irql, "IrqlReturn",
                      "a DPC routine returned at another IRQL than DISPATCH_LEVEL");
    }
  }
  cpu.in_dpc = false;
  cpu.irql = old;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  *Dpc = {};
  Dpc->Type = 0x13;
  Dpc->Importance = MediumImportance;
  Dpc->DeferredRoutine = DeferredRoutine;
  Dpc->DeferredContext = DeferredContext;
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  const bool queued = queue_dpc(Dpc, SystemArgument1, SystemArgument2);
  preemption_point();
  return queued;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc) {
  if (Dpc->DpcData == nullptr) return FALSE;
  RemoveEntryList(&Dpc->DpcListEntry);
  Dpc->DpcData = nullptr;
  return TRUE;
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) {
  Dpc->Importance = static_cast<UCHAR>(Importance);
}

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) { Dpc->Number = static_cast<USHORT>(Number + 1); }

// R-DPC-4: returns after every DPC queued before the call has run.
VOID NTAPI KeFlushQueuedDpcs(VOID) {
  if (current_cpu().irql != PASSIVE_LEVEL) {
    ntos::bug_check(0xC4, 0x20000, current_cpu().irql, 0, 0, "IrqlKePassive",
                    "KeFlushQueuedDpcs must be called at PASSIVE_LEVEL");
  }
  preemption_point();
  Scheduler& all = scheduler();
  for (unsigned i = 0; i < all.cpu_count(); ++i) {
    while (!IsListEmpty(&all.cpu(i).dpc_queue) || all.cpu(i).in_dpc) charge_ns(100);
  }
}

}  // extern "C"
