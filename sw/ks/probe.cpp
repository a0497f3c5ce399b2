// Streaming requests: KsProbeStreamIrp and the pin's entry.
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
constexpr ULONG kHeaderTag = 0x7268734B;

/// Checks the copied headers (R-PRB-3); returns how many.
NTSTATUS validate(PIRP irp, ULONG bytes, ULONG header_size, bool write, ULONG* count) {
  auto* at = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
  const UCHAR* end = at + bytes;
  *count = 0;
  while (at < end) {
    auto* header = reinterpret_cast<PKSSTREAM_HEADER>(at);
    if (static_cast<std::size_t>(end - at) < sizeof(KSSTREAM_HEADER) || header->Size < sizeof(KSSTREAM_HEADER) ||
        header->Size > static_cast<std::size_t>(end - at) || header->Size % 8 != 0) {
      return STATUS_INVALID_BUFFER_SIZE;
    }
    if (header_size != 0 && header->Size != header_size) return STATUS_INVALID_BUFFER_SIZE;
    if (write ? header->DataUsed > header->FrameExtent : header->DataUsed != 0)
      return STATUS_INVALID_PARAMETER;  // R-HDR-2
    at += header->Size;
    ++*count;
  }
  return *count != 0 ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE;
}
}  // namespace

NTSTATUS stream_request(Pin& pin, PIRP irp, bool write) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (pin.pub.ResetState == KSRESET_BEGIN) return complete(irp, STATUS_DEVICE_NOT_READY);  // R-IOS-3
  if (write != (pin.pub.DataFlow == KSPIN_DATAFLOW_IN)) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (pin.queue == nullptr) return complete(irp, STATUS_INVALID_DEVICE_STATE);  // R-ST-7
  const NTSTATUS status = KsProbeStreamIrp(irp,
                                           (write ? KSPROBE_STREAMWRITE : KSPROBE_STREAMREAD) | KSPROBE_ALLOCATEMDL |
                                               KSPROBE_PROBEANDLOCK | KSPROBE_SYSTEMADDRESS,
                                           pin.pub.StreamHeaderSize);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  const ULONG bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  ULONG count = 0;
  validate(irp, bytes, pin.pub.StreamHeaderSize, write, &count);
  const bool trigger = pin.queue->insert(irp, bytes, count) ||
                       (pin.pub.Descriptor->Flags & KSPIN_FLAG_INITIATE_PROCESSING_ON_EVERY_ARRIVAL) != 0;
  if (trigger && (pin.pub.Descriptor->Flags & KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING) == 0) {
    attempt_processing(pin, (pin.pub.Descriptor->Flags & KSPIN_FLAG_ASYNCHRONOUS_PROCESSING) != 0);
  }
  return STATUS_PENDING;
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

// R-PRB-1, R-PRB-2: copies the headers, builds and locks MDLs as the flags ask. Idempotent.
NTSTATUS NTAPI KsProbeStreamIrp(PIRP Irp, ULONG ProbeFlags, ULONG HeaderSize) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  const ULONG bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  const bool write = (ProbeFlags & KSPROBE_STREAMWRITE) != 0;
  if (Irp->AssociatedIrp.SystemBuffer == nullptr) {
    if (Irp->UserBuffer == nullptr || bytes == 0) return STATUS_INVALID_BUFFER_SIZE;
    PVOID copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kHeaderTag);
    if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    std::memcpy(copy, Irp->UserBuffer, bytes);
    Irp->AssociatedIrp.SystemBuffer = copy;
    Irp->Flags |= IRP_DEALLOCATE_BUFFER;
    ULONG count = 0;
    const NTSTATUS status = validate(Irp, bytes, HeaderSize, write, &count);
    if (!NT_SUCCESS(status)) return status;
  }
  if ((ProbeFlags & KSPROBE_ALLOCATEMDL) == 0 || Irp->MdlAddress != nullptr) return STATUS_SUCCESS;
  auto* at = static_cast<UCHAR*>(Irp->AssociatedIrp.SystemBuffer);
  for (const UCHAR* end = at + bytes; at < end; at += reinterpret_cast<PKSSTREAM_HEADER>(at)->Size) {
    auto* header = reinterpret_cast<PKSSTREAM_HEADER>(at);
    const ULONG extent = write ? header->DataUsed : header->FrameExtent;
    if (extent == 0) continue;
    PMDL mdl = IoAllocateMdl(header->Data, extent, Irp->MdlAddress != nullptr, FALSE, Irp);
    if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    if ((ProbeFlags & KSPROBE_PROBEANDLOCK) == 0) continue;
    MmProbeAndLockPages(mdl, Irp->RequestorMode, write ? IoReadAccess : IoWriteAccess);
    if ((ProbeFlags & KSPROBE_SYSTEMADDRESS) != 0 && MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == nullptr) {
      return STATUS_INSUFFICIENT_RESOURCES;
    }
  }
  return STATUS_SUCCESS;
}

}  // extern "C"
