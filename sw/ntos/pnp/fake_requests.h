// Requests that only see whether drivers leave alone what they do not know. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// Sends a PnP, a power and a WMI request with a minor function that nobody knows to the top of a started stack, as
/// Driver Verifier does: what a driver does to one is 0xC9/0x213, 0x214, 0x22D, 0x230 or 0x23B. PASSIVE_LEVEL.
void send_fakes(PDEVICE_OBJECT pdo);

}  // namespace p2p::pnp
