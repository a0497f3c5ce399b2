// The parts of Kernel that are the dispatcher's; drivers and devices are in sw/ntos/pnp.
#include "sw/ntos/ke/irql.h"

#include <algorithm>

#include "ntos/kernel.h"
#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/fault.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/schedule.h"
#include "sw/ntos/ke/spin_watchdog.h"

namespace p2p::ke {
MachineState& state() {
  static auto* const machine_state = new MachineState;
  return *machine_state;
}
}  // namespace p2p::ke

namespace p2p::ntos {

Kernel::Kernel(Hardware& hardware, const KernelConfig& config) {
  ke::state() = {};
  ke::state().hardware = &hardware;
  ke::state().config = config;
  ke::start_schedule();
  ke::create_scheduler(std::clamp(config.cpus, 1u, 64u));
  ke::start_clock();
  ke::start_interrupt_controller();
  ke::install_fault_handler();
  ke::start_spin_watchdog(config.spin_limit_ms);
}

Kernel::~Kernel() {
  ke::stop_spin_watchdog();
  ke::hardware().set_interrupt_sink(nullptr);
}

std::uint64_t Kernel::run_in_system_thread(std::string_view name, std::function<void()> body) {
  return ke::create_thread(std::string(name), KernelMode, std::move(body))->id;
}

std::uint64_t Kernel::run_in_user_thread(std::string_view name, std::function<void()> body) {
  return ke::create_thread(std::string(name), UserMode, std::move(body))->id;
}

const BugCheck* Kernel::bugcheck() const { return ke::state().bugchecked ? &ke::state().bugcheck : nullptr; }

KernelCounters Kernel::counters() const { return ke::state().counters; }

}  // namespace p2p::ntos
