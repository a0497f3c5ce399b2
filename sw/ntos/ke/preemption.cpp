// Where simulated time passes and what may interrupt it.
#include "sw/ntos/ddk.h"

#include <algorithm>

#include "sw/ntos/ke/apc.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/dispatch_time.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/schedule.h"

namespace p2p::ke {

void deliver_pending() {
  Thread* self = current_thread();
  if (self == nullptr) return;
  for (;;) {
    take_interrupts();
    Cpu& cpu = *self->cpu;
    if (cpu.irql >= DISPATCH_LEVEL || cpu.in_dpc || cpu.in_isr) return;
    if (!IsListEmpty(&cpu.dpc_queue)) {
      run_dpcs(cpu);
    } else if (!self->idle_thread && apc_deliverable(*self, cpu.irql)) {
      deliver_apcs(self);
    } else {
      return;
    }
  }
}

void preemption_point() {
  if (fibers_halted()) fiber_park();
  Thread* self = current_thread();
  if (self == nullptr) return;
  schedule_delay();
  deliver_pending();
  if (self->idle_thread) return;
  const Cpu& cpu = *self->cpu;
  if (cpu.irql >= DISPATCH_LEVEL || cpu.in_dpc || cpu.in_isr) return;
  if (schedule_gives_way()) {
    scheduler().give_way();
  } else if (cpu.reschedule || self->quantum_ps >= kQuantumPs) {
    scheduler().reschedule();
  }
}

void charge_ns(std::uint64_t nanoseconds) {
  Thread* self = current_thread();
  if (self == nullptr) return;
  std::uint64_t remaining = nanoseconds * 1000;
  for (;;) {
    preemption_point();
    if (remaining == 0) return;
    const Cpu& cpu = *self->cpu;
    const bool preemptible = cpu.irql < DISPATCH_LEVEL && !cpu.in_dpc && !cpu.in_isr && !self->idle_thread;
    const std::uint64_t slice = preemptible ? std::min(remaining, kQuantumPs - self->quantum_ps) : remaining;
    const std::uint64_t before = hardware().now_ps();
    fiber_wait_for(self->cpu->poke, slice);
    const std::uint64_t elapsed = std::min(remaining, hardware().now_ps() - before);
    remaining -= elapsed;
    check_dispatch_time(cpu);
    if (preemptible) self->quantum_ps += elapsed;
  }
}

void set_irql(KIRQL irql) {
  Cpu& cpu = current_cpu();
  const bool lowered = irql < cpu.irql;
  cpu.irql = irql;
  if (lowered) preemption_point();
}

}  // namespace p2p::ke
