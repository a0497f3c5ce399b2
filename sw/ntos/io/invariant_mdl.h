// Driver Verifier's invariant MDL checking: buffers that a driver may not change.
#pragma once

#include <cstdint>

#include "sw/ntos/ddk.h"

namespace p2p::io {

/// What the buffer of a read or a write with direct I/O held when it was sent.
struct InvariantMdl {
  PMDL mdl = nullptr;  ///< nullptr: nothing is watched
  PDEVICE_OBJECT device = nullptr;
  std::uint64_t sum = 0;
};

/// The IRP is sent for the first time, to `device`. No-op with the Verifier off, and for other requests.
void watch_buffer(PIRP irp, PDEVICE_OBJECT device, const IO_STACK_LOCATION* location, InvariantMdl* watched);
/// A driver passes it on. What is to be written may never change (0xC4/0x1010); what is to be read does not change
/// before whoever reads has it (0xC4/0x1011).
void check_buffer_passed(PIRP irp, const IO_STACK_LOCATION* location, const InvariantMdl& watched);
/// A driver completes it.
void check_buffer_completed(PIRP irp, const IO_STACK_LOCATION* location, const InvariantMdl& watched);

}  // namespace p2p::io
