// StartIo bookkeeping of device objects. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// The device object is gone.
void forget_start_io(PDEVICE_OBJECT device);

}  // namespace p2p::io
