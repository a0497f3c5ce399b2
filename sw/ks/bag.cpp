// Object bags and KsEdit (R-BAG-1..4).
#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
/// An item may be in several bags; it is freed when it leaves the last.
struct Item {
  PFNKSFREE free;  // nullptr: ExFreePool
  ULONG references;
};
std::map<PVOID, Item> g_items;

/// Drops one reference. The count before.
ULONG release(PVOID pointer, bool free_last) {
  auto found = g_items.find(pointer);
  const ULONG before = found->second.references;
  if (--found->second.references != 0) return before;
  const Item item = found->second;
  g_items.erase(found);
  if (!free_last) return before;
  if (item.free != nullptr) {
    item.free(pointer);
  } else {
    ExFreePool(pointer);
  }
  return before;
}

void add(Bag& bag, PVOID item, PFNKSFREE free) {
  bag.items.push_back(item);
  g_items.try_emplace(item, Item{free, 0}).first->second.references++;
}

bool contains(const Bag& bag, const void* item) {
  return std::find(bag.items.begin(), bag.items.end(), item) != bag.items.end();
}
}  // namespace

void empty_bag(Bag& bag) {
  while (!bag.items.empty()) {
    PVOID item = bag.items.back();
    bag.items.pop_back();
    release(item, true);
  }
}

void require_passive(const char* routine) {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) return;
  violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", std::string(routine) + " above PASSIVE_LEVEL");
}

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

NTSTATUS NTAPI KsAddItemToObjectBag(KSOBJECT_BAG ObjectBag, PVOID Item, PFNKSFREE Free) {
  require_passive("KsAddItemToObjectBag");
  add(*static_cast<Bag*>(ObjectBag), Item, Free);
  return STATUS_SUCCESS;
}

// R-BAG-2: the count before the removal; 0 if the item was not in this bag.
ULONG NTAPI KsRemoveItemFromObjectBag(KSOBJECT_BAG ObjectBag, PVOID Item, BOOLEAN Free) {
  require_passive("KsRemoveItemFromObjectBag");
  auto* bag = static_cast<Bag*>(ObjectBag);
  auto found = std::find(bag->items.begin(), bag->items.end(), Item);
  if (found == bag->items.end()) return 0;
  bag->items.erase(found);
  return release(Item, Free != FALSE);
}

NTSTATUS NTAPI KsAllocateObjectBag(PKSDEVICE Device, KSOBJECT_BAG* ObjectBag) {
  UNREFERENCED_PARAMETER(Device);
  require_passive("KsAllocateObjectBag");
  *ObjectBag = new Bag;
  return STATUS_SUCCESS;
}

void NTAPI KsFreeObjectBag(KSOBJECT_BAG ObjectBag) {
  require_passive("KsFreeObjectBag");
  auto* bag = static_cast<Bag*>(ObjectBag);
  empty_bag(*bag);
  delete bag;
}

NTSTATUS NTAPI KsCopyObjectBagItems(KSOBJECT_BAG ObjectBagDestination, KSOBJECT_BAG ObjectBagSource) {
  require_passive("KsCopyObjectBagItems");
  auto& destination = *static_cast<Bag*>(ObjectBagDestination);
  for (PVOID item : static_cast<Bag*>(ObjectBagSource)->items) {
    if (!contains(destination, item)) add(destination, item, nullptr);  // the item knows how it is freed
  }
  return STATUS_SUCCESS;
}

// R-BAG-4.
NTSTATUS NTAPI _KsEdit(KSOBJECT_BAG ObjectBag, PVOID* PointerToPointerToItem, ULONG NewSize, ULONG OldSize, ULONG Tag) {
  require_passive("KsEdit");
  auto& bag = *static_cast<Bag*>(ObjectBag);
  const bool ours = contains(bag, *PointerToPointerToItem);
  if (ours && NewSize <= OldSize) return STATUS_SUCCESS;
  // Nonpaged: descriptors are read at DISPATCH_LEVEL, too.
  PVOID copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, NewSize, Tag);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (*PointerToPointerToItem != nullptr) std::memcpy(copy, *PointerToPointerToItem, std::min(NewSize, OldSize));
  if (ours) KsRemoveItemFromObjectBag(ObjectBag, *PointerToPointerToItem, TRUE);
  add(bag, copy, nullptr);
  *PointerToPointerToItem = copy;
  return STATUS_SUCCESS;
}

}  // extern "C"
