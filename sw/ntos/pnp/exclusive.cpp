#include "sw/ntos/ddk.h"

#include "sw/ntos/pnp/exclusive.h"

#include <deque>
#include <string>
#include <utility>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::pnp {

namespace {
struct Lock {
  Lock() { KeInitializeEvent(&released, SynchronizationEvent, FALSE); }
  KEVENT released;
  const ke::Thread* owner = nullptr;
  unsigned depth = 0;
  ke::Alarm limit;
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

/// A driver's routine that never returns ends the run with a report, not with silence.
void arm_limit() {
  const std::uint32_t limit_ms = 2 * ke::state().config.power_limit_ms;  // a power request in it ends it first
  if (limit_ms == 0) return;
  ke::set_alarm_in(&lock().limit, limit_ms, [limit_ms] {
    const ke::Thread* thread = lock().owner;
    ntos::bug_check(0x1D5, 0, 0, thread->id, limit_ms, "DRIVER_PNP_WATCHDOG",
                    "a driver has not returned from a PnP or power operation within " + std::to_string(limit_ms) +
                        " ms of simulated time: thread '" + thread->name + "' waits in it");
  });
}
}  // namespace

Exclusive::Exclusive() {
  const ke::Thread* self = ke::current_thread();
  while (lock().owner != nullptr && lock().owner != self) {
    KeWaitForSingleObject(&lock().released, Executive, KernelMode, FALSE, nullptr);
  }
  lock().owner = self;
  if (++lock().depth == 1) arm_limit();
}

Exclusive::~Exclusive() {
  if (--lock().depth != 0) return;
  ke::cancel_alarm(&lock().limit);
  lock().owner = nullptr;
  KeSetEvent(&lock().released, IO_NO_INCREMENT, FALSE);
}

void queue_action(std::function<void()> action) {
  actions().waiting.push_back(std::move(action));
  if (std::exchange(actions().worker_queued, true)) return;
  ex::queue_work(run_actions);
}

}  // namespace p2p::pnp
