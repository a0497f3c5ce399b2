// Asynchronous procedure calls, critical and guarded regions.
#include "sw/ntos/ke/irql.h"

#include <algorithm>

#include "sw/ntos/ke/apc.h"
#include "sw/ntos/ke/wait_state.h"

namespace p2p::ke {

namespace {
bool special_deliverable(const Thread& thread, KIRQL irql) {
  return !thread.special_apcs.empty() && irql < APC_LEVEL && thread.special_apc_disable == 0;
}
bool normal_deliverable(const Thread& thread, KIRQL irql) {
  return !thread.normal_apcs.empty() && irql == PASSIVE_LEVEL && thread.kernel_apc_disable == 0 &&
         thread.special_apc_disable == 0 && !thread.normal_apc_running;
}

/// Runs the kernel routine at APC_LEVEL; it may change what it was given. Returns the normal routine it leaves.
PKNORMAL_ROUTINE run_kernel_routine(Thread* self, PKAPC apc, PVOID* context, PVOID* argument1, PVOID* argument2) {
  apc->Inserted = FALSE;  // before the routine, which may free the object
  PKNORMAL_ROUTINE normal = apc->NormalRoutine;
  *context = apc->NormalContext;
  *argument1 = apc->SystemArgument1;
  *argument2 = apc->SystemArgument2;
  const KIRQL old = self->cpu->irql;
  self->cpu->irql = APC_LEVEL;
  apc->KernelRoutine(apc, &normal, context, argument1, argument2);
  self->cpu->irql = old;
  return normal;
}

void run_special(Thread* self) {
  Apc apc = std::move(self->special_apcs.front());
  self->special_apcs.pop_front();
  if (apc.object != nullptr) {
    PVOID context, argument1, argument2;
    run_kernel_routine(self, apc.object, &context, &argument1, &argument2);
    return;
  }
  const KIRQL old = self->cpu->irql;
  self->cpu->irql = APC_LEVEL;
  apc.routine();
  self->cpu->irql = old;
}

void run_normal(Thread* self) {
  PKAPC apc = self->normal_apcs.front();
  self->normal_apcs.pop_front();
  PVOID context, argument1, argument2;
  PKNORMAL_ROUTINE normal = run_kernel_routine(self, apc, &context, &argument1, &argument2);
  if (normal == nullptr) return;
  self->normal_apc_running = true;
  normal(context, argument1, argument2);
  self->normal_apc_running = false;
}

/// The thread looks at its APCs soon: at once if it is the caller.
void notify(Thread* thread) {
  if (thread == current_thread()) {
    preemption_point();
  } else if (thread->cpu != nullptr) {
    thread->cpu->poke.notify();
  } else if (thread->wait != nullptr) {
    scheduler().make_ready(thread);
  }
}
}  // namespace

bool apc_deliverable(const Thread& thread, KIRQL irql) {
  return special_deliverable(thread, irql) || normal_deliverable(thread, irql);
}

void deliver_apcs(Thread* self) {
  for (;;) {
    if (special_deliverable(*self, self->cpu->irql)) {
      run_special(self);
    } else if (normal_deliverable(*self, self->cpu->irql)) {
      run_normal(self);
    } else {
      return;
    }
  }
}

void deliver_user_apcs(Thread* self) {
  while (!self->user_apcs.empty()) {
    PKAPC apc = self->user_apcs.front();
    self->user_apcs.pop_front();
    PVOID context, argument1, argument2;
    PKNORMAL_ROUTINE normal = run_kernel_routine(self, apc, &context, &argument1, &argument2);
    if (normal != nullptr) normal(context, argument1, argument2);
  }
}

void queue_special_apc(Thread* thread, std::function<void()> routine) {
  thread->special_apcs.push_back({std::move(routine), nullptr});
  notify(thread);
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine,
                           PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode,
                           PVOID NormalContext) {
  UNREFERENCED_PARAMETER(Environment);  // there is one address space
  *Apc = {};
  Apc->Type = 0x12;
  Apc->Size = sizeof(KAPC);
  Apc->Thread = Thread;
  Apc->KernelRoutine = KernelRoutine;
  Apc->RundownRoutine = RundownRoutine;
  Apc->NormalRoutine = NormalRoutine;
  Apc->ApcMode = NormalRoutine != nullptr ? ApcMode : static_cast<KPROCESSOR_MODE>(KernelMode);
  Apc->NormalContext = NormalRoutine != nullptr ? NormalContext : nullptr;
}

BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment) {
  UNREFERENCED_PARAMETER(Increment);
  auto* thread = ke::Thread::of(Apc->Thread);
  if (Apc->Inserted || thread->ended) return FALSE;
  Apc->SystemArgument1 = SystemArgument1;
  Apc->SystemArgument2 = SystemArgument2;
  Apc->Inserted = TRUE;
  if (Apc->NormalRoutine == nullptr) {
    thread->special_apcs.push_back({{}, Apc});
  } else if (Apc->ApcMode == KernelMode) {
    thread->normal_apcs.push_back(Apc);
  } else {
    thread->user_apcs.push_back(Apc);
  }
  notify(thread);
  return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc) {
  if (!Apc->Inserted) return FALSE;
  Apc->Inserted = FALSE;
  auto* thread = ke::Thread::of(Apc->Thread);
  std::erase_if(thread->special_apcs, [Apc](const ke::Apc& apc) { return apc.object == Apc; });
  std::erase(thread->normal_apcs, Apc);
  std::erase(thread->user_apcs, Apc);
  return TRUE;
}

VOID NTAPI KeEnterCriticalRegion(VOID) { ++current_thread()->kernel_apc_disable; }

VOID NTAPI KeLeaveCriticalRegion(VOID) {
  verify(current_thread()->kernel_apc_disable > 0, 0x3E, 0, 0, 0, "CriticalRegions",
         "KeLeaveCriticalRegion without KeEnterCriticalRegion");
  if (--current_thread()->kernel_apc_disable == 0) preemption_point();
}

VOID NTAPI KeEnterGuardedRegion(VOID) { ++current_thread()->special_apc_disable; }

VOID NTAPI KeLeaveGuardedRegion(VOID) {
  verify(current_thread()->special_apc_disable > 0, 0x4000E, 0, 0, 0, "GuardedRegions",
         "KeLeaveGuardedRegion without KeEnterGuardedRegion");
  if (--current_thread()->special_apc_disable == 0) preemption_point();
}

BOOLEAN NTAPI KeAreApcsDisabled(VOID) {
  return current_thread()->kernel_apc_disable != 0 || current_thread()->special_apc_disable != 0;
}

BOOLEAN NTAPI KeAreAllApcsDisabled(VOID) {
  return current_cpu().irql >= APC_LEVEL || current_thread()->special_apc_disable != 0;
}

}  // extern "C"
