// The IRPs a thread has issued. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// Takes a threaded IRP off its thread's list; tells a thread that waits for its last one.
void unlink_from_thread(PIRP irp);

}  // namespace p2p::io
