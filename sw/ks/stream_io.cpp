// KsStreamIo and KsSynchronousIoControlDevice: streaming for kernel clients (R-SIO-1..20).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"

namespace {
/// The fast path, if the driver has one and the modes allow it (R-SIO-2, R-SIO-3).
bool try_fast_io(PFILE_OBJECT file, PDEVICE_OBJECT device, KPROCESSOR_MODE mode, ULONG code, PVOID in, ULONG in_bytes,
                 PVOID out, ULONG out_bytes, PIO_STATUS_BLOCK iosb) {
  if (mode != KernelMode && p2p::ntos::previous_mode() == KernelMode) return false;
  PFAST_IO_DISPATCH fast = device->DriverObject->FastIoDispatch;
  if (fast == nullptr || fast->FastIoDeviceControl == nullptr) return false;
  return fast->FastIoDeviceControl(file, TRUE, in, in_bytes, out, out_bytes, code, iosb, device) != FALSE;
}

bool try_fast_transfer(PFILE_OBJECT file, PDEVICE_OBJECT device, bool write, KPROCESSOR_MODE mode, PVOID buffer,
                       ULONG bytes, ULONG key, PIO_STATUS_BLOCK iosb) {
  if (mode != KernelMode && p2p::ntos::previous_mode() == KernelMode) return false;
  PFAST_IO_DISPATCH fast = device->DriverObject->FastIoDispatch;
  if (fast == nullptr) return false;
  const auto routine = write ? fast->FastIoWrite : fast->FastIoRead;
  if (routine == nullptr) return false;
  return routine(file, &file->CurrentByteOffset, bytes, TRUE, key, buffer, iosb, device) != FALSE;
}

NTSTATUS transfer(PFILE_OBJECT file, bool write, PKEVENT event, PVOID port_context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                  ULONG bytes, ULONG key, KPROCESSOR_MODE mode) {
  p2p::ks::require_passive(write ? "KsWriteFile" : "KsReadFile");
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
  if (try_fast_transfer(file, device, write, mode, buffer, bytes, key, iosb)) {
    if (event != nullptr) KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return iosb->Status;
  }
  return p2p::ntos::send_transfer_irp(file, device, write, buffer, bytes, key, event, port_context, iosb, mode);
}
}  // namespace

extern "C" {

NTSTATUS NTAPI KsStreamIo(PFILE_OBJECT FileObject, PKEVENT Event, PVOID PortContext,
                          PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID CompletionContext,
                          KSCOMPLETION_INVOCATION CompletionInvocationFlags, PIO_STATUS_BLOCK IoStatusBlock,
                          PVOID StreamHeaders, ULONG Length, ULONG Flags, KPROCESSOR_MODE RequestorMode) {
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(FileObject);
  const ULONG code = (Flags & KSSTREAM_WRITE) != 0 ? IOCTL_KS_WRITE_STREAM : IOCTL_KS_READ_STREAM;  // R-SIO-12
  // A caller with a completion routine needs an IRP to complete (R-SIO-3).
  if (CompletionRoutine == nullptr &&
      try_fast_io(FileObject, device, RequestorMode, code, nullptr, 0, StreamHeaders, Length, IoStatusBlock)) {
    if (Event != nullptr) KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return IoStatusBlock->Status;
  }
  const bool synchronous = (Flags & KSSTREAM_SYNCHRONOUS) != 0;
  const ULONG irp_flags = ((Flags & KSSTREAM_NONPAGED_DATA) != 0 ? IRP_NOCACHE : 0) |  // see KsProbeStreamIrp
                          (synchronous ? IRP_SYNCHRONOUS_API : 0);                     // R-SIO-12
  NTSTATUS status = p2p::ntos::send_stream_irp(
      FileObject, device, code, StreamHeaders, Length, Event, !synchronous, PortContext, CompletionRoutine,
      CompletionContext, static_cast<unsigned>(CompletionInvocationFlags), IoStatusBlock, RequestorMode, irp_flags);
  if (status == STATUS_PENDING && synchronous && Event == nullptr) {  // R-SIO-13
    KeWaitForSingleObject(&FileObject->Event, Executive, KernelMode, FALSE, nullptr);
    status = IoStatusBlock->Status;
  }
  return status;
}

/// Event: allocated by the object manager, NULL on synchronous files, whose callers take turns by themselves
/// (R-SIO-14). STATUS_PENDING, the driver's status, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI KsReadFile(PFILE_OBJECT FileObject, PKEVENT Event, PVOID PortContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PVOID Buffer, ULONG Length, ULONG Key, KPROCESSOR_MODE RequestorMode) {
  return transfer(FileObject, false, Event, PortContext, IoStatusBlock, Buffer, Length, Key, RequestorMode);
}

/// The same for writing.
NTSTATUS NTAPI KsWriteFile(PFILE_OBJECT FileObject, PKEVENT Event, PVOID PortContext, PIO_STATUS_BLOCK IoStatusBlock,
                           PVOID Buffer, ULONG Length, ULONG Key, KPROCESSOR_MODE RequestorMode) {
  return transfer(FileObject, true, Event, PortContext, IoStatusBlock, Buffer, Length, Key, RequestorMode);
}

NTSTATUS NTAPI KsSynchronousIoControlDevice(PFILE_OBJECT FileObject, KPROCESSOR_MODE RequestorMode, ULONG IoControl,
                                            PVOID InBuffer, ULONG InSize, PVOID OutBuffer, ULONG OutSize,
                                            PULONG BytesReturned) {
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
    p2p::ks::violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs",
                       "KsSynchronousIoControlDevice above PASSIVE_LEVEL");
  }
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(FileObject);
  IO_STATUS_BLOCK iosb{};
  if (try_fast_io(FileObject, device, RequestorMode, IoControl, InBuffer, InSize, OutBuffer, OutSize, &iosb)) {
    *BytesReturned = static_cast<ULONG>(iosb.Information);
    return iosb.Status;
  }
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp =
      IoBuildDeviceIoControlRequest(IoControl, device, InBuffer, InSize, OutBuffer, OutSize, FALSE, &done, &iosb);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->RequestorMode = RequestorMode;
  IoGetNextIrpStackLocation(irp)->FileObject = FileObject;  // R-SIO-20
  NTSTATUS status = IoCallDriver(device, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
  }
  *BytesReturned = static_cast<ULONG>(iosb.Information);
  return status;
}

}  // extern "C"
