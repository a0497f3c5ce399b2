// The IRPs behind KsStreamIo, KsReadFile and KsWriteFile.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/file_turn.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/ob/object.h"

namespace p2p::ntos {

namespace {
/// A threaded IRP for `file`, with what its completion tells whom. nullptr without memory.
PIRP make_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, PKEVENT event, bool event_is_object, void* port_context,
              PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode) {
  PIRP irp = io::allocate_irp(device->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return nullptr;
  io::IrpInfo* info = io::irp_info(irp);
  info->built = true;
  info->frame = __builtin_frame_address(0);  // R-SIO-10: the caller's status block may not go before the answer comes
  ob::reference(file);
  info->file = file;
  info->event = event;
  info->event_referenced = event != nullptr && event_is_object;  // R-SIO-5
  if (info->event_referenced) ob::reference(event);
  info->apc_context = port_context;  // R-SIO-7
  irp->RequestorMode = mode;
  irp->UserIosb = iosb;
  irp->UserEvent = event;
  irp->Overlay.AsynchronousParameters.UserApcContext = port_context;
  irp->Tail.Overlay.OriginalFileObject = file;
  IoGetNextIrpStackLocation(irp)->FileObject = file;
  return irp;
}

/// Sends, and waits if the file is synchronous.
NTSTATUS send_and_wait(PFILE_OBJECT file, PDEVICE_OBJECT device, PKEVENT event, PIRP irp) {
  if (event != nullptr) KeClearEvent(event);
  KeClearEvent(&file->Event);  // R-SIO-14
  ++ke::current_thread()->built_irps;
  NTSTATUS status = io::send(device, irp);
  if (status == STATUS_PENDING && (file->Flags & FO_SYNCHRONOUS_IO) != 0) {
    KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
    status = file->FinalStatus;
  }
  return status;
}

/// R-SIO-11: whoever completes the request may touch the headers at DISPATCH_LEVEL, where paged pool may be out.
void check_headers(const void* headers, KPROCESSOR_MODE mode) {
  if (!verifier_enabled() || mode != KernelMode || !ex::pool_is_paged(headers)) return;
  bug_check(0x0A, ke::value_of(headers), DISPATCH_LEVEL, 1, 0, "IRQL_NOT_LESS_OR_EQUAL",
            "the stream headers of a kernel-mode client lie in paged pool, not in nonpaged pool");
}
}  // namespace

NTSTATUS send_stream_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, ULONG code, void* headers, ULONG bytes,
                         PKEVENT event, bool event_is_object, void* port_context, PIO_COMPLETION_ROUTINE routine,
                         void* context, unsigned invocation, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode,
                         ULONG irp_flags) {
  check_headers(headers, mode);
  const io::FileTurn turn(file);
  PIRP irp = make_irp(file, device, event, event_is_object, port_context, iosb, mode);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->Flags |= irp_flags;
  irp->UserBuffer = headers;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->Parameters.DeviceIoControl.IoControlCode = code;
  location->Parameters.DeviceIoControl.OutputBufferLength = bytes;
  if (routine != nullptr) {  // R-SIO-8: the routine of a caller without a location gets a NULL device object
    location->CompletionRoutine = routine;
    location->Context = context;
    location->Control = static_cast<UCHAR>(((invocation & 1) != 0 ? SL_INVOKE_ON_SUCCESS : 0) |
                                           ((invocation & 2) != 0 ? SL_INVOKE_ON_ERROR : 0) |
                                           ((invocation & 4) != 0 ? SL_INVOKE_ON_CANCEL : 0));
  }
  return send_and_wait(file, device, event, irp);
}

NTSTATUS send_transfer_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, bool write, void* buffer, ULONG bytes, ULONG key,
                           PKEVENT event, void* port_context, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode) {
  PIRP irp = make_irp(file, device, event, true, port_context, iosb, mode);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = write ? IRP_MJ_WRITE : IRP_MJ_READ;
  location->Parameters.Read.Length = bytes;  // Write's parameters have the same layout
  location->Parameters.Read.Key = key;
  location->Parameters.Read.ByteOffset = file->CurrentByteOffset;
  const NTSTATUS status = io::attach_transfer_buffer(irp, device->Flags, write, buffer, bytes);
  if (NT_SUCCESS(status)) return send_and_wait(file, device, event, irp);
  io::discard(irp);
  ob::dereference(file);
  if (event != nullptr) ob::dereference(event);
  return status;
}

}  // namespace p2p::ntos
