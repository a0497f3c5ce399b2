// Which processor, which thread, which process: what drivers ask about where they run; priorities and affinity.
#include "sw/ntos/ke/irql.h"

#include <algorithm>

using namespace p2p;
using namespace p2p::ke;

namespace {
KAFFINITY all_cpus() { return (KAFFINITY{1} << scheduler().cpu_count()) - 1; }

/// The one process. Opaque to drivers, who only compare and pass it.
struct SystemProcess {
  DISPATCHER_HEADER header;
};
SystemProcess g_process = {};

void set_affinity(Thread* thread, KAFFINITY affinity) {
  thread->affinity = affinity;
  if ((affinity >> current_cpu().number & 1) == 0 && current_cpu().irql < DISPATCH_LEVEL) scheduler().reschedule();
}

void set_priority(Thread* thread, int priority) {
  thread->base_priority = std::clamp(priority, 1, HIGH_PRIORITY);
  if (!thread->ready) thread->priority = thread->base_priority;
  if (thread == current_thread() && current_cpu().irql < DISPATCH_LEVEL) scheduler().reschedule();
}
}  // namespace

extern "C" {

PKTHREAD NTAPI KeGetCurrentThread(VOID) { return current_thread() != nullptr ? current_thread()->kthread() : nullptr; }

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID) { return current_thread()->previous_mode; }

HANDLE NTAPI PsGetCurrentThreadId(VOID) { return reinterpret_cast<HANDLE>(current_thread()->id * 4); }

HANDLE NTAPI PsGetCurrentProcessId(VOID) { return reinterpret_cast<HANDLE>(std::uintptr_t{4}); }

PEPROCESS NTAPI IoGetCurrentProcess(VOID) { return reinterpret_cast<PEPROCESS>(&g_process); }

BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread) { return ke::Thread::of(Thread)->system; }

HANDLE NTAPI PsGetThreadId(PETHREAD Thread) { return reinterpret_cast<HANDLE>(ke::Thread::of(Thread)->id * 4); }

ULONG NTAPI KeGetCurrentProcessorNumber(VOID) { return current_cpu().number; }

ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
  const auto number = static_cast<UCHAR>(current_cpu().number);
  if (ProcNumber != nullptr) *ProcNumber = {0, number, 0};
  return number;
}

KAFFINITY NTAPI KeQueryActiveProcessors(VOID) { return all_cpus(); }

ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
  if (ActiveProcessors != nullptr) *ActiveProcessors = all_cpus();
  return scheduler().cpu_count();
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
  return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? scheduler().cpu_count() : 0;
}

ULONG NTAPI KeQueryMaximumProcessorCount(VOID) { return scheduler().cpu_count(); }

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber) { return KeQueryActiveProcessorCountEx(GroupNumber); }

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity) {
  if ((Affinity & all_cpus()) != 0) set_affinity(current_thread(), Affinity & all_cpus());
}

VOID NTAPI KeRevertToUserAffinityThread(VOID) { set_affinity(current_thread(), ~KAFFINITY{0}); }

KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
  const KAFFINITY old = current_thread()->affinity;
  KeSetSystemAffinityThread(Affinity);
  return old == ~KAFFINITY{0} ? 0 : old;
}

VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity) {
  set_affinity(current_thread(), Affinity == 0 ? ~KAFFINITY{0} : Affinity);
}

KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
  auto* thread = ke::Thread::of(Thread);
  const KPRIORITY old = thread->priority;
  set_priority(thread, static_cast<int>(Priority));
  return old;
}

KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD Thread) { return ke::Thread::of(Thread)->priority; }

LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) {
  auto* thread = ke::Thread::of(Thread);
  constexpr int kProcessBase = 8;
  const LONG old = thread->base_priority - kProcessBase;
  set_priority(thread, kProcessBase + static_cast<int>(Increment));
  return old;
}

}  // extern "C"
