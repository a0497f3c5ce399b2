// KsProbeStreamIrp: the headers of a streaming request, and memory for their data (R-PRB-1..3).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"

using namespace p2p;

namespace {
constexpr ULONG kHeaderTag = 0x7268734B;

bool is_write(ULONG flags) { return (flags & KSPROBE_STREAMWRITE) != 0; }

/// A header that announces a new format instead of data: alone, not extended, where the caller allows it.
bool is_format_change(const KSSTREAM_HEADER& header) {
  return (header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_TYPECHANGED) != 0;
}

NTSTATUS check_header(const KSSTREAM_HEADER& header, ULONG flags, ULONG header_size, bool alone) {
  if (is_format_change(header) && is_write(flags)) {
    if ((flags & KSPROBE_ALLOWFORMATCHANGE) == 0 || !alone || header.Size != sizeof(KSSTREAM_HEADER)) {
      return STATUS_INVALID_PARAMETER;
    }
  } else if (header_size != 0 && header.Size != header_size) {
    return STATUS_INVALID_BUFFER_SIZE;
  }
  // R-HDR-2: a read comes with empty frames.
  const bool data_ok = is_write(flags) ? header.DataUsed <= header.FrameExtent : header.DataUsed == 0;
  return data_ok ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS check_headers(const UCHAR* first, ULONG bytes, ULONG flags, ULONG header_size) {
  const UCHAR* end = first + bytes;
  for (const UCHAR* at = first; at < end;) {
    const auto left = static_cast<std::size_t>(end - at);
    if (left < sizeof(KSSTREAM_HEADER)) return STATUS_INVALID_BUFFER_SIZE;
    const auto& header = *reinterpret_cast<const KSSTREAM_HEADER*>(at);
    if (header.Size < sizeof(KSSTREAM_HEADER) || header.Size > left || header.Size % 8 != 0) {
      return STATUS_INVALID_BUFFER_SIZE;
    }
    const NTSTATUS status = check_header(header, flags, header_size, header.Size == bytes);
    if (!NT_SUCCESS(status)) return status;
    at += header.Size;
  }
  return STATUS_SUCCESS;
}

NTSTATUS copy_headers(PIRP irp, ULONG bytes, ULONG flags, ULONG header_size) {
  if (irp->UserBuffer == nullptr || bytes == 0) return STATUS_INVALID_BUFFER_SIZE;
  PVOID copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kHeaderTag);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(copy, irp->UserBuffer, bytes);
  irp->AssociatedIrp.SystemBuffer = copy;
  irp->Flags |= IRP_DEALLOCATE_BUFFER;
  return check_headers(static_cast<const UCHAR*>(copy), bytes, flags, header_size);
}

NTSTATUS lock(PIRP irp, PMDL mdl, ULONG flags) {
  // KsStreamIo's mark for data that its caller has in nonpaged memory.
  if (irp->RequestorMode == KernelMode && (irp->Flags & IRP_NOCACHE) != 0) {
    MmBuildMdlForNonPagedPool(mdl);
    return STATUS_SUCCESS;
  }
  const LOCK_OPERATION operation = !is_write(flags)                ? IoWriteAccess
                                   : (flags & KSPROBE_MODIFY) != 0 ? IoModifyAccess
                                                                   : IoReadAccess;
  const NTSTATUS status = ntos::probe_and_lock(mdl, irp->RequestorMode, operation);
  if (!NT_SUCCESS(status) || (flags & KSPROBE_SYSTEMADDRESS) == 0) return status;
  return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) != nullptr ? STATUS_SUCCESS
                                                                          : STATUS_INSUFFICIENT_RESOURCES;
}
}  // namespace

extern "C" {

// What it has built by the time it fails goes with the IRP.
NTSTATUS NTAPI KsProbeStreamIrp(PIRP Irp, ULONG ProbeFlags, ULONG HeaderSize) {
  const ULONG bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength;
  if (Irp->AssociatedIrp.SystemBuffer == nullptr) {
    const NTSTATUS status = copy_headers(Irp, bytes, ProbeFlags, HeaderSize);
    if (!NT_SUCCESS(status)) return status;
  }
  if ((ProbeFlags & KSPROBE_ALLOCATEMDL) == 0 || Irp->MdlAddress != nullptr) return STATUS_SUCCESS;
  auto* at = static_cast<UCHAR*>(Irp->AssociatedIrp.SystemBuffer);
  for (const UCHAR* end = at + bytes; at < end; at += reinterpret_cast<PKSSTREAM_HEADER>(at)->Size) {
    auto* header = reinterpret_cast<PKSSTREAM_HEADER>(at);
    const ULONG extent = is_write(ProbeFlags) ? header->DataUsed : header->FrameExtent;
    if (extent == 0) continue;
    PMDL mdl = IoAllocateMdl(header->Data, extent, Irp->MdlAddress != nullptr, FALSE, Irp);
    if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    if ((ProbeFlags & KSPROBE_PROBEANDLOCK) == 0) continue;
    const NTSTATUS status = lock(Irp, mdl, ProbeFlags);
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

}  // extern "C"
