// What the bus assigns to a function: one memory range and one interrupt line or its messages (R-RES-3). Needs
// sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// A resource list in paged pool, for the caller to free; nullptr without memory. Raw and translated are the same here
/// but for the interrupt. All messages of a function are one descriptor.
PCM_RESOURCE_LIST resource_list(unsigned function, bool translated);
/// What the function asks for: the memory range that the firmware gave it, and its messages or its line.
PIO_RESOURCE_REQUIREMENTS_LIST resource_requirements(unsigned function);

}  // namespace p2p::pnp
