// Dispatcher objects: what satisfies a wait, who is woken.
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <array>

#include "sw/ntos/ke/apc.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/schedule.h"
#include "sw/ntos/ke/wait_state.h"

namespace p2p::ke {

namespace {
bool satisfies(const DISPATCHER_HEADER* object, const Thread* thread) {
  if (object->SignalState > 0) return true;
  return object->Type == kMutant && Thread::of(reinterpret_cast<const KMUTEX*>(object)->OwnerThread) == thread;
}

/// What a successful wait does to the object.
void consume(PDISPATCHER_HEADER object, Thread* thread) {
  switch (object->Type) {
    case kSynchronizationEvent:
    case kSynchronizationTimer:
      object->SignalState = 0;
      break;
    case kSemaphore:
      --object->SignalState;
      break;
    case kMutant: {
      auto* mutex = reinterpret_cast<PKMUTEX>(object);
      if (--object->SignalState != 0) break;  // acquired again by its owner
      mutex->OwnerThread = thread->kthread();
      InsertTailList(&thread->mutants, &mutex->MutantListEntry);
      thread->kernel_apc_disable += mutex->ApcDisable;  // R-MTX-1
      break;
    }
    default:
      break;  // notification objects and threads stay signalled
  }
}

/// Tries to satisfy the wait now; consumes what it takes.
bool try_satisfy(Wait& wait) {
  if (wait.count == 0) return false;
  unsigned index = 0;
  if (wait.all) {
    for (unsigned i = 0; i < wait.count; ++i) {
      if (!satisfies(wait.blocks[i].object, wait.thread)) return false;
    }
    for (unsigned i = 0; i < wait.count; ++i) consume(wait.blocks[i].object, wait.thread);
  } else {
    while (index < wait.count && !satisfies(wait.blocks[index].object, wait.thread)) ++index;
    if (index == wait.count) return false;
    consume(wait.blocks[index].object, wait.thread);
  }
  wait.status = static_cast<NTSTATUS>(STATUS_WAIT_0 + index);
  wait.satisfied = true;
  return true;
}

/// R-WAIT-1, R-DPC-5.
void check_irql(const void* object, const LARGE_INTEGER* timeout) {
  const Cpu& cpu = current_cpu();
  if (cpu.irql < DISPATCH_LEVEL) return;
  const bool poll = timeout != nullptr && timeout->QuadPart == 0;
  if (cpu.in_dpc && !cpu.in_isr && !poll) {
    ntos::bug_check(0xB8, cpu.current->id, 0, 0, 0, "ATTEMPTED_SWITCH_FROM_DPC", "a DPC routine waited");
  }
  verify(cpu.irql == DISPATCH_LEVEL, 0x120, cpu.irql, value_of(object), value_of(timeout), "IrqlKeWaitForSingleObject",
         "a wait above DISPATCH_LEVEL");
  verify(timeout != nullptr, 0x121, cpu.irql, value_of(object), 0, "IrqlKeWaitForSingleObject",
         "a wait without time-out at DISPATCH_LEVEL");
  verify(poll, 0x122, cpu.irql, value_of(object), value_of(timeout), "IrqlKeWaitForSingleObject",
         "a wait with a time-out other than zero at DISPATCH_LEVEL");
  if (!poll || cpu.irql > DISPATCH_LEVEL) {
    ntos::bug_check(0x0A, 0, cpu.irql, 0, 0, "IRQL_NOT_LESS_OR_EQUAL", "a thread waited at raised IRQL");
  }
}

/// KeSetEvent(Wait = TRUE) left IRQL at DISPATCH_LEVEL for this wait (R-EVT-2).
void finish_set_and_wait(Thread* self) {
  if (!self->wait_next) return;
  self->wait_next = false;
  self->cpu->irql = self->wait_next_irql;
}

/// Blocks until the wait is satisfied, timed out, or ended by a user APC.
void block(Wait& wait) {
  Thread* self = wait.thread;
  while (!wait.satisfied) {
    deliver_pending();  // special kernel APCs interrupt a wait, then it goes on
    if (wait.satisfied) return;
    if (wait.alertable_user && !self->user_apcs.empty()) {
      wait.satisfied = true;
      wait.status = STATUS_USER_APC;
      return;
    }
    scheduler().switch_away();
  }
}
}  // namespace

void object_signalled(void* header, KPRIORITY increment) {
  auto* object = static_cast<PDISPATCHER_HEADER>(header);
  for (PLIST_ENTRY entry = object->WaitListHead.Flink; entry != &object->WaitListHead;) {
    Wait& wait = *CONTAINING_RECORD(entry, WaitBlock, link)->wait;
    entry = entry->Flink;
    if (object->SignalState <= 0) return;
    if (wait.satisfied || !try_satisfy(wait)) continue;
    Thread* thread = wait.thread;
    if (increment > 0 && thread->base_priority < LOW_REALTIME_PRIORITY && !thread->ready && thread->cpu == nullptr) {
      const int boosted = std::min(thread->base_priority + static_cast<int>(increment), LOW_REALTIME_PRIORITY - 1);
      thread->priority = std::max(thread->priority, boosted);
    }
    scheduler().make_ready(thread);
  }
}

NTSTATUS wait_for_objects(void* const* objects, unsigned count, bool all, bool alertable, const LARGE_INTEGER* timeout,
                          KPROCESSOR_MODE mode) {
  Thread* self = current_thread();
  static_cast<void>(current_cpu());  // stops with a message outside a simulated thread
  schedule_point();
  finish_set_and_wait(self);
  check_irql(count != 0 ? objects[0] : nullptr, timeout);
  if (count > MAXIMUM_WAIT_OBJECTS) {  // R-WAIT-4
    ntos::bug_check(0x0C, 0, 0, 0, 0, "MAXIMUM_WAIT_OBJECTS_EXCEEDED", "a wait for more than 64 objects");
  }
  std::array<WaitBlock, MAXIMUM_WAIT_OBJECTS> blocks;
  Wait wait{self, blocks.data(), count, all, alertable && mode == UserMode};
  for (unsigned i = 0; i < count; ++i) blocks[i] = {{}, &wait, static_cast<PDISPATCHER_HEADER>(objects[i])};
  const bool poll = timeout != nullptr && timeout->QuadPart == 0;
  if (try_satisfy(wait) || poll) {
    if (!wait.satisfied) wait.status = STATUS_TIMEOUT;
    preemption_point();
    return wait.status;
  }
  wait.outer = self->wait;
  self->wait = &wait;
  for (unsigned i = 0; i < count; ++i) InsertTailList(&blocks[i].object->WaitListHead, &blocks[i].link);
  Alarm alarm;
  if (timeout != nullptr) {
    alarm.due = due_time(*timeout);
    alarm.expired = [&wait] {
      if (wait.satisfied) return;
      wait.satisfied = true;
      wait.status = STATUS_TIMEOUT;
      scheduler().make_ready(wait.thread);
    };
    set_alarm(&alarm);
  }
  block(wait);
  if (timeout != nullptr) cancel_alarm(&alarm);
  for (unsigned i = 0; i < count; ++i) RemoveEntryList(&blocks[i].link);
  self->wait = wait.outer;
  if (wait.status == STATUS_USER_APC) deliver_user_apcs(self);
  return wait.status;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

namespace {
/// R-WAIT-3.
void check_mode(const void* object, KPROCESSOR_MODE mode) {
  if (mode == KernelMode) return;
  const auto* header = static_cast<const DISPATCHER_HEADER*>(object);
  const bool on_stack =
      header >= static_cast<const void*>(__builtin_frame_address(0)) &&
      reinterpret_cast<std::uintptr_t>(header) - reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) <
          std::uintptr_t{64} * 1024;
  verify(!on_stack, 0x123, value_of(object), 0, 0, "KeWaitUserModeStack",
         "a UserMode wait for an object on the thread's stack, which may be paged out");
  verify(header->Type != kMutant, 0x123, value_of(object), 0, 0, "KeWaitMutexUserMode",
         "a UserMode wait for a mutex; mutex waits are KernelMode");
}
}  // namespace

extern "C" {

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout) {
  UNREFERENCED_PARAMETER(WaitReason);
  check_mode(Object, WaitMode);
  return wait_for_objects(&Object, 1, false, Alertable != FALSE, Timeout, WaitMode);
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                        KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK WaitBlockArray) {
  UNREFERENCED_PARAMETER(WaitReason);
  if (Count > MAXIMUM_WAIT_OBJECTS || (Count > THREAD_WAIT_OBJECTS && WaitBlockArray == nullptr)) {  // R-WAIT-4
    ntos::bug_check(0x0C, 0, 0, 0, 0, "MAXIMUM_WAIT_OBJECTS_EXCEEDED",
                    "a wait for more than 3 objects without wait blocks, or for more than 64");
  }
  for (ULONG i = 0; i < Count; ++i) check_mode(Object[i], WaitMode);
  return wait_for_objects(Object, Count, WaitType == WaitAll, Alertable != FALSE, Timeout, WaitMode);
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
  const NTSTATUS status = wait_for_objects(nullptr, 0, false, Alertable != FALSE, Interval, WaitMode);
  return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;  // R-DLY-1
}

}  // extern "C"
