// Bug checks: the machine stops at its cycle, with the code, parameters and rule name Windows would show.
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

void stop_machine(const ntos::BugCheck& bugcheck) {
  MachineState& machine = state();
  if (machine.bugchecked) return;
  machine.bugchecked = true;
  ntos::BugCheck& report = machine.bugcheck = bugcheck;
  report.bus_cycle = machine.hardware->bus_cycle();
  const std::uint32_t code = report.code;
  // Parameters 2 to 4 may be addresses, which differ from run to run; so may the first, but for codes where it is a
  // sub-code. Events hold only what does not differ.
  const bool sub_code = code == 0xC4 || code == 0xC9 || code == 0xE6 || code == 0xC7 || code == 0xCA || code == 0xE4;
  trace("bugcheck", {{"code", code},
                     {"p1", sub_code ? report.parameters[0] : 0},
                     {"rule", report.rule},
                     {"message", report.message}});
  char text[64];
  std::snprintf(text, sizeof text, "bug check 0x%X ", code);
  machine.hardware->stop(std::string(text) + report.rule + ": " + report.message);
  fiber_halt();
}

void raise_bug_check(ntos::BugCheck report) {
  if (!state().bugchecked) {
    for (const std::uint64_t parameter : report.parameters) {
      if (report.irp == 0) report.irp = ntos::irp_id(reinterpret_cast<const void*>(parameter));
    }
    if (const Thread* thread = current_thread(); thread != nullptr) {
      report.cpu = current_cpu().number;
      report.irql = current_cpu().irql;
      report.thread = thread->name;
      if (report.irp == 0) report.irp = thread->current_irp;
    }
    stop_machine(report);
  }
  fiber_park();
}

}  // namespace p2p::ke

namespace p2p::ntos {

void bug_check(std::uint32_t code, std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
               std::string_view rule, std::string_view message) {
  BugCheck report;
  report.code = code;
  const std::uint64_t parameters[] = {p1, p2, p3, p4};
  std::copy(std::begin(parameters), std::end(parameters), report.parameters);
  report.rule = rule;
  report.message = message;
  report.stack = ke::capture_call_stack(1);
  ke::raise_bug_check(std::move(report));
}

bool verifier_enabled() { return ke::state().config.verifier; }

void charge_ns(std::uint64_t nanoseconds) { ke::charge_ns(nanoseconds); }

int previous_mode() {
  const ke::Thread* thread = ke::current_thread();
  return thread != nullptr ? static_cast<int>(thread->previous_mode) : static_cast<int>(KernelMode);
}

}  // namespace p2p::ntos

extern "C" {

#ifdef __SANITIZE_ADDRESS__
// After a bug check the threads stay where they are, for ever, with what their stacks own: that is no leak.
int __lsan_is_turned_off();
int __lsan_is_turned_off() { return p2p::ke::state().bugchecked ? 1 : 0; }
#endif

VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4) {
  p2p::ntos::bug_check(BugCheckCode, P1, P2, P3, P4, "KeBugCheckEx", "the driver called KeBugCheckEx");
}
VOID NTAPI KeBugCheck(ULONG BugCheckCode) { KeBugCheckEx(BugCheckCode, 0, 0, 0, 0); }

VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PCHAR Message) {
  const std::string where = std::string(static_cast<const char*>(FailedAssertion)) + " in " +
                            static_cast<const char*>(FileName) + ":" + std::to_string(LineNumber) +
                            (Message != nullptr ? std::string(": ") + Message : std::string());
  p2p::ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_ASSERTION_FAILURE), 0, 0, 0, "ASSERTION_FAILURE",
                       "assertion failed: " + where);
}

}  // extern "C"
