// Deferred procedure calls.
#pragma once

#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/cpu.h"

namespace p2p::ke {

/// Runs queued DPCs on the current CPU at DISPATCH_LEVEL until the queue is empty; IRQL is below DISPATCH_LEVEL.
void run_dpcs(Cpu& cpu);
/// KeInsertQueueDpc, also for callers that are no simulated thread (timer expiry: the first CPU unless targeted).
bool queue_dpc(PKDPC dpc, PVOID argument1, PVOID argument2);
/// Small id of a DPC object for events, in order of first use.
std::uint64_t dpc_id(const KDPC* dpc);
/// The routine, inside a block of memory, of the DPC of an active timer.
const void* timer_routine_in(const void* base, std::size_t bytes);

}  // namespace p2p::ke
