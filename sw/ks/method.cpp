// IOCTL_KS_METHOD: only minidrivers have methods.
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
using Tables = std::vector<SetTable<KSMETHOD_SET>>;

NTSTATUS answer_support(PIRP irp, const KSMETHOD_ITEM& item, const Control& control) {
  // As for properties: what the method does with the client's buffer.
  if (control.out_bytes == 0) return STATUS_SUCCESS;
  if (control.out_bytes < sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
  return give(irp, control.data, &item.Flags, sizeof item.Flags);
}

NTSTATUS call_item(PIRP irp, const KSMETHOD_SET& set, const KSMETHOD_ITEM& item, const Control& control) {
  const ULONG type = control.request->Flags & ~static_cast<ULONG>(KSMETHOD_TYPE_TOPOLOGY);
  if (type == KSMETHOD_TYPE_BASICSUPPORT) {
    irp->Flags |= IRP_INPUT_OPERATION;
    return item.SupportHandler != nullptr ? item.SupportHandler(irp, control.request, control.data)
                                          : answer_support(irp, item, control);
  }
  if (type > KSMETHOD_TYPE_SOURCE) return STATUS_INVALID_PARAMETER;
  if (item.MethodHandler == nullptr) return STATUS_NOT_FOUND;
  if (control.in_bytes < item.MinMethod) return STATUS_BUFFER_TOO_SMALL;
  if (control.out_bytes < item.MinData) {
    if (control.out_bytes != 0) return STATUS_BUFFER_TOO_SMALL;
    irp->IoStatus.Information = item.MinData;
    return STATUS_BUFFER_OVERFLOW;
  }
  KSMETHOD_SET_IRP_STORAGE(irp) = &set;
  KSMETHOD_ITEM_IRP_STORAGE(irp) = &item;
  KSMETHOD_TYPE_IRP_STORAGE(irp) = item.Flags;
  if ((item.Flags & KSMETHOD_TYPE_SOURCE) != 0) {  // the client's own buffer, not a copy
    irp->Flags &= ~static_cast<ULONG>(IRP_INPUT_OPERATION);
    return item.MethodHandler(irp, control.request, irp->UserBuffer);
  }
  // Before the handler: one that pends may complete the IRP before it returns.
  if ((item.Flags & KSMETHOD_TYPE_WRITE) != 0) irp->Flags |= IRP_INPUT_OPERATION;
  return item.MethodHandler(irp, control.request, control.data);
}

NTSTATUS call_tables(PIRP irp, const Tables& tables, const Control& control) {
  if ((control.request->Flags & KSMETHOD_TYPE_SETSUPPORT) != 0) {
    irp->Flags |= IRP_INPUT_OPERATION;
    return answer_set_support(irp, control, tables);
  }
  return ask_items<KSMETHOD_ITEM>(tables, *control.request,
                                  [&](const KSMETHOD_SET& set, const KSMETHOD_ITEM& item) -> std::optional<NTSTATUS> {
                                    return call_item(irp, set, item, control);
                                  });
}
}  // namespace

NTSTATUS method_request(Filter& filter, Pin* pin, PIRP irp) {
  Control control;
  NTSTATUS status = copy_buffers(irp, sizeof(KSMETHOD), &control);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  Target target{};
  if (!target_of(filter, pin, control, &target)) return complete(irp, STATUS_INVALID_PARAMETER);
  Tables tables;
  if (const KSAUTOMATION_TABLE* automation = target.automation) {
    tables.push_back(
        {automation->MethodSets, automation->MethodSetsCount,
         automation->MethodItemSize != 0 ? automation->MethodItemSize : static_cast<ULONG>(sizeof(KSMETHOD_ITEM))});
  }
  status = call_tables(irp, tables, control);
  if (status == STATUS_PENDING) return status;
  return finish_control(irp, status, control.out_bytes);
}

}  // namespace p2p::ks

extern "C" {

NTSTATUS NTAPI KsMethodHandler(PIRP Irp, ULONG MethodSetsCount, const KSMETHOD_SET* MethodSet) {
  using namespace p2p::ks;
  Control control;
  const NTSTATUS status = copy_buffers(Irp, sizeof(KSMETHOD), &control);
  if (!NT_SUCCESS(status)) return status;
  return call_tables(Irp, {{MethodSet, MethodSetsCount, sizeof(KSMETHOD_ITEM)}}, control);
}

}  // extern "C"
