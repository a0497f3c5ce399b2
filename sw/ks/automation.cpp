// The client's buffers and whose tables answer (R-PROP-1, R-PROP-2).
#include "sw/ks/ddk.h"

#include "sw/ks/automation.h"

namespace p2p::ks {

namespace {
constexpr ULONG kControlTag = 0x7070734B;
}  // namespace

NTSTATUS copy_buffers(PIRP irp, ULONG least, Control* control) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  control->in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  control->out_bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  if (control->in_bytes < least) return STATUS_INVALID_BUFFER_SIZE;
  // The value first, because that is what goes back to the client.
  const std::size_t value_bytes = (std::size_t{control->out_bytes} + 7) & ~std::size_t{7};
  auto* buffer =
      static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, value_bytes + control->in_bytes, kControlTag));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  control->request = reinterpret_cast<PKSIDENTIFIER>(buffer + value_bytes);
  std::memcpy(control->request, location->Parameters.DeviceIoControl.Type3InputBuffer, control->in_bytes);
  if (control->out_bytes != 0) {
    control->data = buffer;
    std::memcpy(buffer, irp->UserBuffer, control->out_bytes);
  }
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  irp->IoStatus.Information = 0;
  return STATUS_SUCCESS;
}

Control copied_buffers(PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  Control control;
  control.in_bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  control.out_bytes = location->Parameters.DeviceIoControl.OutputBufferLength;
  auto* buffer = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
  control.request = reinterpret_cast<PKSIDENTIFIER>(buffer + ((std::size_t{control.out_bytes} + 7) & ~std::size_t{7}));
  control.data = control.out_bytes != 0 ? buffer : nullptr;
  return control;
}

bool target_of(const Filter& filter, const Pin* pin, const Control& control, Target* target) {
  const KSFILTER_DESCRIPTOR& descriptor = *filter.pub.Descriptor;
  if ((control.request->Flags & KSPROPERTY_TYPE_TOPOLOGY) == 0) {
    *target = {pin != nullptr ? pin->pub.Descriptor->AutomationTable : descriptor.AutomationTable, false};
    return true;
  }
  // KSP_NODE, KSM_NODE and KSE_NODE are alike.
  if (control.in_bytes < sizeof(KSP_NODE)) return false;
  const ULONG id = reinterpret_cast<const KSP_NODE*>(control.request)->NodeId;
  if (id >= descriptor.NodeDescriptorsCount) return false;
  const auto* node = reinterpret_cast<const KSNODE_DESCRIPTOR*>(
      reinterpret_cast<const char*>(descriptor.NodeDescriptors) + std::size_t{id} * descriptor.NodeDescriptorSize);
  *target = {node->AutomationTable, true};
  return true;
}

NTSTATUS give(PIRP irp, void* data, const void* value, ULONG bytes) {
  const ULONG out_bytes = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  irp->IoStatus.Information = bytes;
  if (out_bytes == 0) return STATUS_BUFFER_OVERFLOW;
  if (out_bytes < bytes) {
    irp->IoStatus.Information = 0;
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::memcpy(data, value, bytes);
  return STATUS_SUCCESS;
}

NTSTATUS give_list(PIRP irp, void* data, const std::vector<UCHAR>& items, ULONG count) {
  std::vector<UCHAR> all(sizeof(KSMULTIPLE_ITEM));
  auto* head = reinterpret_cast<PKSMULTIPLE_ITEM>(all.data());
  head->Size = static_cast<ULONG>(all.size() + items.size());
  head->Count = count;
  all.insert(all.end(), items.begin(), items.end());
  const auto size = static_cast<ULONG>(all.size());
  const ULONG out_bytes = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  if (out_bytes == sizeof(ULONG)) return give(irp, data, &size, sizeof size);
  return give(irp, data, all.data(), size);
}

}  // namespace p2p::ks
