// Buffers of requests. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// Fills the location's DeviceIoControl parameters and the IRP's buffers as the code's transfer method asks (R-IRP-65).
/// STATUS_INSUFFICIENT_RESOURCES without memory, STATUS_ACCESS_VIOLATION for a buffer that is no memory.
NTSTATUS attach_control_buffers(PIRP irp, PIO_STACK_LOCATION location, ULONG code, void* input, ULONG input_bytes,
                                void* output, ULONG output_bytes);
/// The buffer of a read or write, as the flags of the device it goes to ask (R-IRP-60). Same statuses.
NTSTATUS attach_transfer_buffer(PIRP irp, ULONG device_flags, bool write, void* buffer, ULONG bytes);
/// Frees what the two above attached.
void free_buffers(PIRP irp);
/// Frees an IRP that was never sent, with its buffers.
void discard(PIRP irp);

}  // namespace p2p::io
