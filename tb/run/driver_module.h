// Drivers are modules with one visible symbol, DriverEntry.
#pragma once

#include <string>

namespace p2p::tb {

/// `name`: a driver beside the program (lib/drivers/NAME.so) or a path with a slash. Throws UsageError.
void* load_driver_entry(const std::string& name, const std::string& program);

}  // namespace p2p::tb
