// Driver objects and the bus the PCI functions sit on. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <string>

namespace p2p::pnp {

/// A fresh driver object whose dispatch routines all fail with STATUS_INVALID_DEVICE_REQUEST.
/// `code` is an address in the driver's image, nullptr for the kernel's own drivers.
PDRIVER_OBJECT create_driver_object(const std::string& name, const void* code = nullptr);
void delete_driver_object(PDRIVER_OBJECT driver);
PDRIVER_OBJECT find_driver(const std::string& name);
const void* code_of(PDRIVER_OBJECT driver);

/// The PDO of a PCI function; created on first use. nullptr if there is no such function.
PDEVICE_OBJECT pdo_of(unsigned function);
void delete_pdo(unsigned function);
/// The PCI function whose PDO this is, or -1.
int pdo_function(PDEVICE_OBJECT device);

/// Sends a PnP request to the stack above `pdo` and waits. `fill` may set parameters.
NTSTATUS send_pnp(PDEVICE_OBJECT pdo, UCHAR minor, PCM_RESOURCE_LIST raw = nullptr,
                  PCM_RESOURCE_LIST translated = nullptr);
void reset();

}  // namespace p2p::pnp
