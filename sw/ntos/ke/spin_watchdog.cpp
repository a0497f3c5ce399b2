// A timer signal samples what the processor is doing. Only inside a driver's image does the handler look further: there
// neither the kernel nor a library of the host is in the middle of anything.
#include "sw/ntos/ke/spin_watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <string>

#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/module.h"
#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/fiber_redirect.h"
#include "sw/ntos/ke/machine.h"

extern "C" [[noreturn]] void p2p_spin_taken();

namespace p2p::ke {

namespace {
constexpr unsigned kSamples = 10;  // in a row, to the limit

struct Watch {
  std::uint32_t limit_ms = 0;
  std::uint64_t since_ps = 0;
  const Thread* thread = nullptr;
  unsigned samples = 0;
};
Watch g_watch;

void sample(int, siginfo_t*, void* raw_context) {
  auto* context = static_cast<ucontext_t*>(raw_context);
  if (!ex::is_driver_code(static_cast<std::uintptr_t>(context->uc_mcontext.gregs[REG_RIP]))) return;
  const Thread* thread = current_thread();
  if (thread == nullptr || thread->cpu == nullptr || state().bugchecked) return;
  const std::uint64_t now = hardware().now_ps();
  const bool stands_still = thread == g_watch.thread && now == g_watch.since_ps;
  g_watch.samples = stands_still ? g_watch.samples + 1 : 1;
  g_watch.thread = thread;
  g_watch.since_ps = now;
  if (g_watch.samples > kSamples) redirect_fiber(context, false, p2p_spin_taken);
}

void set_timer(std::uint32_t period_ms) {
  const timeval period{period_ms / 1000, static_cast<suseconds_t>(period_ms % 1000) * 1000};
  const itimerval timer{period, period};
  setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

void start_timer() {
  if (g_watch.limit_ms != 0) set_timer(std::max(g_watch.limit_ms / kSamples, 1u));
}
}  // namespace

void start_spin_watchdog(std::uint32_t limit_ms) {
  g_watch.limit_ms = limit_ms;
  if (limit_ms == 0) return;
  struct sigaction action {};
  action.sa_sigaction = sample;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGVTALRM, &action, nullptr);
  start_timer();
  pthread_atfork(nullptr, nullptr, start_timer);  // a copy of the process that runs on has no timer of its own
}

void stop_spin_watchdog() {
  if (g_watch.limit_ms != 0) set_timer(0);
  g_watch.limit_ms = 0;
}

}  // namespace p2p::ke

extern "C" void p2p_spin_taken() {
  using namespace p2p;
  const std::uint64_t limit = ke::g_watch.limit_ms;
  ntos::BugCheck report;
  report.stack = ke::capture_call_stack(2);  // from who spins
  const bool raised = ke::current_cpu().irql >= DISPATCH_LEVEL;
  report.code = raised ? 0x133 : 0xEA;
  if (!raised) report.parameters[0] = ke::current_thread()->id;
  if (raised) report.parameters[1] = report.parameters[2] = limit;
  report.rule = raised ? "DPC_WATCHDOG_VIOLATION" : "THREAD_STUCK_IN_DEVICE_DRIVER";
  report.message = "driver code has run for " + std::to_string(limit) +
                   " ms of the host's time while simulated time stands still: it waits for something in a loop, where "
                   "nothing else can happen";
  ke::raise_bug_check(std::move(report));
}
