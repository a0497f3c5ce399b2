// Which thread runs on which CPU.
#include "sw/ntos/ddk.h"

#include <algorithm>

#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/schedule.h"

namespace p2p::ke {

namespace {
// Never destroyed: SystemC tears its processes down after main().
Scheduler* g_scheduler = nullptr;
}  // namespace

Scheduler& scheduler() { return *g_scheduler; }
void create_scheduler(unsigned cpus) { g_scheduler = new Scheduler(cpus); }

Scheduler::Scheduler(unsigned cpus) {
  for (unsigned i = 0; i < cpus; ++i) {
    cpus_.push_back(std::make_unique<Cpu>(i));
    Cpu& cpu = *cpus_.back();
    InitializeListHead(&cpu.dpc_queue);
    idle_threads_.push_back(std::make_unique<Thread>());
    Thread* idle = idle_threads_.back().get();
    idle->header = {};
    InitializeListHead(&idle->header.WaitListHead);
    InitializeListHead(&idle->irp_list);
    InitializeListHead(&idle->mutants);
    idle->name = "idle" + std::to_string(i);
    idle->priority = idle->base_priority = -1;
    idle->idle_thread = true;
    idle->cpu = &cpu;
    cpu.idle = idle;
    cpu.current = idle;
    fiber_spawn("cpu" + std::to_string(i) + "_idle", idle, [this, &cpu] { idle_loop(cpu); });
  }
}

void Scheduler::idle_loop(Cpu& cpu) {
  Thread* self = cpu.idle;
  for (;;) {
    deliver_pending();
    cpu.reschedule = false;
    if (Thread* next = take_best(cpu, -1); next != nullptr) {
      leave(self, next);
      while (self->cpu == nullptr) fiber_wait(self->run);
      continue;
    }
    fiber_wait(cpu.poke);
  }
}

void Scheduler::enqueue(Thread* thread, bool front) {
  thread->ready = true;
  auto& queue = ready_.at(static_cast<std::size_t>(thread->priority));
  if (front) {
    queue.push_front(thread);
  } else {
    queue.push_back(thread);
  }
}

void Scheduler::make_ready(Thread* thread) {
  if (thread->ready || thread->cpu != nullptr) return;
  thread->quantum_ps = 0;
  enqueue(thread, false);
  poke_for(thread);
}

void Scheduler::poke_for(const Thread* thread) {
  auto allowed = [thread](const Cpu& cpu) { return (thread->affinity >> cpu.number & 1) != 0 && !cpu.reschedule; };
  Cpu* chosen = nullptr;
  if (thread->last_cpu != nullptr && allowed(*thread->last_cpu) && thread->last_cpu->current->idle_thread &&
      schedule_choice(2) == 0) {
    chosen = thread->last_cpu;
  } else {
    // The one that runs the least important thread; of equals the first, or any.
    const std::size_t first = schedule_choice(static_cast<unsigned>(cpus_.size()));
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      Cpu* cpu = cpus_[(first + i) % cpus_.size()].get();
      if (!allowed(*cpu) || cpu->current->priority >= thread->priority) continue;
      if (chosen == nullptr || cpu->current->priority < chosen->current->priority) chosen = cpu;
    }
  }
  if (chosen == nullptr) return;
  chosen->reschedule = true;
  chosen->poke.notify();
}

Thread* Scheduler::take_best(const Cpu& cpu, int above) {
  for (int priority = static_cast<int>(ready_.size()) - 1; priority > above; --priority) {
    auto& queue = ready_[static_cast<std::size_t>(priority)];
    auto found = std::find_if(queue.begin(), queue.end(),
                              [&cpu](const Thread* thread) { return (thread->affinity >> cpu.number & 1) != 0; });
    if (found == queue.end()) continue;
    Thread* thread = *found;
    queue.erase(found);
    thread->ready = false;
    return thread;
  }
  return nullptr;
}

Thread* Scheduler::take_any(const Cpu& cpu) {
  std::vector<Thread*> candidates;
  for (const auto& queue : ready_) {
    for (Thread* thread : queue) {
      if ((thread->affinity >> cpu.number & 1) != 0) candidates.push_back(thread);
    }
  }
  if (candidates.empty()) return nullptr;
  Thread* thread = candidates[schedule_choice(static_cast<unsigned>(candidates.size()))];
  for (auto& queue : ready_) std::erase(queue, thread);  // its priority may have changed since it was queued
  thread->ready = false;
  return thread;
}

void Scheduler::give(Cpu& cpu, Thread* thread) {
  cpu.current = thread;
  if (cpu_watch != nullptr) cpu_watch->thread_runs(cpu.number, thread->id, thread->name);
  cpu.irql = thread->saved_irql;
  thread->cpu = &cpu;
  thread->run.notify();
}

void Scheduler::leave(Thread* self, Thread* next) {
  Cpu& cpu = *self->cpu;
  self->saved_irql = cpu.irql;
  self->last_cpu = &cpu;
  self->cpu = nullptr;
  give(cpu, next);
}

void Scheduler::switch_away() {
  Thread* self = current_thread();
  Cpu& cpu = *self->cpu;
  cpu.reschedule = false;
  Thread* next = take_best(cpu, -1);
  leave(self, next != nullptr ? next : cpu.idle);
  if (self->ended) return;
  while (self->cpu == nullptr) fiber_wait(self->run);
  charge_ns(cost().context_switch);
}

void Scheduler::reschedule() {
  Thread* self = current_thread();
  Cpu& cpu = *self->cpu;
  cpu.reschedule = false;
  const bool expired = self->quantum_ps >= kQuantumPs;
  if (expired) {
    self->quantum_ps = 0;
    if (self->priority > self->base_priority) --self->priority;  // a boost decays
  }
  const bool exiled = (self->affinity >> cpu.number & 1) == 0;
  Thread* next = take_best(cpu, exiled ? -1 : expired ? self->priority - 1 : self->priority);
  if (next != nullptr || exiled) hand_over(next, !expired);
}

void Scheduler::give_way() {
  if (Thread* next = take_any(*current_thread()->cpu); next != nullptr) hand_over(next, true);
}

/// The caller becomes ready, at one end of its queue; `next`, or the idle thread, runs.
void Scheduler::hand_over(Thread* next, bool front) {
  Thread* self = current_thread();
  leave(self, next != nullptr ? next : self->cpu->idle);
  enqueue(self, front);
  poke_for(self);
  while (self->cpu == nullptr) fiber_wait(self->run);
  charge_ns(cost().context_switch);
}

void Scheduler::poke_all() {
  for (auto& cpu : cpus_) cpu->poke.notify();
}

}  // namespace p2p::ke
