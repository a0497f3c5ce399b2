// Requests the I/O manager itself makes and waits for. Needs sw/ntos/ddk.h before it.
#pragma once

#include <functional>

namespace p2p::io {

/// Sends a threaded request to the top of `device`'s stack and waits for its final completion. `fill` sets up the next
/// stack location and the IRP. IRQL PASSIVE_LEVEL. Returns the final status; STATUS_INSUFFICIENT_RESOURCES without
/// memory, unless it must be sent.
enum class Sending : bool { kMayFail, kMustSend };
NTSTATUS request(PDEVICE_OBJECT device, PFILE_OBJECT file, Sending sending,
                 const std::function<void(PIRP, PIO_STACK_LOCATION)>& fill, ULONG_PTR* information = nullptr);

/// Files open anywhere in the stack of `device`, which is its lowest.
unsigned open_files(PDEVICE_OBJECT device);
void file_opened(PFILE_OBJECT file);
void file_closed(PFILE_OBJECT file);
/// Called when the last file of the stack is gone; one slot a stack, cleared when called.
void when_closed(PDEVICE_OBJECT device, std::function<void()> action);

}  // namespace p2p::io
