#include "sw/ntos/io/paged_code.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace p2p::io {

namespace {
/// From, to; as addresses in the file.
using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

template <class T>
bool read(std::ifstream& file, std::uint64_t offset, T* into, std::size_t count) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(count * sizeof(T))));
}

Ranges paged_sections(const char* path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header;
  if (!read(file, 0, &header, 1) || header.e_shstrndx >= header.e_shnum) return {};
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (!read(file, header.e_shoff, sections.data(), sections.size())) return {};
  std::string names(sections[header.e_shstrndx].sh_size, '\0');
  if (!read(file, sections[header.e_shstrndx].sh_offset, names.data(), names.size())) return {};
  Ranges ranges;
  for (const Elf64_Shdr& section : sections) {
    if (names.compare(section.sh_name, 4, "PAGE") != 0) continue;
    ranges.emplace_back(section.sh_addr, section.sh_addr + section.sh_size);
  }
  return ranges;
}

bool look_up(const void* code) {
  static auto* const modules = new std::map<std::string, Ranges>;
  Dl_info info = {};
  if (dladdr(code, &info) == 0 || info.dli_fname == nullptr) return false;
  const auto [module, fresh] = modules->try_emplace(info.dli_fname);
  if (fresh) module->second = paged_sections(info.dli_fname);
  const std::uint64_t at = reinterpret_cast<std::uintptr_t>(code) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  for (const auto& [from, to] : module->second) {
    if (at >= from && at < to) return true;
  }
  return false;
}
}  // namespace

bool is_paged_code(const void* code) {
  static auto* const known = new std::unordered_map<const void*, bool>;  // routines are few and asked for again
  const auto [it, fresh] = known->try_emplace(code, false);
  if (fresh) it->second = look_up(code);
  return it->second;
}

}  // namespace p2p::io
