// Power requests to one device stack. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// Sends a system power request to the top of the stack above `pdo` and waits for it. PASSIVE_LEVEL.
NTSTATUS send_system_power(PDEVICE_OBJECT pdo, UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action);

/// Has a request that was asked for in the name of `device` not come to its end?
bool power_request_pending(PDEVICE_OBJECT device);

}  // namespace p2p::pnp
