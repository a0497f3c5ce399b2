// Simulated processors: IRQL, DPC queue, pending interrupts, scheduling. Needs a DDK kernel header before it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sw/ntos/ke/fiber.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::ke {

constexpr KIRQL kDeviceIrql = 9;

struct Cpu {
  unsigned number = 0;
  KIRQL irql = PASSIVE_LEVEL;
  Thread* current = nullptr;
  Thread* idle = nullptr;
  FiberEvent poke;  // something may have become deliverable
  LIST_ENTRY dpc_queue;
  unsigned dpcs_queued = 0;
  bool in_dpc = false;
  bool in_isr = false;
  bool preempt = false;
};

class Scheduler {
 public:
  explicit Scheduler(unsigned cpus);
  Cpu& cpu(unsigned index) { return *cpus_[index]; }
  unsigned cpu_count() const { return static_cast<unsigned>(cpus_.size()); }

  /// Puts a thread on the ready queue and finds it a CPU.
  void make_ready(Thread* thread);
  /// Gives the CPU to the best ready thread, or to the idle thread. Returns when the caller runs again.
  void switch_away();
  /// Is there a ready thread that should run instead of `running`?
  bool better_ready(const Thread* running) const;
  void poke_all();

 private:
  Thread* take_best();
  void idle_loop(Cpu& cpu);
  void give(Cpu& cpu, Thread* thread);

  std::vector<std::unique_ptr<Cpu>> cpus_;
  std::vector<std::unique_ptr<Thread>> idle_threads_;
  std::deque<Thread*> ready_;
};

Scheduler& scheduler();
/// The CPU the caller runs on; bug-free only inside a simulated thread.
Cpu& current_cpu();
/// Changes IRQL and, when lowering, runs what became deliverable.
void set_irql(KIRQL irql);
/// Runs interrupts above the current IRQL, then DPCs and APCs if the IRQL allows.
void deliver_pending();

}  // namespace p2p::ke
