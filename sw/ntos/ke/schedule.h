// Seeded exploration of schedules: what another machine, or the same one on another day, may do between two kernel
// calls.
//
// Everything it does is allowed on Windows at that place: a processor stands still for a while (system management
// interrupts, hypervisors, caches), a thread loses its processor to any other ready one, a woken thread runs on any
// processor, a completion routine is called at DISPATCH_LEVEL. Under the fifo schedule none of it happens.
#pragma once

namespace p2p::ke {

/// Draws from the run's seed once for each kernel; called when it boots.
void start_schedule();

/// Perhaps lets the caller's processor stand still. Higher interrupts are taken afterwards. No-op outside a simulated
/// thread and under fifo.
void schedule_delay();
/// Should the calling thread, which may be preempted here, give way to any other ready thread?
bool schedule_gives_way();
/// 0 under fifo; else uniform in 0..count-1.
unsigned schedule_choice(unsigned count);

/// A preemption point that exists only under the random schedule. Any IRQL.
void schedule_point();

}  // namespace p2p::ke
