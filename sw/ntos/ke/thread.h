// A simulated thread: what KTHREAD and ETHREAD are to drivers (opaque), with the slots other parts of the kernel need.
#pragma once

#include "sw/ntos/ddk.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sw/ntos/ke/fiber.h"

struct P2pSehFrame;

namespace p2p::ke {

struct Cpu;
struct Wait;

/// What runs before the thread ends: KeInsertQueueApc's object, or a special kernel APC of the kernel itself.
struct Apc {
  std::function<void()> routine;  // special kernel APC of the kernel; empty for a KAPC
  PKAPC object = nullptr;
};

struct Thread {
  DISPATCHER_HEADER header;  // first: a PKTHREAD is a pointer to it; signalled when the thread ends
  std::uint64_t id = 0;
  std::string name;
  int base_priority = 8;
  int priority = 8;  // with boost; 0 to 31, idle threads -1
  KAFFINITY affinity = ~KAFFINITY{0};
  KPROCESSOR_MODE previous_mode = KernelMode;
  bool system = true;
  bool idle_thread = false;

  Cpu* cpu = nullptr;  // while it runs
  Cpu* last_cpu = nullptr;
  bool ready = false;
  FiberEvent run;  // notified when the thread is given a CPU
  std::uint64_t quantum_ps = 0;
  KIRQL saved_irql = 0;  // IRQL while not on a CPU

  Wait* wait = nullptr;    // innermost wait in progress
  bool wait_next = false;  // KeSetEvent(Wait = TRUE) came; the next call is a wait
  KIRQL wait_next_irql = 0;
  LIST_ENTRY mutants;  // owned mutexes, KMUTANT.MutantListEntry

  int kernel_apc_disable = 0;   // critical regions, owned mutexes: normal kernel APCs
  int special_apc_disable = 0;  // guarded regions: all APCs
  bool normal_apc_running = false;
  std::deque<Apc> special_apcs;
  std::deque<PKAPC> normal_apcs;
  std::deque<PKAPC> user_apcs;

  LIST_ENTRY irp_list;            // threaded IRPs (sw/ntos/io)
  unsigned built_irps = 0;        // of them, those that drivers have built
  std::uint64_t current_irp = 0;  // id of the IRP a dispatch or completion routine on this stack was called for
  std::function<void()> body;
  P2pSehFrame* try_statements = nullptr;  // being executed, innermost first (sw/ntos/ke/exception.h)
  unsigned exceptions = 0;                // whose filters are being asked
  bool ended = false;
  const void* start_routine = nullptr;  // of PsCreateSystemThread; else null

  PKTHREAD kthread() { return reinterpret_cast<PKTHREAD>(&header); }
  static Thread* of(void* kthread) { return static_cast<Thread*>(kthread); }
};

/// The calling simulated thread; nullptr outside one. Inside an ISR or DPC: the thread it interrupted.
Thread* current_thread();
/// Creates a thread that is ready to run at once. Ids count from 1 (idle threads have 0). Never freed before the kernel
/// is. Any IRQL, and from outside the simulation.
Thread* create_thread(const std::string& name, KPROCESSOR_MODE mode, std::function<void()> body);
/// Every thread ever created, in order of creation; idle threads are not among them.
std::vector<Thread*> all_threads();
/// Ends the calling thread; does not return. PASSIVE_LEVEL.
[[noreturn]] void exit_thread();
/// Called in the context of each thread that ends, before its handle is signalled (I/O manager: cancels its IRPs and
/// waits for them). One routine at most.
void set_thread_rundown(void (*rundown)(Thread* thread));

/// Queues a special kernel APC to `thread`. Runs at once if the thread is the caller and IRQL < APC_LEVEL; else when
/// the thread next is below APC_LEVEL; a waiting thread is woken for it and then goes on waiting. IRQL <=
/// DISPATCH_LEVEL.
void queue_special_apc(Thread* thread, std::function<void()> routine);

/// Charges simulated time to the current CPU: a preemption point. Deliverable interrupts and, below DISPATCH_LEVEL,
/// DPCs run inside. No-op outside a simulated thread.
void charge_ns(std::uint64_t nanoseconds);
/// A preemption point without a cost.
void preemption_point();

/// Wakes waiters of a dispatcher object whose SignalState may satisfy them. Call with the state already set.
/// `increment` is the priority boost of the threads woken.
void object_signalled(void* header, KPRIORITY increment = 0);

/// Waits as KeWaitForMultipleObjects on objects given by their DISPATCHER_HEADER. `mode` UserMode with `alertable` lets
/// user APCs end the wait.
NTSTATUS wait_for_objects(void* const* objects, unsigned count, bool all, bool alertable, const LARGE_INTEGER* timeout,
                          KPROCESSOR_MODE mode = KernelMode);

}  // namespace p2p::ke
