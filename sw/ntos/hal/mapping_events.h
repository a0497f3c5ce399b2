// What a device may reach, told to whoever listens: dma.map and dma.unmap (docs/events.md). Needs sw/ntos/ddk.h before
// it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace p2p::hal {

struct MappedPage;

/// Something was mapped; its number for `tell_unmapped`. `kind`: "list", "transfer" or "common buffer". `mdl`: what it
/// maps, nullptr for common buffers.
std::uint64_t tell_mapped(std::string_view kind, std::uint64_t address, std::uint64_t bytes, bool write_to_device,
                          const MDL* mdl);
/// The same of pages, which may lie apart: their first address, and the bytes of all.
std::uint64_t tell_mapped(std::string_view kind, const std::vector<MappedPage>& pages, bool write_to_device,
                          const MDL* mdl);
void tell_unmapped(std::uint64_t mapping);

}  // namespace p2p::hal
