// IoBuildXxx: requests made by drivers.
#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/irql.h"

using namespace p2p;
using ke::value_of;

namespace {
/// Queues a driver-built IRP to the caller, who sends it with IoCallDriver.
PIRP own(PIRP irp, PKEVENT event, PIO_STATUS_BLOCK iosb) {
  irp->UserEvent = event;
  irp->UserIosb = iosb;
  io::irp_info(irp)->event = event;
  io::irp_info(irp)->frame = __builtin_frame_address(0);
  io::queue_to_thread(irp);
  ++ke::current_thread()->built_irps;
  return irp;
}

/// R-IRP-58, R-IRP-60. nullptr if the function is none of the allowed ones, or without memory.
PIRP build_transfer(ULONG major, PDEVICE_OBJECT device, void* buffer, ULONG bytes, PLARGE_INTEGER offset,
                    io::IrpKind kind) {
  const bool transfer = major == IRP_MJ_READ || major == IRP_MJ_WRITE;
  if (!transfer && major != IRP_MJ_PNP && major != IRP_MJ_FLUSH_BUFFERS && major != IRP_MJ_SHUTDOWN) return nullptr;
  constexpr ULONG kBoth = DO_BUFFERED_IO | DO_DIRECT_IO;
  io::verify((device->Flags & kBoth) != kBoth, 0x245, value_of(device->DriverObject), value_of(device), 0,
             "DeviceFlags", "a device object has both DO_BUFFERED_IO and DO_DIRECT_IO");
  PIRP irp = io::allocate_irp(device->StackSize, kind);
  if (irp == nullptr) return nullptr;
  io::irp_info(irp)->built = true;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = static_cast<UCHAR>(major);
  if (!transfer) return irp;
  location->Parameters.Read.Length = bytes;  // where Write.Length is too
  if (offset != nullptr) location->Parameters.Read.ByteOffset = *offset;
  const NTSTATUS status = io::attach_transfer_buffer(irp, device->Flags, major == IRP_MJ_WRITE, buffer, bytes);
  io::verify(status != STATUS_ACCESS_VIOLATION, 0x08, value_of(device), major, static_cast<ULONG>(status),
             "IoBuildFsdRequest", "IoBuildXxxFsdRequest with a buffer that is no memory");
  if (NT_SUCCESS(status)) return irp;
  io::discard(irp);
  return nullptr;
}
}  // namespace

extern "C" {

// R-IRP-57.
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP irp = io::allocate_irp(DeviceObject->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return nullptr;
  io::irp_info(irp)->built = true;
  irp->RequestorMode = KernelMode;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  const NTSTATUS status = io::attach_control_buffers(irp, location, IoControlCode, InputBuffer, InputBufferLength,
                                                     OutputBuffer, OutputBufferLength);
  io::verify(status != STATUS_ACCESS_VIOLATION, 0x09, value_of(DeviceObject), IoControlCode, static_cast<ULONG>(status),
             "IoBuildDeviceIoControlRequest", "IoBuildDeviceIoControlRequest with a buffer that is no memory");
  if (NT_SUCCESS(status)) return own(irp, Event, IoStatusBlock);
  io::discard(irp);
  return nullptr;
}

// R-IRP-51, R-IRP-58.
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP irp = build_transfer(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, io::IrpKind::kThreaded);
  return irp != nullptr ? own(irp, Event, IoStatusBlock) : nullptr;
}

// R-IRP-59: not the thread's, although it names the thread.
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                         PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP irp = build_transfer(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, io::IrpKind::kAllocated);
  if (irp == nullptr) return nullptr;
  irp->UserIosb = IoStatusBlock;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(ke::current_thread());
  return irp;
}

}  // extern "C"
