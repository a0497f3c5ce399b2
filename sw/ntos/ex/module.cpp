#include "sw/ntos/ex/module.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <unordered_map>

namespace p2p::ex {

namespace {
const void* base_of(const void* code) {
  Dl_info info = {};
  return dladdr(code, &info) != 0 ? info.dli_fbase : nullptr;
}

constexpr std::size_t kMostDrivers = 64;
struct DriverImages {  // a signal handler looks into it at any time: entries stay where they are
  std::array<Image, kMostDrivers> images;
  std::array<std::string, kMostDrivers> paths;
  std::size_t count = 0;
};
DriverImages g_drivers;

struct Search {
  std::uintptr_t wanted;
  Image found;
};
int look_at(dl_phdr_info* info, std::size_t, void* context) {
  auto* search = static_cast<Search*>(context);
  Image image{UINTPTR_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    image.first = std::min(image.first, info->dlpi_addr + segment.p_vaddr);
    image.end = std::max(image.end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
  }
  if (image.end == 0 || !image.contains(search->wanted)) return 0;
  search->found = image;
  return 1;
}
}  // namespace

const void* module_of(const void* code) {
  static const void* const own = base_of(reinterpret_cast<const void*>(&module_of));
  // Call sites are few and asked for again and again.
  static auto* const known = new std::unordered_map<const void*, const void*>;
  if (code == nullptr) return nullptr;
  auto [it, fresh] = known->try_emplace(code, nullptr);
  if (fresh) {
    const void* base = base_of(code);
    it->second = base != own ? base : nullptr;
  }
  return it->second;
}

Image image_of(const void* code) {
  if (module_of(code) == nullptr) return {};
  Search search{reinterpret_cast<std::uintptr_t>(code), {}};
  dl_iterate_phdr(look_at, &search);
  return search.found;
}

void add_driver_image(const void* entry) {
  Dl_info info = {};
  if (module_of(entry) == nullptr || dladdr(entry, &info) == 0 || is_driver_image(info.dli_fname)) return;
  if (g_drivers.count == kMostDrivers) return;
  g_drivers.images[g_drivers.count] = image_of(entry);
  g_drivers.paths[g_drivers.count] = info.dli_fname;
  ++g_drivers.count;
}

bool is_driver_image(std::string_view path) {
  return std::ranges::any_of(std::span(g_drivers.paths).first(g_drivers.count),
                             [=](const std::string& known) { return known == path; });
}

bool is_driver_code(std::uintptr_t address) {
  return std::ranges::any_of(std::span(g_drivers.images).first(g_drivers.count),
                             [=](const Image& image) { return image.contains(address); });
}

}  // namespace p2p::ex
