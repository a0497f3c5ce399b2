// Interlocked lists: doubly linked under a spin lock, and sequenced singly linked ones.
#include "sw/ntos/ke/irql.h"

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

PSLIST_ENTRY first_of(const SLIST_HEADER* list) {
  return reinterpret_cast<PSLIST_ENTRY>(list->Region & ~ULONGLONG{0xF});
}
void set_first(PSLIST_HEADER list, PSLIST_ENTRY entry) {
  list->Region = reinterpret_cast<std::uintptr_t>(entry);  // NextEntry, and zeros below it
}
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
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                    PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  PSINGLE_LIST_ENTRY first = ListHead->Next;
  PushEntryList(ListHead, ListEntry);
  return first;
}
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  return PopEntryList(ListHead);
}
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  const LARGE_INTEGER old = *Addend;
  Addend->QuadPart += Increment.QuadPart;
  return old;
}
ULONG NTAPI ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
  HighLock held(Lock);
  const ULONG old = *Addend;
  *Addend += Increment;
  return old;
}

// Between two preemption points nothing else runs: plain code is atomic. Entries are aligned to 16 bytes.
#undef ExQueryDepthSList
USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER ListHead) { return static_cast<USHORT>(ListHead->HeaderX64.Depth); }

PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
  PSLIST_ENTRY first = first_of(ListHead);
  ListEntry->Next = first;
  set_first(ListHead, ListEntry);
  ListHead->HeaderX64.Depth = (ListHead->HeaderX64.Depth + 1) & 0xFFFF;
  ListHead->HeaderX64.Sequence = (ListHead->HeaderX64.Sequence + 1) & ((1ULL << 48) - 1);
  return first;
}
PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
  PSLIST_ENTRY first = first_of(ListHead);
  if (first == nullptr) return nullptr;
  set_first(ListHead, first->Next);
  ListHead->HeaderX64.Depth = (ListHead->HeaderX64.Depth - 1) & 0xFFFF;
  return first;
}
PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
  PSLIST_ENTRY first = first_of(ListHead);
  set_first(ListHead, nullptr);
  ListHead->HeaderX64.Depth = 0;
  return first;
}

}  // extern "C"
