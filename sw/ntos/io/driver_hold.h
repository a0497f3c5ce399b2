// What keeps a driver loaded: routines of its own that the I/O manager has promised to call. Needs sw/ntos/ddk.h before
// it.
#pragma once

namespace p2p::io {

/// Once more, until release_driver: a completion routine set by IoSetCompletionRoutineEx (R-IRP-24), a work routine
/// queued by IoQueueWorkItem (R-WRK-1).
void hold_driver(PDRIVER_OBJECT driver);
void release_driver(PDRIVER_OBJECT driver);
/// Returns once nothing holds the driver. PASSIVE_LEVEL.
void wait_until_unloadable(PDRIVER_OBJECT driver);

}  // namespace p2p::io
