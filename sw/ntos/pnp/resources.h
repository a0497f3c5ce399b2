// What the bus assigns to a function: one memory range and one interrupt line (R-RES-3). Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// A resource list in paged pool, for the caller to free; nullptr without memory. Raw and translated are the same here
/// but for the interrupt's level.
PCM_RESOURCE_LIST resource_list(unsigned function, bool translated);
/// What the function asks for: exactly what the firmware gave it.
PIO_RESOURCE_REQUIREMENTS_LIST resource_requirements(unsigned function);

}  // namespace p2p::pnp
