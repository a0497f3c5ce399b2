// Which thread runs on which CPU, and where simulated time passes.
#include "sw/ntos/ddk.h"

#include <algorithm>

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
Thread* g_current = nullptr;  // the fiber in execution; every blocking call restores it
std::unique_ptr<Scheduler> g_scheduler;
std::vector<std::unique_ptr<Thread>> g_threads;

void deliver_apcs(Thread* self) {
  Cpu& cpu = *self->cpu;
  while (!self->special_apcs.empty() && cpu.irql < APC_LEVEL && self->special_apc_disable == 0) {
    std::function<void()> routine = std::move(self->special_apcs.front());
    self->special_apcs.pop_front();
    const KIRQL old = cpu.irql;
    cpu.irql = APC_LEVEL;
    routine();
    self->cpu->irql = old;
  }
}
}  // namespace

MachineState& state() {
  static MachineState machine_state;
  return machine_state;
}
Scheduler& scheduler() { return *g_scheduler; }
void create_scheduler(unsigned cpus) { g_scheduler = std::make_unique<Scheduler>(cpus); }
void destroy_scheduler() {
  g_scheduler.reset();
  g_threads.clear();
}
Thread* current_thread() { return g_current; }
void resume(Thread* self) { g_current = self; }
Cpu& current_cpu() { return *g_current->cpu; }

Scheduler::Scheduler(unsigned cpus) {
  for (unsigned i = 0; i < cpus; ++i) {
    cpus_.push_back(std::make_unique<Cpu>());
    Cpu& cpu = *cpus_.back();
    cpu.number = i;
    InitializeListHead(&cpu.dpc_queue);
    idle_threads_.push_back(std::make_unique<Thread>());
    Thread* idle = idle_threads_.back().get();
    idle->header = {};
    InitializeListHead(&idle->irp_list);
    idle->name = "idle" + std::to_string(i);
    idle->priority = -1;
    idle->idle_thread = true;
    idle->cpu = &cpu;
    cpu.idle = idle;
    cpu.current = idle;
    fiber_spawn("cpu" + std::to_string(i) + "_idle", [this, &cpu] { idle_loop(cpu); });
  }
}

void Scheduler::idle_loop(Cpu& cpu) {
  Thread* self = cpu.idle;
  g_current = self;
  for (;;) {
    deliver_pending();
    if (!ready_.empty()) {
      switch_away();
      continue;
    }
    fiber_wait(cpu.poke);
    g_current = self;
  }
}

void Scheduler::make_ready(Thread* thread) {
  if (thread->ready || thread->cpu != nullptr) return;
  thread->ready = true;
  ready_.push_back(thread);
  for (auto& cpu : cpus_) {
    if (cpu->current == cpu->idle) {
      cpu->poke.notify();
      return;
    }
  }
  for (auto& cpu : cpus_) {
    if (cpu->current->priority < thread->priority) {
      cpu->poke.notify();
      return;
    }
  }
}

Thread* Scheduler::take_best() {
  auto best = ready_.begin();
  for (auto it = ready_.begin(); it != ready_.end(); ++it) {
    if ((*it)->priority > (*best)->priority) best = it;  // the first of the highest priority
  }
  if (best == ready_.end()) return nullptr;
  Thread* thread = *best;
  ready_.erase(best);
  thread->ready = false;
  return thread;
}

bool Scheduler::better_ready(const Thread* running) const {
  return std::any_of(ready_.begin(), ready_.end(),
                     [running](const Thread* thread) { return thread->priority > running->priority; });
}

void Scheduler::give(Cpu& cpu, Thread* thread) {
  cpu.current = thread;
  cpu.irql = thread->saved_irql;
  thread->cpu = &cpu;
  thread->run.notify();
}

void Scheduler::switch_away() {
  Thread* self = g_current;
  Cpu& cpu = *self->cpu;
  Thread* next = take_best();
  if (next == self) return;
  if (next == nullptr) {
    if (self->idle_thread) return;
    next = cpu.idle;
  }
  self->saved_irql = cpu.irql;
  self->cpu = nullptr;
  give(cpu, next);
  if (self->ended) fiber_park();
  while (self->cpu == nullptr) fiber_wait(self->run);
  g_current = self;
  if (!self->idle_thread) charge_ns(cost().context_switch);
}

void Scheduler::poke_all() {
  for (auto& cpu : cpus_) cpu->poke.notify();
}

Thread* create_thread(const std::string& name, KPROCESSOR_MODE mode, std::function<void()> body) {
  g_threads.push_back(std::make_unique<Thread>());
  Thread* thread = g_threads.back().get();
  thread->header = {};
  thread->header.Type = 6;  // ThreadObject: signalled like a notification event
  InitializeListHead(&thread->header.WaitListHead);
  InitializeListHead(&thread->irp_list);
  thread->id = state().next_thread_id++;
  thread->name = name;
  thread->previous_mode = mode;
  thread->system = mode == KernelMode;
  thread->body = std::move(body);
  fiber_spawn("thread" + std::to_string(thread->id), [thread] {
    while (thread->cpu == nullptr) fiber_wait(thread->run);
    g_current = thread;
    trace("thread.start", {{"thread", thread->id}, {"name", thread->name}});
    charge_ns(cost().context_switch);
    thread->body();
    exit_thread();
  });
  scheduler().make_ready(thread);
  return thread;
}

std::vector<Thread*> all_threads() {
  std::vector<Thread*> all;
  for (auto& thread : g_threads) all.push_back(thread.get());
  return all;
}

void exit_thread() {
  Thread* self = g_current;
  trace("thread.exit", {{"thread", self->id}, {"name", self->name}});
  self->ended = true;
  self->header.SignalState = 1;
  object_signalled(&self->header);
  scheduler().switch_away();
  fiber_park();
}

void queue_special_apc(Thread* thread, std::function<void()> routine) {
  thread->special_apcs.push_back(std::move(routine));
  if (thread == g_current && !current_cpu().in_dpc && !current_cpu().in_isr) {
    deliver_apcs(thread);
  } else if (thread->waiting) {
    scheduler().make_ready(thread);
  } else if (thread->cpu != nullptr) {
    thread->cpu->poke.notify();
  }
}

void deliver_pending() {
  Thread* self = g_current;
  if (self == nullptr) return;
  take_interrupts();
  Cpu& cpu = *self->cpu;
  if (cpu.irql < DISPATCH_LEVEL && !cpu.in_dpc && !cpu.in_isr) {
    run_dpcs(cpu);
    if (!self->idle_thread) deliver_apcs(self);
  }
}

void preemption_point() {
  Thread* self = g_current;
  if (self == nullptr) return;
  deliver_pending();
  if (!self->idle_thread && current_cpu().irql < DISPATCH_LEVEL && !current_cpu().in_dpc && !current_cpu().in_isr &&
      scheduler().better_ready(self)) {
    self->saved_irql = current_cpu().irql;
    // Not through make_ready(): the thread still has its CPU.
    Cpu& cpu = current_cpu();
    self->cpu = nullptr;
    scheduler().make_ready(self);
    self->cpu = &cpu;
    scheduler().switch_away();
  }
}

void charge_ns(std::uint64_t nanoseconds) {
  Thread* self = g_current;
  if (self == nullptr || !in_fiber()) return;
  std::uint64_t remaining = nanoseconds * 1000;
  for (;;) {
    deliver_pending();
    if (remaining == 0) break;
    const std::uint64_t before = hardware().now_ps();
    fiber_wait_for(self->cpu->poke, remaining);
    g_current = self;
    const std::uint64_t elapsed = hardware().now_ps() - before;
    remaining -= std::min(remaining, elapsed);
  }
  preemption_point();
}

void set_irql(KIRQL irql) {
  Cpu& cpu = current_cpu();
  const bool lowered = irql < cpu.irql;
  cpu.irql = irql;
  if (lowered) preemption_point();
}

}  // namespace p2p::ke
