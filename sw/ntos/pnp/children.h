// Devices that a bus driver reports below its own. No driver is loaded for them; they are asked what the PnP manager
// asks every new device, and what Driver Verifier wants of the answers. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// Asks the stack above `pdo` for its children. New ones are asked who they are (0xC9/0x22A to 0x22C, 0x248, 0x249),
/// those that are missing are removed. PASSIVE_LEVEL.
void enumerate_children(PDEVICE_OBJECT pdo);
/// The device itself goes: IRP_MN_REMOVE_DEVICE to every child, which stays all the same (0xC9/0x221 to 0x223), unless
/// the bus is gone.
void remove_children(PDEVICE_OBJECT pdo, bool bus_still_there);
/// Is it a child that somebody has reported?
bool is_child(PDEVICE_OBJECT pdo);

}  // namespace p2p::pnp
