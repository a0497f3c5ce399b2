// Which loaded module a code address belongs to.
#pragma once

namespace p2p::ex {

/// Identifies the module (a driver's image) that holds `code`; nullptr for null and for the kernel's own program.
const void* module_of(const void* code);

}  // namespace p2p::ex
