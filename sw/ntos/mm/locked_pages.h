// Which pages MDLs have locked, and where they are mapped: what the Verifier compares a driver's MDLs with. Needs
// sw/ntos/ddk.h before it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::mm {

/// MmProbeAndLockPages locked the MDL's pages for `caller`, a code address. One that is locked already is bug check
/// 0xD9/1.
void note_locked(PMDL mdl, const void* caller);
/// Its pages are not locked any more, nor mapped.
void note_unlocked(PMDL mdl);
/// Is there an MDL that has this page locked?
bool page_is_locked(std::uint64_t page);

/// The MDL is mapped as it stands now.
void note_mapped(PMDL mdl);
/// Is the MDL as it was when it was mapped? Else bug check 0xDA: 2 another length, 3 another address, 4 another first
/// page, 5 another start.
void check_mapping(PMDL mdl);
void note_unmapped(PMDL mdl);

struct LockedPages {
  PMDL mdl = nullptr;  ///< the first one locked; nullptr if there is none
  std::size_t pages = 0;
};
/// What code of `module` (of ex::module_of) has locked and not unlocked.
LockedPages pages_locked_by(const void* module);

}  // namespace p2p::mm
