// [registry] of a run's TOML: what the driver finds in the registry.
#pragma once

#include <string>
#include <vector>

#include <toml++/toml.h>

#include "ntos/kernel.h"

namespace p2p::tb {

/// `section` holds the tables "service", "device", "software", or quoted paths from \Registry; tables in them are
/// subkeys. Integers are REG_DWORD (REG_QWORD beyond 32 bits), strings REG_SZ, lists of strings REG_MULTI_SZ, lists of
/// integers from 0 to 255 REG_BINARY, booleans REG_DWORD 0 or 1. Anything else throws UsageError naming file and key.
std::vector<ntos::RegistryValue> registry_values(const std::string& file, const toml::table& section);

}  // namespace p2p::tb
