#include "sw/ntos/ex/module.h"

#include <dlfcn.h>

#include <unordered_map>

namespace p2p::ex {

namespace {
const void* base_of(const void* code) {
  Dl_info info = {};
  return dladdr(code, &info) != 0 ? info.dli_fbase : nullptr;
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

}  // namespace p2p::ex
