// Drivers as modules: by path, or by name from where drivers are put.
#pragma once

#include <string>

namespace p2p::tb {

/// DriverEntry of the module. `name` with a slash is a path; else NAME.so is looked for in the folders of
/// PIN2PIN_DRIVER_PATH (separated by colons), in lib/drivers of the current folder and of its build/, in lib/drivers
/// beside the program's bin/ and in lib/pin2pin/drivers there. Throws UsageError that names the folders.
/// `program`: path of the executable.
void* load_driver_entry(const std::string& name, const std::string& program);

/// The driver's name as the kernel knows it: the file's without its folder and ending.
std::string driver_service_name(const std::string& name);

}  // namespace p2p::tb
