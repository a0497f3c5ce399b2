// What stands behind a KSEVENT_ENTRY. Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/event.h"

namespace p2p::ks {

/// Allocated from nonpaged pool, with the event item's extra data behind it.
struct EventEntry {
  KSEVENTDATA data{};  // as it was when the event was enabled: the client's may be gone
  PVOID target = nullptr;
  bool referenced = false;  // `target` is an object this entry holds
  bool dpc_used = false;
  bool unlinked = false;
  KDPC dpc;
  std::list<std::vector<UCHAR>> buffers;  // of a buffered event, oldest first
  KSEVENT_ENTRY pub{};                    // last: extra data follow
};

EventEntry* entry_of(PKSEVENT_ENTRY pub);
/// nullptr: no memory.
EventEntry* make_entry(ULONG extra_bytes);
/// IRQL <= DISPATCH_LEVEL; its DPC is neither queued nor running elsewhere.
void free_entry(EventEntry* entry);
/// The same for any entry that is off its list. PASSIVE_LEVEL.
void discard_entry(EventEntry* entry);
void unlink_entry(EventEntry* entry);

}  // namespace p2p::ks
