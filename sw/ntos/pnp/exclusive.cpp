#include "sw/ntos/ddk.h"

#include "sw/ntos/pnp/exclusive.h"

#include <deque>
#include <utility>

#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::pnp {

namespace {
struct Lock {
  Lock() { KeInitializeEvent(&released, SynchronizationEvent, FALSE); }
  KEVENT released;
  const ke::Thread* owner = nullptr;
  unsigned depth = 0;
};
Lock& lock() {  // never destroyed: fibers outlive main()
  static auto* const state = new Lock;
  return *state;
}

struct Actions {
  std::deque<std::function<void()>> waiting;
  bool worker_queued = false;
};
Actions& actions() {
  static auto* const state = new Actions;
  return *state;
}

void run_actions() {
  for (; !actions().waiting.empty();) {
    const Exclusive exclusive;
    const std::function<void()> action = std::move(actions().waiting.front());
    actions().waiting.pop_front();
    action();
  }
  actions().worker_queued = false;
}
}  // namespace

Exclusive::Exclusive() {
  const ke::Thread* self = ke::current_thread();
  while (lock().owner != nullptr && lock().owner != self) {
    KeWaitForSingleObject(&lock().released, Executive, KernelMode, FALSE, nullptr);
  }
  lock().owner = self;
  ++lock().depth;
}

Exclusive::~Exclusive() {
  if (--lock().depth != 0) return;
  lock().owner = nullptr;
  KeSetEvent(&lock().released, IO_NO_INCREMENT, FALSE);
}

void queue_action(std::function<void()> action) {
  actions().waiting.push_back(std::move(action));
  if (std::exchange(actions().worker_queued, true)) return;
  ex::queue_work(run_actions);
}

}  // namespace p2p::pnp
