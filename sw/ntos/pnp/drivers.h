// Driver objects. Needs sw/ntos/ddk.h before it.
#pragma once

#include <string>

#include "sw/ntos/pnp/pci_bus.h"

namespace p2p::pnp {

/// A fresh driver object, an object with one reference, whose dispatch routines all fail with
/// STATUS_INVALID_DEVICE_REQUEST. `code` is an address in the driver's image, nullptr for the kernel's own drivers.
/// nullptr without memory.
PDRIVER_OBJECT create_driver_object(const std::string& name, const void* code = nullptr);
/// It is found no more, and goes with its last reference.
void delete_driver_object(PDRIVER_OBJECT driver);
/// nullptr if none of that name is loaded.
PDRIVER_OBJECT find_driver(const std::string& name);
const void* code_of(PDRIVER_OBJECT driver);
/// Its name; "?" if it is no driver that is loaded.
std::string driver_name(PDRIVER_OBJECT driver);

}  // namespace p2p::pnp
