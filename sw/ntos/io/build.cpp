// IoBuildXxx: threaded requests made by drivers.
#include "sw/ntos/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/io/buffers.h"

namespace p2p::io {

// R-IRP-65.
NTSTATUS attach_control_buffers(PIRP irp, PIO_STACK_LOCATION location, ULONG code, void* input, ULONG input_bytes,
                                void* output, ULONG output_bytes) {
  location->Parameters.DeviceIoControl.IoControlCode = code;
  location->Parameters.DeviceIoControl.InputBufferLength = input_bytes;
  location->Parameters.DeviceIoControl.OutputBufferLength = output_bytes;
  irp->UserBuffer = output;
  const ULONG method = code & 3;
  if (method == METHOD_NEITHER) {
    location->Parameters.DeviceIoControl.Type3InputBuffer = input;
    return STATUS_SUCCESS;
  }
  const ULONG system_bytes = method == METHOD_BUFFERED && output_bytes > input_bytes ? output_bytes : input_bytes;
  if (system_bytes != 0) {
    irp->AssociatedIrp.SystemBuffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, system_bytes, 0x20536F49);
    if (irp->AssociatedIrp.SystemBuffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (input_bytes != 0) std::memcpy(irp->AssociatedIrp.SystemBuffer, input, input_bytes);
    if (method == METHOD_BUFFERED && output_bytes != 0) irp->Flags |= IRP_INPUT_OPERATION;
  }
  if (method != METHOD_BUFFERED && output_bytes != 0) {
    PMDL mdl = IoAllocateMdl(output, output_bytes, FALSE, FALSE, irp);
    if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    MmProbeAndLockPages(mdl, irp->RequestorMode, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
  }
  return STATUS_SUCCESS;
}

void discard(PIRP irp) {
  if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) ExFreePool(irp->AssociatedIrp.SystemBuffer);
  if (irp->MdlAddress != nullptr) IoFreeMdl(irp->MdlAddress);
  free_irp(irp);
}

}  // namespace p2p::io

using namespace p2p;

namespace {
/// Queues a driver-built IRP to the caller, who sends it with IoCallDriver.
PIRP own(PIRP irp, PKEVENT event, PIO_STATUS_BLOCK iosb) {
  irp->UserEvent = event;
  irp->UserIosb = iosb;
  io::IrpInfo* info = io::irp_info(irp);
  info->event = event;
  info->thread = ke::current_thread();
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(info->thread);
  InsertTailList(&info->thread->irp_list, &irp->ThreadListEntry);
  return irp;
}
}  // namespace

extern "C" {

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP irp = io::allocate_irp(DeviceObject->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return nullptr;
  irp->RequestorMode = KernelMode;  // R-IRP-57
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  if (!NT_SUCCESS(io::attach_control_buffers(irp, location, IoControlCode, InputBuffer, InputBufferLength, OutputBuffer,
                                             OutputBufferLength))) {
    io::discard(irp);
    return nullptr;
  }
  return own(irp, Event, IoStatusBlock);
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
  if (MajorFunction != IRP_MJ_PNP && MajorFunction != IRP_MJ_FLUSH_BUFFERS && MajorFunction != IRP_MJ_SHUTDOWN &&
      MajorFunction != IRP_MJ_READ && MajorFunction != IRP_MJ_WRITE) {
    return nullptr;  // R-IRP-58
  }
  PIRP irp = io::allocate_irp(DeviceObject->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return nullptr;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = static_cast<UCHAR>(MajorFunction);
  if (MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE) {
    location->Parameters.Read.Length = Length;
    if (StartingOffset != nullptr) location->Parameters.Read.ByteOffset = *StartingOffset;
    irp->UserBuffer = Buffer;
  }
  return own(irp, Event, IoStatusBlock);
}

}  // extern "C"
