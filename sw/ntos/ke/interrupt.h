// Interrupt lines of the machine and the service routines connected to them. Needs a DDK kernel header before it.
#pragma once

#include "sw/ntos/ke/cpu.h"

namespace p2p::ke {

/// True if an asserted line with connected routines is deliverable on `cpu` at `irql`.
bool interrupt_deliverable(const Cpu& cpu, KIRQL irql);
/// Takes interrupts on the current CPU until none is deliverable.
void take_interrupts();
/// Registers the sink with the hardware.
void connect_interrupt_controller();

}  // namespace p2p::ke
