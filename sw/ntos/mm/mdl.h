// What the rest of the kernel asks of MDLs. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::mm {

/// Would MmProbeAndLockPages succeed: is every page memory and, for UserMode, simulated host memory and no pool?
bool lockable(const MDL* mdl, KPROCESSOR_MODE mode);
/// Does it hold page numbers: locked, of nonpaged pool, or a part of one that does?
bool has_pages(const MDL* mdl);

}  // namespace p2p::mm
