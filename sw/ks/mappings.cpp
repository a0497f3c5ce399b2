// Generated DMA mappings of a frame (R-MAP-1, R-MAP-2).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

/// A scatter/gather list on its way. The adapter delivers it at once or, when map registers are short, later: from
/// somebody's PutScatterGatherList, with who knows which locks held, so that a DPC goes on from there.
struct Queue::LateList {
  Queue* queue;
  std::uint64_t frame;
  bool at_once = true;
  PSCATTER_GATHER_LIST list = nullptr;
  KDPC dpc;
};

VOID NTAPI Queue::take_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  auto* request = static_cast<LateList*>(context);
  request->list = list;
  if (request->at_once) return;
  KeInitializeDpc(&request->dpc, late_list_dpc, request);
  KeInsertQueueDpc(&request->dpc, nullptr, nullptr);
}

VOID NTAPI Queue::late_list_dpc(PKDPC dpc, PVOID context, PVOID, PVOID) {
  UNREFERENCED_PARAMETER(dpc);
  const std::unique_ptr<LateList> request(static_cast<LateList*>(context));
  request->queue->list_arrived(request->frame, request->list);
}

void Queue::list_arrived(std::uint64_t frame_number, PSCATTER_GATHER_LIST list) {
  {
    Guard guard(*this);
    for (auto& frame : frames_) {
      if (frame->number != frame_number) continue;
      frame->list = list;
      frame->list_requested = false;
      if (list != nullptr) fill_mappings(*frame);
      release_if_done(frame.get());
      break;
    }
  }
  release_finished();
  initiate_processing(pin_);  // whoever could not lock the frame has given up
  Guard guard(*this);
  --late_lists_;
  set_quiet();
}

NTSTATUS Queue::make_mappings(Frame& frame) {
  if (frame.list != nullptr) return STATUS_SUCCESS;
  if (frame.list_requested) return STATUS_INSUFFICIENT_RESOURCES;
  Device& device = *pin_.filter->factory->device;
  if (device.adapter == nullptr) {
    violation(0x81009, 0, 0, 0, "KsDeviceRegisterAdapterObject",
              "a pin with KSPIN_FLAG_GENERATE_MAPPINGS streams before an adapter object was registered");
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  const bool to_device = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN;
  // A circuit's MDL describes its whole buffer, of which a write may use a part.
  const ULONG whole = MmGetMdlByteCount(frame.mdl);
  const ULONG bytes = to_device && frame.header->DataUsed < whole ? frame.header->DataUsed : whole;
  auto request = std::make_unique<LateList>();
  request->queue = this;
  request->frame = frame.number;
  const NTSTATUS status = device.adapter->DmaOperations->GetScatterGatherList(
      device.adapter, device.pub.FunctionalDeviceObject, frame.mdl, MmGetMdlVirtualAddress(frame.mdl), bytes, take_list,
      request.get(), to_device);
  if (!NT_SUCCESS(status)) return status;
  if (request->list == nullptr) {
    request->at_once = false;
    frame.list_requested = true;
    ++late_lists_;
    KeClearEvent(&quiet_);
    static_cast<void>(request.release());  // take_list deletes it
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  frame.list = request->list;
  fill_mappings(frame);
  return STATUS_SUCCESS;
}

void Queue::fill_mappings(Frame& frame) {
  const Device& device = *pin_.filter->factory->device;
  const ULONG most = device.max_mapping_bytes != 0 ? device.max_mapping_bytes : MAXULONG;
  for (ULONG i = 0; i < frame.list->NumberOfElements; ++i) {
    ULONG left = frame.list->Elements[i].Length;
    LONGLONG address = frame.list->Elements[i].Address.QuadPart;
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
}

void Queue::drop_mappings(Frame& frame) {
  if (frame.list == nullptr) return;
  Device& device = *pin_.filter->factory->device;
  device.adapter->DmaOperations->PutScatterGatherList(device.adapter, frame.list,
                                                      pin_.pub.DataFlow == KSPIN_DATAFLOW_IN);
  frame.list = nullptr;
}

}  // namespace p2p::ks
