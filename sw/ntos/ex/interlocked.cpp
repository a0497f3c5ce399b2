// Interlocked lists and lookaside lists.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/spinlock.h"

using namespace p2p;

namespace {
/// Holds `lock` at HIGH_LEVEL, as the ExInterlocked routines do: callable at any IRQL.
class HighLock {
 public:
  explicit HighLock(PKSPIN_LOCK lock) : lock_(lock), old_(ke::current_cpu().irql) {
    ke::current_cpu().irql = HIGH_LEVEL;
    ke::acquire_spin_lock(lock_);
  }
  ~HighLock() {
    ke::release_spin_lock(lock_);
    ke::set_irql(old_);
  }
  HighLock(const HighLock&) = delete;
  HighLock& operator=(const HighLock&) = delete;

 private:
  PKSPIN_LOCK lock_;
  KIRQL old_;
};
}  // namespace

extern "C" {

PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  PLIST_ENTRY first = IsListEmpty(ListHead) ? nullptr : ListHead->Flink;
  InsertHeadList(ListHead, ListEntry);
  return first;
}
PLIST_ENTRY NTAPI ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  PLIST_ENTRY last = IsListEmpty(ListHead) ? nullptr : ListHead->Blink;
  InsertTailList(ListHead, ListEntry);
  return last;
}
PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  return IsListEmpty(ListHead) ? nullptr : RemoveHeadList(ListHead);
}

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
  UNREFERENCED_PARAMETER(Depth);
  *Lookaside = {};
  Lookaside->L.Size = static_cast<ULONG>(Size);
  Lookaside->L.Tag = Tag;
  Lookaside->L.Type = static_cast<POOL_TYPE>(NonPagedPool | Flags);
  Lookaside->L.Allocate = Allocate != nullptr ? Allocate : ExAllocatePoolWithTag;
  Lookaside->L.Free = Free != nullptr ? Free : ExFreePool;
}
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { UNREFERENCED_PARAMETER(Lookaside); }

// Depth 0: every allocation goes to the pool, where its life is tracked one by one.
PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
  UNREFERENCED_PARAMETER(ListHead);
  return nullptr;
}

}  // extern "C"
