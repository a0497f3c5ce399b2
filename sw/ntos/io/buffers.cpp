#include "sw/ntos/io/verify.h"

#include <cstring>

#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/mm/mdl.h"

namespace p2p::io {

namespace {
constexpr ULONG kBufferTag = 0x20536F49;  // "IoS "

NTSTATUS attach_system_buffer(PIRP irp, const void* input, ULONG input_bytes, ULONG output_bytes) {
  const ULONG bytes = output_bytes > input_bytes ? output_bytes : input_bytes;
  if (bytes == 0) return STATUS_SUCCESS;
  irp->AssociatedIrp.SystemBuffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kBufferTag);
  if (irp->AssociatedIrp.SystemBuffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  if (input_bytes != 0) std::memcpy(irp->AssociatedIrp.SystemBuffer, input, input_bytes);
  if (output_bytes != 0) irp->Flags |= IRP_INPUT_OPERATION;
  irp_info(irp)->system_buffer = irp->AssociatedIrp.SystemBuffer;
  irp_info(irp)->output_bytes = output_bytes;
  return STATUS_SUCCESS;
}

NTSTATUS attach_locked_pages(PIRP irp, void* buffer, ULONG bytes, LOCK_OPERATION operation) {
  if (bytes == 0) return STATUS_SUCCESS;
  PMDL mdl = IoAllocateMdl(buffer, bytes, FALSE, FALSE, irp);
  if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (!mm::lockable(mdl, irp->RequestorMode)) return STATUS_ACCESS_VIOLATION;
  MmProbeAndLockPages(mdl, irp->RequestorMode, operation);
  return STATUS_SUCCESS;
}
}  // namespace

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
  const NTSTATUS status = attach_system_buffer(irp, input, input_bytes, method == METHOD_BUFFERED ? output_bytes : 0);
  if (!NT_SUCCESS(status) || method == METHOD_BUFFERED) return status;
  return attach_locked_pages(irp, output, output_bytes, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
}

NTSTATUS attach_transfer_buffer(PIRP irp, ULONG device_flags, bool write, void* buffer, ULONG bytes) {
  irp->UserBuffer = buffer;
  if ((device_flags & DO_BUFFERED_IO) != 0)
    return attach_system_buffer(irp, buffer, write ? bytes : 0, write ? 0 : bytes);
  // A device that is written to reads the buffer.
  if ((device_flags & DO_DIRECT_IO) != 0)
    return attach_locked_pages(irp, buffer, bytes, write ? IoReadAccess : IoWriteAccess);
  return STATUS_SUCCESS;
}

void free_buffers(PIRP irp) {
  if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) ExFreePool(irp->AssociatedIrp.SystemBuffer);
  irp->Flags &= ~static_cast<ULONG>(IRP_DEALLOCATE_BUFFER);
  for (PMDL mdl = irp->MdlAddress; mdl != nullptr;) {
    PMDL next = mdl->Next;
    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    mdl = next;
  }
  irp->MdlAddress = nullptr;
}

void discard(PIRP irp) {
  free_buffers(irp);
  free_irp(irp);
}

}  // namespace p2p::io
