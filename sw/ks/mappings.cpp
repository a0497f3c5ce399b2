// Generated DMA mappings of a frame (R-MAP-1, R-MAP-2).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
VOID NTAPI take_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  *static_cast<PSCATTER_GATHER_LIST*>(context) = list;
}
}  // namespace

NTSTATUS Queue::make_mappings(Frame& frame) {
  if (frame.list != nullptr) return STATUS_SUCCESS;
  Device& device = *pin_.filter->factory->device;
  if (device.adapter == nullptr) {
    ntos::bug_check(0xC4, 0x81009, 0, 0, 0, "KsDeviceRegisterAdapterObject",
                    "a pin with KSPIN_FLAG_GENERATE_MAPPINGS streams before an adapter object was registered");
  }
  PSCATTER_GATHER_LIST list = nullptr;
  const NTSTATUS status = device.adapter->DmaOperations->GetScatterGatherList(
      device.adapter, device.pub.FunctionalDeviceObject, frame.mdl, MmGetMdlVirtualAddress(frame.mdl),
      MmGetMdlByteCount(frame.mdl), take_list, &list, pin_.pub.DataFlow == KSPIN_DATAFLOW_IN);
  if (!NT_SUCCESS(status)) return status;
  // No list yet: map registers are short and the adapter would deliver it later, to nobody.
  if (list == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  frame.list = list;
  const ULONG most = device.max_mapping_bytes != 0 ? device.max_mapping_bytes : MAXULONG;
  for (ULONG i = 0; i < list->NumberOfElements; ++i) {
    ULONG left = list->Elements[i].Length;
    LONGLONG address = list->Elements[i].Address.QuadPart;
    while (left != 0) {
      const ULONG piece = left < most ? left : most;
      frame.mappings.resize(frame.mappings.size() + device.mapping_stride);
      auto* mapping = reinterpret_cast<PKSMAPPING>(frame.mappings.data() +
                                                   std::size_t{frame.mapping_count} * device.mapping_stride);
      mapping->PhysicalAddress.QuadPart = address;
      mapping->ByteCount = piece;
      ++frame.mapping_count;
      address += piece;
      left -= piece;
    }
  }
  return STATUS_SUCCESS;
}

void Queue::drop_mappings(Frame& frame) {
  if (frame.list == nullptr) return;
  Device& device = *pin_.filter->factory->device;
  device.adapter->DmaOperations->PutScatterGatherList(device.adapter, frame.list,
                                                      pin_.pub.DataFlow == KSPIN_DATAFLOW_IN);
  frame.list = nullptr;
}

}  // namespace p2p::ks
