// The bus the PCI functions sit on. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <string>

namespace p2p::pnp {

/// The PDO of a PCI function, or of the root device (root_bus.h); created on first use. nullptr if there is no such
/// function, or without memory.
PDEVICE_OBJECT pdo_of(unsigned function);
/// nullptr if it has not been asked for.
PDEVICE_OBJECT existing_pdo_of(unsigned function);
/// The PCI function whose PDO this is, the root device's number, or -1.
int pdo_function(PDEVICE_OBJECT device);
void delete_pdo(unsigned function);

/// Copies to or from configuration space; the bytes done, at most up to its end (R-RES-4).
ULONG config_access(unsigned function, void* buffer, ULONG offset, ULONG length, bool write);

/// A function's identity, as Windows spells it; device and compatible ids are lists that end with an empty string.
std::u16string bus_id(unsigned function, BUS_QUERY_ID_TYPE type);
std::u16string device_text(unsigned function, DEVICE_TEXT_TYPE type);

/// Puts the function into a power state by its power management capability, if it has one, and keeps its
/// configuration over D3.
void set_function_power(unsigned function, DEVICE_POWER_STATE state);
/// The state it is in; D0 without the capability.
DEVICE_POWER_STATE function_power(unsigned function);
/// Lets the function decode its memory range, master the bus and interrupt.
void enable_function(unsigned function);
/// None of it any more.
void disable_function(unsigned function);

}  // namespace p2p::pnp
