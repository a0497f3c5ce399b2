// A simulated thread: what KTHREAD and ETHREAD are to drivers (opaque), with the slots other parts of the kernel need.
// Needs a DDK kernel header before it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sw/ntos/ke/fiber.h"

namespace p2p::ke {

struct Cpu;
struct WaitBlock;

struct Thread {
  DISPATCHER_HEADER header;  // first: a PKTHREAD is a pointer to it; signalled when the thread ends
  std::uint64_t id = 0;
  std::string name;
  int priority = 8;
  KPROCESSOR_MODE previous_mode = KernelMode;
  bool system = true;
  Cpu* cpu = nullptr;  // while running
  bool ready = false;
  FiberEvent run;  // notified when the thread is given a CPU
  bool waiting = false;
  WaitBlock* wait_blocks = nullptr;
  unsigned wait_count = 0;
  NTSTATUS wait_status = 0;
  bool wait_satisfied = false;
  int kernel_apc_disable = 0;   // critical regions: normal kernel APCs
  int special_apc_disable = 0;  // guarded regions: all APCs
  KIRQL saved_irql = 0;         // IRQL while not on a CPU
  std::deque<std::function<void()>> special_apcs;
  LIST_ENTRY irp_list;  // threaded IRPs (sw/ntos/io)
  std::function<void()> body;
  bool idle_thread = false;
  bool ended = false;

  PKTHREAD kthread() { return reinterpret_cast<PKTHREAD>(&header); }
  static Thread* of(void* kthread) { return static_cast<Thread*>(kthread); }
};

/// The calling simulated thread; nullptr outside one. Inside an ISR or DPC: the thread it interrupted.
Thread* current_thread();
/// Creates a thread that is ready to run at once. Ids count from 1 (idle threads have 0). Never freed before the kernel
/// is.
Thread* create_thread(const std::string& name, KPROCESSOR_MODE mode, std::function<void()> body);
/// Every thread ever created, in order of creation; idle threads are not among them.
std::vector<Thread*> all_threads();
/// Ends the calling thread; does not return.
[[noreturn]] void exit_thread();

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
void object_signalled(void* header);

/// Waits as KeWaitForMultipleObjects on objects given by their DISPATCHER_HEADER.
NTSTATUS wait_for_objects(void* const* objects, unsigned count, bool all, bool alertable, const LARGE_INTEGER* timeout);

}  // namespace p2p::ke
