// Dispatcher objects: what satisfies a wait, who is woken.
#include "sw/ntos/ke/irql.h"

#include <array>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ke {

struct WaitBlock {
  LIST_ENTRY link;  // in the object's WaitListHead
  Thread* thread;
  PDISPATCHER_HEADER object;
  bool all;
};

namespace {
bool satisfies(const DISPATCHER_HEADER* object, const Thread* thread) {
  if (object->Type == kMutant) {
    auto* mutex = reinterpret_cast<const KMUTEX*>(object);
    return object->SignalState > 0 || Thread::of(mutex->OwnerThread) == thread;
  }
  return object->SignalState > 0;
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
      auto* mutex = reinterpret_cast<KMUTEX*>(object);
      --object->SignalState;
      mutex->OwnerThread = thread->kthread();
      break;
    }
    default:
      break;  // notification objects and threads stay signalled
  }
}

/// Tries to satisfy the thread's wait now; consumes what it takes.
bool try_satisfy(Thread* thread) {
  WaitBlock* blocks = thread->wait_blocks;
  if (thread->wait_count == 0) return false;
  if (blocks[0].all) {
    for (unsigned i = 0; i < thread->wait_count; ++i) {
      if (!satisfies(blocks[i].object, thread)) return false;
    }
    for (unsigned i = 0; i < thread->wait_count; ++i) consume(blocks[i].object, thread);
    thread->wait_status = STATUS_WAIT_0;
  } else {
    unsigned i = 0;
    while (i < thread->wait_count && !satisfies(blocks[i].object, thread)) ++i;
    if (i == thread->wait_count) return false;
    consume(blocks[i].object, thread);
    thread->wait_status = static_cast<NTSTATUS>(STATUS_WAIT_0 + i);
  }
  thread->wait_satisfied = true;
  return true;
}

void check_irql(void* object, const LARGE_INTEGER* timeout) {
  const Cpu& cpu = current_cpu();
  if (cpu.in_dpc && !(timeout != nullptr && timeout->QuadPart == 0)) {
    ntos::bug_check(0xB8, 0, 0, 0, 0, "ATTEMPTED_SWITCH_FROM_DPC", "a DPC routine waited");  // R-DPC-5
  }
  if (cpu.irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x120, cpu.irql, reinterpret_cast<std::uintptr_t>(object), 0, "IrqlKeWait",
                    "a wait above DISPATCH_LEVEL");
  }
  if (cpu.irql == DISPATCH_LEVEL && timeout == nullptr) {
    ntos::bug_check(0xC4, 0x121, cpu.irql, reinterpret_cast<std::uintptr_t>(object), 0, "IrqlKeWait",
                    "a wait without time-out at DISPATCH_LEVEL");  // R-WAIT-1
  }
  if (cpu.irql == DISPATCH_LEVEL && timeout->QuadPart != 0) {
    ntos::bug_check(0xC4, 0x122, cpu.irql, reinterpret_cast<std::uintptr_t>(object), 0, "IrqlKeWait",
                    "a wait with a time-out other than zero at DISPATCH_LEVEL");  // R-WAIT-1
  }
}
}  // namespace

void object_signalled(void* header) {
  auto* object = static_cast<PDISPATCHER_HEADER>(header);
  for (PLIST_ENTRY entry = object->WaitListHead.Flink; entry != &object->WaitListHead;) {
    auto* block = CONTAINING_RECORD(entry, WaitBlock, link);
    entry = entry->Flink;
    Thread* thread = block->thread;
    if (thread->wait_satisfied || object->SignalState <= 0) continue;
    if (try_satisfy(thread)) scheduler().make_ready(thread);
  }
}

NTSTATUS wait_for_objects(void* const* objects, unsigned count, bool all, bool alertable,
                          const LARGE_INTEGER* timeout) {
  UNREFERENCED_PARAMETER(alertable);  // user APCs are not delivered to simulated threads
  check_irql(count != 0 ? objects[0] : nullptr, timeout);
  Thread* self = current_thread();
  std::array<WaitBlock, MAXIMUM_WAIT_OBJECTS> blocks;
  if (count > blocks.size()) {
    ntos::bug_check(0x0C, 0, 0, 0, 0, "MAXIMUM_WAIT_OBJECTS_EXCEEDED", "a wait for more than 64 objects");  // R-WAIT-4
  }
  for (unsigned i = 0; i < count; ++i) {
    blocks[i] = {{}, self, static_cast<PDISPATCHER_HEADER>(objects[i]), all};
  }
  self->wait_blocks = blocks.data();
  self->wait_count = count;
  self->wait_satisfied = false;
  if (try_satisfy(self)) {
    self->wait_count = 0;
    preemption_point();
    return self->wait_status;
  }
  if (timeout != nullptr && timeout->QuadPart == 0) {
    self->wait_count = 0;
    preemption_point();
    return STATUS_TIMEOUT;
  }
  for (unsigned i = 0; i < count; ++i) InsertTailList(&blocks[i].object->WaitListHead, &blocks[i].link);
  Alarm alarm;
  if (timeout != nullptr) {
    alarm.due = due_time(*timeout);
    alarm.expired = [self] {
      self->wait_satisfied = true;
      self->wait_status = STATUS_TIMEOUT;
      scheduler().make_ready(self);
    };
    set_alarm(&alarm);
  }
  self->waiting = true;
  while (!self->wait_satisfied) {
    deliver_pending();  // special kernel APCs interrupt a wait, then it goes on
    if (self->wait_satisfied) break;
    scheduler().switch_away();
  }
  self->waiting = false;
  if (timeout != nullptr) cancel_alarm(&alarm);
  for (unsigned i = 0; i < count; ++i) RemoveEntryList(&blocks[i].link);
  self->wait_count = 0;
  return self->wait_status;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout) {
  UNREFERENCED_PARAMETER(WaitReason);
  UNREFERENCED_PARAMETER(WaitMode);
  return wait_for_objects(&Object, 1, false, Alertable != FALSE, Timeout);
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                        KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK WaitBlockArray) {
  UNREFERENCED_PARAMETER(WaitReason);
  UNREFERENCED_PARAMETER(WaitMode);
  if (Count > MAXIMUM_WAIT_OBJECTS || (Count > THREAD_WAIT_OBJECTS && WaitBlockArray == nullptr)) {
    ntos::bug_check(0x0C, 0, 0, 0, 0, "MAXIMUM_WAIT_OBJECTS_EXCEEDED", "a wait for too many objects");  // R-WAIT-4
  }
  return wait_for_objects(Object, Count, WaitType == WaitAll, Alertable != FALSE, Timeout);
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
  UNREFERENCED_PARAMETER(WaitMode);
  if (current_cpu().irql > APC_LEVEL) {
    ntos::bug_check(0xC4, 0x2000F, current_cpu().irql, 0, 0, "IrqlKeApcLte1",
                    "KeDelayExecutionThread above APC_LEVEL");  // R-DLY-1
  }
  wait_for_objects(nullptr, 0, false, Alertable != FALSE, Interval);
  return STATUS_SUCCESS;
}

}  // extern "C"
