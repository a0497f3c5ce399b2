// Buffers of a device control request. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// Fills the location's DeviceIoControl parameters and the IRP's buffers as the code's transfer method asks (R-IRP-65).
NTSTATUS attach_control_buffers(PIRP irp, PIO_STACK_LOCATION location, ULONG code, void* input, ULONG input_bytes,
                                void* output, ULONG output_bytes);
/// Frees an IRP that was never sent, with its buffers.
void discard(PIRP irp);

}  // namespace p2p::io
