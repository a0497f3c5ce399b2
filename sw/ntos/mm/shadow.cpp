#include "sw/ntos/mm/shadow.h"

#include <sys/uio.h>
#include <unistd.h>

#include <unordered_map>

#include "sw/ntos/ke/machine.h"

namespace p2p::mm {

namespace {
struct Shadows {  // looked up, never walked
  std::unordered_map<std::uintptr_t, std::uint64_t> by_original;
  std::unordered_map<std::uint64_t, std::uintptr_t> by_page;
};
Shadows& shadows() {
  static auto* const state = new Shadows;
  return *state;
}

/// A pointer into a process' memory need not be readable: the system tells without a signal.
bool readable(const void* address) {
  char byte = 0;
  const iovec here{&byte, 1}, there{const_cast<void*>(address), 1};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}
}  // namespace

bool is_memory(const void* address) { return ke::hardware().is_host_memory(address) || readable(address); }

bool page_of(const void* address, std::uint64_t* physical_page) {
  if (ke::hardware().is_host_memory(address)) {
    *physical_page = ke::hardware().physical_page(address);
    return true;
  }
  const std::uintptr_t original = reinterpret_cast<std::uintptr_t>(address) & ~std::uintptr_t{kPageBytes - 1};
  if (auto known = shadows().by_original.find(original); known != shadows().by_original.end()) {
    *physical_page = known->second;
    return true;
  }
  const void* shadow = readable(address) ? ke::hardware().allocate_pages(1) : nullptr;
  if (shadow == nullptr) return false;
  *physical_page = ke::hardware().physical_page(shadow);
  shadows().by_original[original] = *physical_page;
  shadows().by_page[*physical_page] = original;
  return true;
}

void* cpu_view(std::uint64_t physical_page) {
  auto shadow = shadows().by_page.find(physical_page);
  if (shadow == shadows().by_page.end()) return ke::hardware().page_pointer(physical_page);
  return reinterpret_cast<void*>(shadow->second);
}

}  // namespace p2p::mm
