// Properties and methods without an IRP (R-PROP-6). Needs sw/ks/ddk.h before it.
#pragma once

namespace p2p::ks {

/// FAST_IO_DISPATCH.FastIoDeviceControl of AVStream drivers: TRUE if a fast handler of the object's tables did the
/// request, else an IRP has to. PASSIVE_LEVEL.
BOOLEAN NTAPI fast_device_control(PFILE_OBJECT file, BOOLEAN wait, PVOID in, ULONG in_bytes, PVOID out, ULONG out_bytes,
                                  ULONG code, PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device);
/// The table for DRIVER_OBJECT.FastIoDispatch.
PFAST_IO_DISPATCH fast_io_dispatch();

}  // namespace p2p::ks
