// Life of a thread.
#include "sw/ntos/ddk.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/verify.h"

namespace p2p::ke {

namespace {
// Never destroyed: SystemC tears its processes down after main().
std::vector<Thread*>& threads() {
  static auto* const all = new std::vector<Thread*>;
  return *all;
}
void (*g_rundown)(Thread*) = nullptr;

/// Everything up to the point where the thread gives its CPU away for good.
void finish(Thread* self) {
  preemption_point();  // APCs that are already there
  verify(self->wait == nullptr && current_cpu().irql == PASSIVE_LEVEL, 0x2001C, current_cpu().irql, 0, 0,
         "IrqlPsPassive", "a thread ended above PASSIVE_LEVEL");
  if (!IsListEmpty(&self->mutants)) {
    verify(false, 0x100A, self->id, 0, 0, "ThreadOwnsLock", "a thread ended while it owned a mutex");
    ntos::bug_check(0x4000008A, self->id, 0, 0, 0, "THREAD_TERMINATE_HELD_MUTEX",
                    "a thread ended while it owned a mutex");
  }
  if (g_rundown != nullptr) g_rundown(self);
  trace("thread.exit", {{"thread", self->id}, {"name", self->name}});
  self->ended = true;
  self->header.SignalState = 1;
  object_signalled(&self->header);
  scheduler().switch_away();
}
}  // namespace

Thread* current_thread() { return static_cast<Thread*>(fiber_self()); }

Cpu& current_cpu() {
  Thread* self = current_thread();
  if (self == nullptr || self->cpu == nullptr) {
    std::fputs("ntos: a kernel service was called outside a simulated thread\n", stderr);
    std::abort();
  }
  return *self->cpu;
}

std::vector<Thread*> all_threads() { return threads(); }
void set_thread_rundown(void (*rundown)(Thread* thread)) { g_rundown = rundown; }

Thread* create_thread(const std::string& name, KPROCESSOR_MODE mode, std::function<void()> body) {
  auto* thread = new Thread;
  threads().push_back(thread);
  initialize_header(&thread->header, kThread, 0);  // signalled like a notification event
  InitializeListHead(&thread->irp_list);
  InitializeListHead(&thread->mutants);
  thread->id = state().next_thread_id++;
  thread->name = name;
  thread->previous_mode = mode;
  thread->system = mode == KernelMode;
  thread->body = std::move(body);
  fiber_spawn("thread" + std::to_string(thread->id), thread, [thread] {
    while (thread->cpu == nullptr) fiber_wait(thread->run);
    trace("thread.start", {{"thread", thread->id}, {"name", thread->name}});
    charge_ns(cost().context_switch);
    thread->body();
    finish(thread);
  });
  scheduler().make_ready(thread);
  return thread;
}

void exit_thread() {
  finish(current_thread());
  fiber_park();
}

}  // namespace p2p::ke
