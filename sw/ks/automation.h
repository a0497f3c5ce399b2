// What IOCTL_KS_PROPERTY, _METHOD and _ENABLE_EVENT have in common: the client's buffers, automation tables, sets.
// Needs sw/ks/ddk.h before it.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "sw/ks/objects.h"

namespace p2p::ks {

inline bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

/// Kernel copies of a request's buffers, 8-byte aligned; the IRP owns them.
struct Control {
  PKSIDENTIFIER request = nullptr;
  ULONG in_bytes = 0;
  UCHAR* data = nullptr;  ///< nullptr if there is no output buffer
  ULONG out_bytes = 0;
};
/// Copies both buffers in; `least` bytes of input are wanted. Errors: STATUS_INVALID_BUFFER_SIZE,
/// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS copy_buffers(PIRP irp, ULONG least, Control* control);

/// The copies that copy_buffers() has made for this IRP.
Control copied_buffers(PIRP irp);

/// A list of sets, of properties, methods or events.
template <class Set>
struct SetTable {
  const Set* sets;
  ULONG count;
  ULONG item_bytes;
};

// Properties, methods and events name the same things differently.
inline const void* items_of(const KSPROPERTY_SET& set) { return set.PropertyItem; }
inline const void* items_of(const KSMETHOD_SET& set) { return set.MethodItem; }
inline const void* items_of(const KSEVENT_SET& set) { return set.EventItem; }
inline ULONG count_of(const KSPROPERTY_SET& set) { return set.PropertiesCount; }
inline ULONG count_of(const KSMETHOD_SET& set) { return set.MethodsCount; }
inline ULONG count_of(const KSEVENT_SET& set) { return set.EventsCount; }
inline ULONG id_of(const KSPROPERTY_ITEM& item) { return item.PropertyId; }
inline ULONG id_of(const KSMETHOD_ITEM& item) { return item.MethodId; }
inline ULONG id_of(const KSEVENT_ITEM& item) { return item.EventId; }

/// Calls `answer(set, item)` for each item of the request's set and id, in order, until one gives a status. Without
/// one: STATUS_NOT_FOUND, or STATUS_PROPSET_NOT_FOUND if no table has the set.
template <class Item, class Set, class Answer>
NTSTATUS ask_items(const std::vector<SetTable<Set>>& tables, const KSIDENTIFIER& request, const Answer& answer) {
  NTSTATUS status = STATUS_PROPSET_NOT_FOUND;
  for (const auto& table : tables) {
    for (ULONG i = 0; i < table.count; ++i) {
      const Set& set = table.sets[i];
      if (!same(*set.Set, request.Set)) continue;
      status = STATUS_NOT_FOUND;
      const auto* at = static_cast<const char*>(items_of(set));
      for (ULONG j = 0; j < count_of(set); ++j, at += table.item_bytes) {
        const auto& item = *reinterpret_cast<const Item*>(at);
        if (id_of(item) != request.Id) continue;
        if (const std::optional<NTSTATUS> given = answer(set, item); given.has_value()) return *given;
      }
    }
  }
  return status;
}

/// Answers SETSUPPORT: the list of all sets for GUID_NULL, else whether the set is known.
template <class Set>
NTSTATUS answer_set_support(PIRP irp, const Control& control, const std::vector<SetTable<Set>>& tables) {
  static const GUID kNull{};
  std::vector<GUID> all;
  for (const auto& table : tables) {
    for (ULONG i = 0; i < table.count; ++i) {
      if (same(*table.sets[i].Set, control.request->Set)) return STATUS_SUCCESS;
      bool known = false;
      for (const GUID& guid : all) known = known || same(guid, *table.sets[i].Set);
      if (!known) all.push_back(*table.sets[i].Set);
    }
  }
  if (!same(control.request->Set, kNull)) return STATUS_PROPSET_NOT_FOUND;
  const auto bytes = static_cast<ULONG>(all.size() * sizeof(GUID));
  irp->IoStatus.Information = bytes;
  if (control.out_bytes == 0) return STATUS_BUFFER_OVERFLOW;
  if (control.out_bytes < bytes) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(control.data, all.data(), bytes);
  return STATUS_SUCCESS;
}

/// Where the request's node comes from, if it names one.
struct Target {
  const KSAUTOMATION_TABLE* automation;  ///< the minidriver's: may be null
  bool node;                             ///< AVStream itself has nothing to say for nodes
};
/// The table that answers for the filter, the pin (if not null) or the node behind the identifier. False: no such node.
bool target_of(const Filter& filter, const Pin* pin, const Control& control, Target* target);

/// A value of fixed size as the answer to a GET.
NTSTATUS give(PIRP irp, void* data, const void* value, ULONG bytes);
/// KSMULTIPLE_ITEM and a list behind it; an output buffer of one ULONG gets the size only.
NTSTATUS give_list(PIRP irp, void* data, const std::vector<UCHAR>& items, ULONG count);

/// AVStream's own properties.
extern const SetTable<KSPROPERTY_SET> kFilterProperties, kPinProperties;

}  // namespace p2p::ks
