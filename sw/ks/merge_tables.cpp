// KsMergeAutomationTables: one automation table from two (R-PROP-1).
#include "sw/ks/ddk.h"

#include <cstring>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"

namespace p2p::ks {

namespace {
constexpr ULONG kTableTag = 0x6C62744B;

/// One kind's share of a table: properties, methods or events.
template <class Set>
struct Part {
  const Set* sets;
  ULONG count;
  ULONG stride;  // of an item
};

// Properties, methods and events name the same things differently.
const void*& items_in(KSPROPERTY_SET& set) { return reinterpret_cast<const void*&>(set.PropertyItem); }
const void*& items_in(KSMETHOD_SET& set) { return reinterpret_cast<const void*&>(set.MethodItem); }
const void*& items_in(KSEVENT_SET& set) { return reinterpret_cast<const void*&>(set.EventItem); }
ULONG& count_in(KSPROPERTY_SET& set) { return set.PropertiesCount; }
ULONG& count_in(KSMETHOD_SET& set) { return set.MethodsCount; }
ULONG& count_in(KSEVENT_SET& set) { return set.EventsCount; }
/// Every item begins with its id.
ULONG id_at(const void* item) {
  ULONG id;
  std::memcpy(&id, item, sizeof id);
  return id;
}

/// Hands out pieces of a block; without one it counts what is wanted.
class Arena {
 public:
  explicit Arena(UCHAR* block) : block_(block) {}
  void* place(std::size_t bytes) {
    const std::size_t at = used_;
    used_ += (bytes + 7) & ~std::size_t{7};
    return block_ != nullptr ? block_ + at : nullptr;
  }
  std::size_t used() const { return used_; }

 private:
  UCHAR* block_;
  std::size_t used_ = 0;
};

/// A list of `count` entries, `stride` bytes apart, each beginning with its id.
struct List {
  const void* first;
  ULONG count;
  ULONG stride;
  const UCHAR* at(ULONG i) const { return static_cast<const UCHAR*>(first) + std::size_t{i} * stride; }
  bool has(ULONG id) const {
    for (ULONG i = 0; i < count; ++i) {
      if (id_at(at(i)) == id) return true;
    }
    return false;
  }
};

/// `a`'s entries and those of `b` that `a` does not have, `stride` bytes apart. Their number in `*count`.
const void* merge_lists(Arena& arena, const List& a, const List& b, ULONG stride, ULONG* count) {
  std::vector<std::pair<const UCHAR*, ULONG>> entries;
  for (ULONG i = 0; i < a.count; ++i) entries.emplace_back(a.at(i), a.stride);
  for (ULONG i = 0; i < b.count; ++i) {
    if (!a.has(id_at(b.at(i)))) entries.emplace_back(b.at(i), b.stride);
  }
  *count = static_cast<ULONG>(entries.size());
  if (entries.empty()) return nullptr;
  auto* to = static_cast<UCHAR*>(arena.place(entries.size() * stride));
  for (std::size_t i = 0; to != nullptr && i < entries.size(); ++i) {
    std::memset(to + i * stride, 0, stride);
    std::memcpy(to + i * stride, entries[i].first, entries[i].second);
  }
  return to;
}

template <class Set>
const Set* find_set(const Part<Set>& part, const GUID& guid) {
  for (ULONG i = 0; i < part.count; ++i) {
    if (same(*part.sets[i].Set, guid)) return &part.sets[i];
  }
  return nullptr;
}

template <class Set>
Set merge_sets(Arena& arena, const Set* a, ULONG a_stride, const Set* b, ULONG b_stride, ULONG stride) {
  Set merged = a != nullptr ? *a : *b;
  const List none{nullptr, 0, stride};
  const List first = a != nullptr ? List{items_of(*a), count_of(*a), a_stride} : none;
  const List second = b != nullptr ? List{items_of(*b), count_of(*b), b_stride} : none;
  items_in(merged) = merge_lists(arena, first, second, stride, &count_in(merged));
  if constexpr (requires { merged.FastIoTable; }) {
    constexpr ULONG kFast = sizeof(*merged.FastIoTable);
    const List fast_a = a != nullptr ? List{a->FastIoTable, a->FastIoCount, kFast} : none;
    const List fast_b = b != nullptr ? List{b->FastIoTable, b->FastIoCount, kFast} : none;
    const void* fast = merge_lists(arena, fast_a, fast_b, kFast, &merged.FastIoCount);
    std::memcpy(&merged.FastIoTable, &fast, sizeof fast);
  }
  return merged;
}

/// `a`'s sets, with what `b` adds to them, then the sets that only `b` has.
template <class Set>
Part<Set> merge_parts(Arena& arena, const Part<Set>& a, const Part<Set>& b) {
  const ULONG stride = a.stride > b.stride ? a.stride : b.stride;
  std::vector<Set> sets;
  for (ULONG i = 0; i < a.count; ++i) {
    sets.push_back(merge_sets(arena, &a.sets[i], a.stride, find_set(b, *a.sets[i].Set), b.stride, stride));
  }
  for (ULONG i = 0; i < b.count; ++i) {
    if (find_set(a, *b.sets[i].Set) != nullptr) continue;
    sets.push_back(merge_sets<Set>(arena, nullptr, a.stride, &b.sets[i], b.stride, stride));
  }
  auto* to = static_cast<Set*>(sets.empty() ? nullptr : arena.place(sets.size() * sizeof(Set)));
  if (to != nullptr) std::memcpy(to, sets.data(), sets.size() * sizeof(Set));
  return {to, static_cast<ULONG>(sets.size()), stride};
}

ULONG stride_or(ULONG stride, std::size_t usual) { return stride != 0 ? stride : static_cast<ULONG>(usual); }
Part<KSPROPERTY_SET> properties_of(const KSAUTOMATION_TABLE& table) {
  return {table.PropertySets, table.PropertySetsCount, stride_or(table.PropertyItemSize, sizeof(KSPROPERTY_ITEM))};
}
Part<KSMETHOD_SET> methods_of(const KSAUTOMATION_TABLE& table) {
  return {table.MethodSets, table.MethodSetsCount, stride_or(table.MethodItemSize, sizeof(KSMETHOD_ITEM))};
}
Part<KSEVENT_SET> events_of_table(const KSAUTOMATION_TABLE& table) {
  return {table.EventSets, table.EventSetsCount, stride_or(table.EventItemSize, sizeof(KSEVENT_ITEM))};
}

/// Lays the merged table out, its head first. nullptr as long as the arena only counts.
PKSAUTOMATION_TABLE lay_out(Arena& arena, const KSAUTOMATION_TABLE& a, const KSAUTOMATION_TABLE& b) {
  auto* table = static_cast<PKSAUTOMATION_TABLE>(arena.place(sizeof(KSAUTOMATION_TABLE)));
  const auto properties = merge_parts(arena, properties_of(a), properties_of(b));
  const auto methods = merge_parts(arena, methods_of(a), methods_of(b));
  const auto events = merge_parts(arena, events_of_table(a), events_of_table(b));
  if (table == nullptr) return nullptr;
  *table = {};
  table->PropertySets = properties.sets;
  table->PropertySetsCount = properties.count;
  table->PropertyItemSize = properties.stride;
  table->MethodSets = methods.sets;
  table->MethodSetsCount = methods.count;
  table->MethodItemSize = methods.stride;
  table->EventSets = events.sets;
  table->EventSetsCount = events.count;
  table->EventItemSize = events.stride;
  return table;
}
}  // namespace

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

// R-PROP-1: where both have an entry, A's counts. Input tables leave the bag, the new one enters it. PASSIVE_LEVEL.
// STATUS_INSUFFICIENT_RESOURCES. Without any table nothing is done.
NTSTATUS NTAPI KsMergeAutomationTables(PKSAUTOMATION_TABLE* AutomationTableAB, PKSAUTOMATION_TABLE AutomationTableA,
                                       PKSAUTOMATION_TABLE AutomationTableB, KSOBJECT_BAG Bag) {
  require_passive("KsMergeAutomationTables");
  if (AutomationTableA == nullptr && AutomationTableB == nullptr) return STATUS_SUCCESS;
  static const KSAUTOMATION_TABLE none{};
  const KSAUTOMATION_TABLE& a = AutomationTableA != nullptr ? *AutomationTableA : none;
  const KSAUTOMATION_TABLE& b = AutomationTableB != nullptr ? *AutomationTableB : none;
  Arena count(nullptr);
  lay_out(count, a, b);
  auto* block = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, count.used(), kTableTag));
  if (block == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Arena arena(block);
  PKSAUTOMATION_TABLE merged = lay_out(arena, a, b);
  if (Bag != nullptr) {
    const NTSTATUS status = KsAddItemToObjectBag(Bag, merged, nullptr);
    if (!NT_SUCCESS(status)) {
      ExFreePoolWithTag(block, kTableTag);
      return status;
    }
    for (PKSAUTOMATION_TABLE input : {AutomationTableA, AutomationTableB}) {
      if (input != nullptr) KsRemoveItemFromObjectBag(Bag, input, TRUE);
    }
  }
  *AutomationTableAB = merged;
  return STATUS_SUCCESS;
}

}  // extern "C"
