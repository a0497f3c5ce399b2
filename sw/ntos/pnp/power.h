// Power requests to one device stack. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// Sends a system power request to the top of the stack above `pdo` and waits for it. PASSIVE_LEVEL.
NTSTATUS send_system_power(PDEVICE_OBJECT pdo, UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action);

}  // namespace p2p::pnp
