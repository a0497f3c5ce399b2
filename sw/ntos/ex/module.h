// Which loaded module a code address belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace p2p::ex {

/// Identifies the module (a driver's image) that holds `code`; nullptr for null and for the kernel's own program.
const void* module_of(const void* code);

/// Where an image lies in memory.
struct Image {
  std::uintptr_t first = 0, end = 0;
  std::size_t bytes() const { return end - first; }
  bool contains(std::uintptr_t address) const { return address - first < bytes(); }
  const void* base() const { return reinterpret_cast<const void*>(first); }
};
/// The image of the module that holds `code`; empty for the kernel's own program.
Image image_of(const void* code);

/// The module of a driver's entry point is a driver's from now on.
void add_driver_image(const void* entry);
/// Is the file, by its path, one of them?
bool is_driver_image(std::string_view path);
/// Does the address lie in one of them? Also from a signal handler.
bool is_driver_code(std::uintptr_t address);

}  // namespace p2p::ex
