// Bug checks: the machine stops at its cycle, with the code, parameters and rule name Windows would show.
#include "sw/ntos/ke/irql.h"

#include <cstdio>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/fiber.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::ntos {

void bug_check(std::uint32_t code, std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
               std::string_view rule, std::string_view message) {
  ke::MachineState& machine = ke::state();
  if (!machine.bugchecked) {
    machine.bugchecked = true;
    machine.bugcheck.code = code;
    machine.bugcheck.parameters[0] = p1;
    machine.bugcheck.parameters[1] = p2;
    machine.bugcheck.parameters[2] = p3;
    machine.bugcheck.parameters[3] = p4;
    machine.bugcheck.rule = rule;
    machine.bugcheck.message = message;
    machine.bugcheck.bus_cycle = machine.hardware->bus_cycle();
    // Parameters may be addresses, which differ from run to run: events hold only what does not.
    ke::trace("bugcheck", {{"code", code}, {"rule", rule}, {"message", message}});
    char text[64];
    std::snprintf(text, sizeof text, "bug check 0x%X ", code);
    machine.hardware->stop(std::string(text) + std::string(rule) + ": " + std::string(message));
  }
  ke::fiber_park();
}

bool verifier_enabled() { return ke::state().config.verifier; }

void charge_ns(std::uint64_t nanoseconds) { ke::charge_ns(nanoseconds); }

int previous_mode() {
  const ke::Thread* thread = ke::current_thread();
  return thread != nullptr ? static_cast<int>(thread->previous_mode) : static_cast<int>(KernelMode);
}

}  // namespace p2p::ntos

extern "C" {

VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4) {
  p2p::ntos::bug_check(BugCheckCode, P1, P2, P3, P4, "KeBugCheckEx", "the driver called KeBugCheckEx");
}
VOID NTAPI KeBugCheck(ULONG BugCheckCode) { KeBugCheckEx(BugCheckCode, 0, 0, 0, 0); }

}  // extern "C"
