// The object namespace as far as devices need it, and device interfaces. Needs sw/ntos/ddk.h before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace p2p::io {

std::u16string to_u16(const UNICODE_STRING& text);
bool is_named(std::u16string_view name);
void name_device(const std::u16string& name, PDEVICE_OBJECT device);
void forget_device(PDEVICE_OBJECT device);
bool add_link(const std::u16string& link, const std::u16string& target);
bool remove_link(const std::u16string& link);

/// Follows links; splits `path` into the device it names and what follows ("\\reference string"). nullptr if unknown.
/// Case-insensitive, as Windows.
PDEVICE_OBJECT resolve(std::u16string_view path, std::u16string* remainder);

/// ASCII letters to lower case: names compare case-insensitively.
std::u16string lower(std::u16string_view text);

/// The device of the enabled interface `path` begins with, and what follows.
PDEVICE_OBJECT interface_device(std::u16string_view path, std::u16string* remainder);
void forget_interfaces(PDEVICE_OBJECT device);
/// Enabled interfaces of a class, in order of registration.
std::vector<std::u16string> enabled_interfaces(const GUID& interface_class);

}  // namespace p2p::io
