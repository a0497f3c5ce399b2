// The IRP behind KsStreamIo.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/file_turn.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ob/object.h"

namespace p2p::ntos {

NTSTATUS send_stream_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, ULONG code, void* headers, ULONG bytes,
                         PKEVENT event, bool event_is_object, void* port_context, PIO_COMPLETION_ROUTINE routine,
                         void* context, unsigned invocation, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode,
                         ULONG irp_flags) {
  const io::FileTurn turn(file);
  PIRP irp = io::allocate_irp(device->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  io::IrpInfo* info = io::irp_info(irp);
  ob::reference(file);
  info->file = file;
  info->event = event;
  info->event_referenced = event != nullptr && event_is_object;  // R-SIO-5
  if (info->event_referenced) ob::reference(event);
  info->apc_context = port_context;  // R-SIO-7
  irp->RequestorMode = mode;
  irp->Flags |= irp_flags;
  irp->UserIosb = iosb;
  irp->UserEvent = event;
  irp->UserBuffer = headers;
  irp->Overlay.AsynchronousParameters.UserApcContext = port_context;
  irp->Tail.Overlay.OriginalFileObject = file;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->FileObject = file;
  location->Parameters.DeviceIoControl.IoControlCode = code;
  location->Parameters.DeviceIoControl.OutputBufferLength = bytes;
  if (routine != nullptr) {  // R-SIO-8: the routine of a caller without a location gets a NULL device object
    location->CompletionRoutine = routine;
    location->Context = context;
    location->Control = static_cast<UCHAR>(((invocation & 1) != 0 ? SL_INVOKE_ON_SUCCESS : 0) |
                                           ((invocation & 2) != 0 ? SL_INVOKE_ON_ERROR : 0) |
                                           ((invocation & 4) != 0 ? SL_INVOKE_ON_CANCEL : 0));
  }
  if (event != nullptr) KeClearEvent(event);
  KeClearEvent(&file->Event);  // R-SIO-14
  NTSTATUS status = io::send(device, irp);
  if (status == STATUS_PENDING && (file->Flags & FO_SYNCHRONOUS_IO) != 0) {
    KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
    status = file->FinalStatus;
  }
  return status;
}

}  // namespace p2p::ntos
