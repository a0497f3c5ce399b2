// Driver Verifier on single IRPs, whatever they ask for. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/io/irp.h"

namespace p2p::io {

/// No NTSTATUS that anybody defines: a variable that was never set, or another kind of number.
bool suspicious(NTSTATUS status);
/// What a driver must not send, or not like this: requests reserved for the system, user-mode addresses in a KernelMode
/// request, a create on a file that is closed.
void check_new_request(PDEVICE_OBJECT device, PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location);
/// A request that its holder passes on to `device`: to the right one of its stack, with a completion routine that may
/// be called.
void check_passing(PDEVICE_OBJECT device, PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location);
/// Nothing that the calling thread's unfinished requests will write to may lie below `frame` on its stack.
void check_unwound(const void* frame);

}  // namespace p2p::io
