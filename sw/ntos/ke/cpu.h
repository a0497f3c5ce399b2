// Simulated processors: IRQL, DPC queue, pending interrupts, scheduling.
#pragma once

#include "sw/ntos/ddk.h"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sw/ntos/ke/cpu_watch.h"
#include "sw/ntos/ke/fiber.h"
#include "sw/ntos/ke/paging.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::ke {

/// IRQL of the machine's device interrupts (translated resources, line-based connections).
constexpr KIRQL kDeviceIrql = 9;
/// A thread runs this long, in simulated time, before an equal one gets its turn.
constexpr std::uint64_t kQuantumPs = 30'000'000'000;

/// A spin lock held by a CPU, for the Verifier.
struct HeldLock {
  PKSPIN_LOCK lock;
  KIRQL old_irql;  // what the release must restore, if the acquire raised
  bool raised;     // acquired by a routine that raises IRQL
  bool queued;     // acquired through an in-stack queue handle
  std::uint64_t since_ps;
};

/// A CPU's IRQL. Paged pool goes out of reach when it rises to DISPATCH_LEVEL.
class CurrentIrql {
 public:
  explicit CurrentIrql(unsigned cpu) : cpu_(cpu) {}
  CurrentIrql& operator=(KIRQL irql) {
    value_ = irql;
    if (cpu_watch != nullptr) cpu_watch->irql_is(cpu_, irql);
    if (irql >= DISPATCH_LEVEL && paged_pool_open) close_paged_pool();
    return *this;
  }
  operator KIRQL() const { return value_; }  // NOLINT(google-explicit-constructor): it is one for all who ask

 private:
  unsigned cpu_;
  KIRQL value_ = PASSIVE_LEVEL;
};

enum class Routine { kNone, kIsr, kDpc };

struct RunningRoutine {
  Routine kind = Routine::kNone;
  std::uint64_t since_ps = 0;
};

struct Cpu {
  explicit Cpu(unsigned its_number) : number(its_number), irql(its_number) {}
  const unsigned number;
  CurrentIrql irql;
  Thread* current = nullptr;
  Thread* idle = nullptr;
  FiberEvent poke;  // something may have become deliverable
  LIST_ENTRY dpc_queue;
  PKDPC running_dpc = nullptr;
  bool in_dpc = false;
  bool in_isr = false;
  RunningRoutine routine;
  bool reschedule = false;  // poked because of a ready thread
  std::vector<HeldLock> locks;
  PKSPIN_LOCK spinning_on = nullptr;
};

class Scheduler {
 public:
  explicit Scheduler(unsigned cpus);
  Cpu& cpu(unsigned index) { return *cpus_[index]; }
  unsigned cpu_count() const { return static_cast<unsigned>(cpus_.size()); }

  /// Puts a thread that has no CPU on the ready queue and pokes a CPU for it. Others are left alone.
  void make_ready(Thread* thread);
  /// Gives the caller's CPU to the best ready thread, or to the idle thread. Returns when the caller runs again.
  void switch_away();
  /// If a thread should run instead of the caller, lets it. IRQL < DISPATCH_LEVEL.
  void reschedule();
  /// Lets any other ready thread run, whatever its priority (random schedule). IRQL < DISPATCH_LEVEL.
  void give_way();
  void poke_all();

 private:
  Thread* take_best(const Cpu& cpu, int above);
  Thread* take_any(const Cpu& cpu);
  void hand_over(Thread* next, bool front);
  void idle_loop(Cpu& cpu);
  void give(Cpu& cpu, Thread* thread);
  void leave(Thread* self, Thread* next);
  void enqueue(Thread* thread, bool front);
  void poke_for(const Thread* thread);

  std::vector<std::unique_ptr<Cpu>> cpus_;
  std::vector<std::unique_ptr<Thread>> idle_threads_;
  std::array<std::deque<Thread*>, 32> ready_;
};

Scheduler& scheduler();
/// The CPU the caller runs on. Stops the process with a message outside a simulated thread.
Cpu& current_cpu();
/// Changes IRQL and, when lowering, runs what became deliverable.
void set_irql(KIRQL irql);
/// Runs interrupts above the current IRQL, then DPCs and APCs if the IRQL allows.
void deliver_pending();

}  // namespace p2p::ke
