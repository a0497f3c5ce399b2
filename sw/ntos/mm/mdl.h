// What the rest of the kernel asks of MDLs. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::mm {

/// Is every page the MDL describes simulated host memory? If not, MmProbeAndLockPages would raise.
bool lockable(const MDL* mdl);

}  // namespace p2p::mm
