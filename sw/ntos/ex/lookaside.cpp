// Lookaside lists. Depth is 0: every entry goes to and comes from the pool, where its life is tracked one by one.
#include "sw/ntos/ke/irql.h"

#include <set>

#include "sw/ntos/ex/lookaside.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
std::set<const void*>& active() {
  static auto* const lists = new std::set<const void*>;  // looked up by address only
  return *lists;
}

void begin(const void* list, SIZE_T size) {
  verify(!active().contains(list), 0xCA, value_of(list), 0, 0, "Lookaside", "a lookaside list was initialised twice");
  verify(size >= LOOKASIDE_MINIMUM_BLOCK_SIZE, 0xCD, value_of(list), size, 0, "Lookaside",
         "a lookaside list's entries are too small");
  active().insert(list);
}
void end(const void* list) {
  verify(active().contains(list), 0xCB, value_of(list), 0, 0, "Lookaside",
         "a lookaside list was deleted that is not initialised");
  active().erase(list);
}

void fill(GENERAL_LOOKASIDE& list, ULONG type, SIZE_T size, ULONG tag, PALLOCATE_FUNCTION allocate,
          PFREE_FUNCTION free) {
  list.Depth = 0;
  list.MaximumDepth = 0;
  list.Type = static_cast<POOL_TYPE>(type);
  list.Tag = tag;
  list.Size = static_cast<ULONG>(size);
  list.Allocate = allocate != nullptr ? allocate : ExAllocatePoolWithTag;
  list.Free = free != nullptr ? free : ExFreePool;
}

PVOID NTAPI default_allocate_ex(POOL_TYPE type, SIZE_T bytes, ULONG tag, PLOOKASIDE_LIST_EX) {
  return ExAllocatePoolWithTag(type, bytes, tag);
}
VOID NTAPI default_free_ex(PVOID buffer, PLOOKASIDE_LIST_EX) { ExFreePool(buffer); }
}  // namespace

const void* p2p::ex::lookaside_in(const void* base, std::size_t bytes) {
  auto found = active().lower_bound(base);
  return found != active().end() && value_of(*found) - value_of(base) < bytes ? *found : nullptr;
}

extern "C" {

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
  UNREFERENCED_PARAMETER(Depth);  // reserved
  begin(Lookaside, Size);
  *Lookaside = {};
  fill(Lookaside->L, NonPagedPool | Flags, Size, Tag, Allocate, Free);
}
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { end(Lookaside); }

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
  UNREFERENCED_PARAMETER(Depth);  // reserved
  begin(Lookaside, Size);
  *Lookaside = {};
  fill(Lookaside->L, PagedPool | Flags, Size, Tag, Allocate, Free);
}
VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) { end(Lookaside); }

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size,
                                           ULONG Tag, USHORT Depth) {
  UNREFERENCED_PARAMETER(Depth);  // reserved
  if ((Flags & ~(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)) != 0) {
    return STATUS_INVALID_PARAMETER_5;
  }
  begin(Lookaside, Size);
  *Lookaside = {};
  Lookaside->L.Type = PoolType;
  Lookaside->L.Tag = Tag;
  Lookaside->L.Size = static_cast<ULONG>(Size);
  Lookaside->L.AllocateEx = Allocate != nullptr ? Allocate : default_allocate_ex;
  Lookaside->L.FreeEx = Free != nullptr ? Free : default_free_ex;
  return STATUS_SUCCESS;
}
VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { end(Lookaside); }
VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  verify(active().contains(Lookaside), 0xCB, value_of(Lookaside), 0, 0, "Lookaside",
         "a lookaside list was flushed that is not initialised");
}

}  // extern "C"
