// The kernel's worker threads.
#pragma once

#include <cstddef>
#include <functional>

namespace p2p::ex {

/// Runs `work` at PASSIVE_LEVEL in a worker thread, in order of queueing. `routine` is the driver's, if it is one's.
/// IRQL <= DISPATCH_LEVEL.
void queue_work(std::function<void()> work, const void* routine = nullptr);
/// The same in a thread that runs before the others' work; for CriticalWorkQueue.
void queue_critical_work(std::function<void()> work, const void* routine = nullptr);

/// A driver's routine inside a block of memory that is queued, or runs now; nullptr if there is none.
const void* work_routine_in(const void* base, std::size_t bytes);

}  // namespace p2p::ex
