// Object bags and KsEdit.
#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>

#include "sw/ks/objects.h"

namespace p2p::ks {

void empty_bag(Bag& bag) {
  while (!bag.items.empty()) {
    const BagItem item = bag.items.back();
    bag.items.pop_back();
    if (item.free != nullptr) {
      item.free(item.item);
    } else {
      ExFreePool(item.item);
    }
  }
}

namespace {
auto find(Bag& bag, const void* item) {
  return std::find_if(bag.items.begin(), bag.items.end(), [item](const BagItem& entry) { return entry.item == item; });
}
}  // namespace

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

NTSTATUS NTAPI KsAddItemToObjectBag(KSOBJECT_BAG ObjectBag, PVOID Item, PFNKSFREE Free) {
  static_cast<Bag*>(ObjectBag)->items.push_back({Item, Free});
  return STATUS_SUCCESS;
}

ULONG NTAPI KsRemoveItemFromObjectBag(KSOBJECT_BAG ObjectBag, PVOID Item, BOOLEAN Free) {
  auto* bag = static_cast<Bag*>(ObjectBag);
  auto found = find(*bag, Item);
  if (found == bag->items.end()) return 0;  // R-BAG-2
  const BagItem entry = *found;
  bag->items.erase(found);
  if (Free) {
    if (entry.free != nullptr) {
      entry.free(entry.item);
    } else {
      ExFreePool(entry.item);
    }
  }
  return 1;
}

NTSTATUS NTAPI KsAllocateObjectBag(PKSDEVICE Device, KSOBJECT_BAG* ObjectBag) {
  UNREFERENCED_PARAMETER(Device);
  *ObjectBag = new Bag;
  return STATUS_SUCCESS;
}

void NTAPI KsFreeObjectBag(KSOBJECT_BAG ObjectBag) {
  auto* bag = static_cast<Bag*>(ObjectBag);
  empty_bag(*bag);
  delete bag;
}

// R-BAG-4.
NTSTATUS NTAPI _KsEdit(KSOBJECT_BAG ObjectBag, PVOID* PointerToPointerToItem, ULONG NewSize, ULONG OldSize, ULONG Tag) {
  auto* bag = static_cast<Bag*>(ObjectBag);
  auto found = find(*bag, *PointerToPointerToItem);
  if (found != bag->items.end() && NewSize <= OldSize) return STATUS_SUCCESS;
  PVOID copy = ExAllocatePool2(POOL_FLAG_PAGED, NewSize, Tag);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (*PointerToPointerToItem != nullptr) std::memcpy(copy, *PointerToPointerToItem, std::min(NewSize, OldSize));
  if (found != bag->items.end()) KsRemoveItemFromObjectBag(ObjectBag, *PointerToPointerToItem, TRUE);
  bag->items.push_back({copy, nullptr});
  *PointerToPointerToItem = copy;
  return STATUS_SUCCESS;
}

}  // extern "C"
