// IOCTL_KS_PROPERTY: the minidriver's table first, then what AVStream answers itself (R-PROP-1..4).
#include "sw/ks/ddk.h"

#include <optional>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
using Tables = std::vector<SetTable<KSPROPERTY_SET>>;

ULONG type_of(const Control& control) { return control.request->Flags & ~static_cast<ULONG>(KSPROPERTY_TYPE_TOPOLOGY); }

/// KSPROPERTY_DESCRIPTION with the members that the item declares.
std::vector<UCHAR> describe(const KSPROPERTY_ITEM& item, ULONG access, bool defaults_only) {
  std::vector<UCHAR> all(sizeof(KSPROPERTY_DESCRIPTION));
  const auto append = [&all](const void* bytes, std::size_t count) {
    const auto* from = static_cast<const UCHAR*>(bytes);
    all.insert(all.end(), from, from + count);
  };
  KSPROPERTY_DESCRIPTION description{};
  description.AccessFlags = access;
  if (item.Values != nullptr) {
    description.PropTypeSet = item.Values->PropTypeSet;
    for (ULONG i = 0; i < item.Values->MembersListCount; ++i) {
      const KSPROPERTY_MEMBERSLIST& list = item.Values->MembersList[i];
      if (defaults_only && (list.MembersHeader.Flags & KSPROPERTY_MEMBER_FLAG_DEFAULT) == 0) continue;
      ++description.MembersListCount;
      append(&list.MembersHeader, sizeof list.MembersHeader);
      append(list.Members, std::size_t{list.MembersHeader.MembersSize} * list.MembersHeader.MembersCount);
    }
  }
  description.DescriptionSize = static_cast<ULONG>(all.size());
  std::memcpy(all.data(), &description, sizeof description);
  return all;
}

NTSTATUS answer_support(PIRP irp, const KSPROPERTY_ITEM& item, const Control& control, bool defaults_only = false) {
  ULONG access = 0;
  if (item.GetPropertyHandler != nullptr) access |= KSPROPERTY_TYPE_GET;
  if (item.SetPropertyHandler != nullptr) access |= KSPROPERTY_TYPE_SET;
  const std::vector<UCHAR> description = describe(item, access, defaults_only);
  if (control.out_bytes == 0) {
    irp->IoStatus.Information = description.size();
    return STATUS_BUFFER_OVERFLOW;
  }
  if (control.out_bytes < sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
  if (control.out_bytes < sizeof(KSPROPERTY_DESCRIPTION)) return give(irp, control.data, &access, sizeof access);
  // A buffer for the head only gets the head, which says how much there is.
  const auto bytes =
      static_cast<ULONG>(control.out_bytes >= description.size() ? description.size() : sizeof(KSPROPERTY_DESCRIPTION));
  return give(irp, control.data, description.data(), bytes);
}

NTSTATUS answer_relations(PIRP irp, const KSPROPERTY_ITEM& item, const Control& control) {
  const auto* first = reinterpret_cast<const UCHAR*>(item.Relations);
  return give_list(irp, control.data,
                   std::vector<UCHAR>(first, first + std::size_t{item.RelationsCount} * sizeof(KSPROPERTY)),
                   item.RelationsCount);
}

NTSTATUS call_handler(PIRP irp, PFNKSHANDLER handler, const KSPROPERTY_ITEM& item, const Control& control) {
  const bool get = type_of(control) == KSPROPERTY_TYPE_GET;
  if (control.in_bytes < item.MinProperty) return STATUS_BUFFER_TOO_SMALL;
  if (control.out_bytes < item.MinData) {
    if (control.out_bytes != 0 || !get) return STATUS_BUFFER_TOO_SMALL;
    irp->IoStatus.Information = item.MinData;
    return STATUS_BUFFER_OVERFLOW;
  }
  // A handler that returns a fixed value need not set Information.
  irp->IoStatus.Information = get ? item.MinData : 0;
  return handler(irp, control.request, control.data);
}

/// R-PROP-3: a support handler may leave the answer to us.
NTSTATUS call_support(PIRP irp, const KSPROPERTY_ITEM& item, const Control& control) {
  NTSTATUS status = STATUS_SOME_NOT_MAPPED;
  if (item.SupportHandler != nullptr) status = item.SupportHandler(irp, control.request, control.data);
  return status == STATUS_SOME_NOT_MAPPED ? answer_support(irp, item, control) : status;
}

/// What one item answers; nothing if it has no part in this kind of request. A handler's own STATUS_NOT_FOUND is an
/// answer.
std::optional<NTSTATUS> call_item(PIRP irp, const KSPROPERTY_SET& set, const KSPROPERTY_ITEM& item,
                                  const Control& control) {
  KSPROPERTY_SET_IRP_STORAGE(irp) = &set;
  KSPROPERTY_ITEM_IRP_STORAGE(irp) = &item;
  switch (type_of(control)) {
    case KSPROPERTY_TYPE_GET:
      if (item.GetPropertyHandler == nullptr) return {};
      return call_handler(irp, item.GetPropertyHandler, item, control);
    case KSPROPERTY_TYPE_SET:
      if (item.SetPropertyHandler == nullptr) return {};
      return call_handler(irp, item.SetPropertyHandler, item, control);
    case KSPROPERTY_TYPE_BASICSUPPORT:
      return call_support(irp, item, control);
    case KSPROPERTY_TYPE_DEFAULTVALUES:
      if (item.Values == nullptr) return {};
      return answer_support(irp, item, control, true);
    case KSPROPERTY_TYPE_RELATIONS:
      if (item.RelationsCount == 0) return {};
      return answer_relations(irp, item, control);
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

NTSTATUS call_tables(PIRP irp, const Tables& tables, const Control& control) {
  if (type_of(control) == KSPROPERTY_TYPE_SETSUPPORT) return answer_set_support(irp, control, tables);
  bool left_to_us = false;
  const NTSTATUS status = ask_items<KSPROPERTY_ITEM>(
      tables, *control.request, [&](const KSPROPERTY_SET& set, const KSPROPERTY_ITEM& item) -> std::optional<NTSTATUS> {
        const std::optional<NTSTATUS> answer = call_item(irp, set, item, control);
        // R-PROP-3: such a handler has done its part and leaves the rest to us, if we have one.
        if (answer == STATUS_SOME_NOT_MAPPED) {
          left_to_us = true;
          return {};
        }
        if (answer.has_value()) left_to_us = false;
        return answer;
      });
  return left_to_us ? STATUS_SUCCESS : status;
}

SetTable<KSPROPERTY_SET> table_of(const KSAUTOMATION_TABLE& automation) {
  return {automation.PropertySets, automation.PropertySetsCount,
          automation.PropertyItemSize != 0 ? automation.PropertyItemSize : static_cast<ULONG>(sizeof(KSPROPERTY_ITEM))};
}
}  // namespace

NTSTATUS property_request(Filter& filter, Pin* pin, PIRP irp) {
  Control control;
  NTSTATUS status = copy_buffers(irp, sizeof(KSPROPERTY), &control);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  Target target{};
  if (!target_of(filter, pin, control, &target)) return complete(irp, STATUS_INVALID_PARAMETER);
  Tables tables;
  if (target.automation != nullptr) tables.push_back(table_of(*target.automation));
  if (!target.node) tables.push_back(pin != nullptr ? kPinProperties : kFilterProperties);
  // Before the handler: one that pends may complete the IRP before it returns.
  if ((type_of(control) & KSPROPERTY_TYPE_SET) == 0) irp->Flags |= IRP_INPUT_OPERATION;
  status = call_tables(irp, tables, control);
  if (status == STATUS_PENDING) return status;  // R-PROP-3: the handler has marked it and will complete it
  return finish_control(irp, status, control.out_bytes);
}

NTSTATUS finish_control(PIRP irp, NTSTATUS status, ULONG out_bytes) {
  const ULONG_PTR information = irp->IoStatus.Information;
  if (!NT_SUCCESS(status) || information == 0) irp->Flags &= ~static_cast<ULONG>(IRP_INPUT_OPERATION);
  if (NT_SUCCESS(status) && information > out_bytes) {
    ntos::bug_check(0xC9, 0x312, 0, information, out_bytes, "IoCompleteRequest",
                    "a property, method or event handler returned more than the client's buffer holds");  // R-IRP-67
  }
  return complete(irp, status, information);
}

}  // namespace p2p::ks

extern "C" {

NTSTATUS NTAPI KsPropertyHandler(PIRP Irp, ULONG PropertySetsCount, const KSPROPERTY_SET* PropertySet) {
  using namespace p2p::ks;
  Control control;
  const NTSTATUS status = copy_buffers(Irp, sizeof(KSPROPERTY), &control);
  if (!NT_SUCCESS(status)) return status;
  if ((type_of(control) & KSPROPERTY_TYPE_SET) == 0) Irp->Flags |= IRP_INPUT_OPERATION;
  return call_tables(Irp, {{PropertySet, PropertySetsCount, sizeof(KSPROPERTY_ITEM)}}, control);
}

}  // extern "C"
