// Steps of a device's removal that other parts of PnP need. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/pnp/device_node.h"

namespace p2p::pnp {

/// REMOVE to whatever stack there is, and the PDO gone after it.
NTSTATUS finish_removal(DeviceNode& node);
/// A request no driver may fail (R-PNP-9): 0xC9/0x247.
NTSTATUS send_infallible(PDEVICE_OBJECT pdo, UCHAR minor);

}  // namespace p2p::pnp
