// Unload protection by IoSetCompletionRoutineEx. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// Returns once no completion routine set by IoSetCompletionRoutineEx for a device of `driver` is outstanding.
/// PASSIVE_LEVEL.
void wait_until_unloadable(PDRIVER_OBJECT driver);

}  // namespace p2p::io
