// Enabled events: entries, their lists, notification. Needs sw/ks/ddk.h before it.
#pragma once

#include <list>
#include <vector>

#include "sw/ks/objects.h"

namespace p2p::ks {

/// A list of entries with the lock that guards it, as KsEnableEvent and its kin take them.
class GuardedList {
 public:
  GuardedList(PLIST_ENTRY head, KSEVENTS_LOCKTYPE type, PVOID lock) : head_(head), type_(type), lock_(lock) {}
  explicit GuardedList(EventList& list) : GuardedList(&list.head, KSEVENTS_SPINLOCK, &list.lock) {}
  PLIST_ENTRY head() const { return head_; }
  void lock();
  void unlock();

 private:
  PLIST_ENTRY head_;
  KSEVENTS_LOCKTYPE type_;
  PVOID lock_;
  KIRQL irql_ = 0;
};

/// The list an object's events are on; nullptr if the object is neither filter nor pin.
EventList* events_of(PVOID object);

/// R-EV-2.
NTSTATUS disable_event(PIRP irp, GuardedList list);
/// Frees what `file` enabled (R-CRE-8). PASSIVE_LEVEL.
void free_events(PFILE_OBJECT file, GuardedList list);
/// KSEVENT_CONNECTION_ENDOFSTREAM of a pin with KSPIN_FLAG_GENERATE_EOS_EVENTS (R-EV-5). IRQL <= DISPATCH_LEVEL.
void end_of_stream(Pin& pin);
/// R-EV-4; the list's lock is held or the caller has seen to it otherwise. Any IRQL.
void generate_event(PKSEVENT_ENTRY entry, ULONG data_bytes, const void* data);

}  // namespace p2p::ks
