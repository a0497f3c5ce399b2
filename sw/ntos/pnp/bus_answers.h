// What every bus driver does alike with requests for its devices. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstddef>
#include <string>

namespace p2p::pnp {

/// A driver object with the dispatch routines of a bus driver; nullptr without memory.
PDRIVER_OBJECT create_bus_driver(const std::string& name, PDRIVER_DISPATCH pnp, PDRIVER_DISPATCH power);
/// A new device is there, pageable, in power state `state`.
void announce(PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state);

NTSTATUS complete(PIRP irp, NTSTATUS status);
/// An answer in pool that the sender frees. Errors: STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS answer(PIRP irp, const void* data, std::size_t bytes);
/// The same of a text or, with a zero at its end, of a list of texts; `unchanged` where there is none.
NTSTATUS answer_text(PIRP irp, const std::u16string& text, NTSTATUS unchanged);
/// Of a device without children: it is its own target, other relations stay as they are.
NTSTATUS answer_relations(PDEVICE_OBJECT pdo, PIRP irp, DEVICE_RELATION_TYPE type);
/// D0 while the system works, D3 while it sleeps, nothing wakes it; the rest is the bus's. STATUS_NOT_SUPPORTED for a
/// structure of another version.
NTSTATUS answer_power_capabilities(PDEVICE_CAPABILITIES capabilities);

}  // namespace p2p::pnp
