// Driver objects and the bus the PCI functions sit on. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <string>

namespace p2p::pnp {

/// A fresh driver object whose dispatch routines all fail with STATUS_INVALID_DEVICE_REQUEST.
PDRIVER_OBJECT create_driver_object(const std::string& name);
void delete_driver_object(PDRIVER_OBJECT driver);
PDRIVER_OBJECT find_driver(const std::string& name);

/// The PDO of a PCI function; created on first use. nullptr if there is no such function.
PDEVICE_OBJECT pdo_of(unsigned function);
void delete_pdo(unsigned function);

/// Sends a PnP request to the stack above `pdo` and waits. `fill` may set parameters.
NTSTATUS send_pnp(PDEVICE_OBJECT pdo, UCHAR minor, PCM_RESOURCE_LIST raw = nullptr,
                  PCM_RESOURCE_LIST translated = nullptr);
void reset();

}  // namespace p2p::pnp
