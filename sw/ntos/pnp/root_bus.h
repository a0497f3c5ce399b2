// The root bus: devices that no hardware announces. They have no resources, and one number here (ntos::kRootDevice).
// Needs sw/ntos/ddk.h before it.
#pragma once

#include <string>

#include "ntos/kernel.h"

namespace p2p::pnp {

constexpr bool is_root_device(unsigned function) { return function == ntos::kRootDevice; }

/// Created on first use; nullptr without memory.
PDEVICE_OBJECT root_pdo();
/// nullptr if it has not been asked for.
PDEVICE_OBJECT existing_root_pdo();
void delete_root_pdo();

/// Its identity, as bus_id() and device_text() of pci_bus.h.
std::u16string root_id(BUS_QUERY_ID_TYPE type);
std::u16string root_text(DEVICE_TEXT_TYPE type);

}  // namespace p2p::pnp
