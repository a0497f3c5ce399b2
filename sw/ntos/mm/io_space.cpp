// Device registers in kernel address space: pages nobody can touch, known to READ/WRITE_REGISTER_*.
#include "sw/ntos/ddk.h"

#include <sys/mman.h>

#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/mmio.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/mm/locked_pages.h"

using namespace p2p;

namespace {
std::map<PVOID, SIZE_T>& mappings() {
  static std::map<PVOID, SIZE_T> map;
  return map;
}

/// Memory may be mapped as if it were a device's only while it is locked.
void check_pages(std::uint64_t first, SIZE_T bytes) {
  for (std::uint64_t page = first / PAGE_SIZE; page <= (first + bytes - 1) / PAGE_SIZE; ++page) {
    ke::verify(ke::hardware().page_pointer(page) == nullptr || mm::page_is_locked(page), 0x83, first, bytes, page,
               "MmMapIoSpace", "MmMapIoSpace of memory that is not locked");
  }
}
}  // namespace

extern "C" {

// R-RES-1.
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType) {
  UNREFERENCED_PARAMETER(CacheType);
  const KIRQL irql = ke::current_cpu().irql;
  if (irql > DISPATCH_LEVEL || NumberOfBytes == 0) {
    ntos::bug_check(0xC4, 0x73, irql, static_cast<std::uint64_t>(PhysicalAddress.QuadPart), NumberOfBytes,
                    "MmMapIoSpace", "MmMapIoSpace above DISPATCH_LEVEL or of no bytes");
  }
  check_pages(static_cast<std::uint64_t>(PhysicalAddress.QuadPart), NumberOfBytes);
  if (ex::refuse_allocation("MmMapIoSpace")) return nullptr;
  const SIZE_T offset = static_cast<SIZE_T>(PhysicalAddress.QuadPart) % PAGE_SIZE;
  void* base = mmap(nullptr, offset + NumberOfBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  PVOID address = static_cast<char*>(base) + offset;
  ke::mmio_add_range(address, NumberOfBytes, static_cast<std::uint64_t>(PhysicalAddress.QuadPart));
  mappings()[address] = NumberOfBytes;
  return address;
}

VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes) {
  auto found = mappings().find(BaseAddress);
  if (ke::current_cpu().irql > APC_LEVEL || found == mappings().end() || found->second != NumberOfBytes) {
    ntos::bug_check(0xC4, 0x7B, ke::current_cpu().irql, reinterpret_cast<std::uintptr_t>(BaseAddress), NumberOfBytes,
                    "MmUnmapIoSpace", "MmUnmapIoSpace above APC_LEVEL, of another size, or of no mapping");
  }
  ke::mmio_remove_range(BaseAddress);
  const SIZE_T offset = reinterpret_cast<std::uintptr_t>(BaseAddress) % PAGE_SIZE;
  munmap(static_cast<char*>(BaseAddress) - offset, offset + NumberOfBytes);
  mappings().erase(found);
}

}  // extern "C"
