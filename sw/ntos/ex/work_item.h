// The kernel's worker threads.
#pragma once

#include <functional>

namespace p2p::ex {

/// Runs `work` at PASSIVE_LEVEL in a worker thread, in order of queueing. IRQL <= DISPATCH_LEVEL.
void queue_work(std::function<void()> work);
/// The same in a thread that runs before the others' work; for CriticalWorkQueue.
void queue_critical_work(std::function<void()> work);

}  // namespace p2p::ex
