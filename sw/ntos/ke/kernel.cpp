#include "ntos/kernel.h"

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ntos {

Kernel::Kernel(Hardware& hardware, const KernelConfig& config) {
  ke::state() = {};
  ke::state().hardware = &hardware;
  ke::state().config = config;
  ke::create_scheduler(config.cpus);
  ke::start_timers();
  ke::connect_interrupt_controller();
}

Kernel::~Kernel() {
  ke::hardware().set_interrupt_sink(nullptr);
  ke::destroy_scheduler();
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
