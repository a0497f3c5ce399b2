// Mapping of locked pages. There is one address space: a page's system address is its address, and mapping is the
// bookkeeping that Windows' rules ask for (R-MDL-4).
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/mm/mdl.h"

using namespace p2p;
using ke::value_of;

namespace {
std::uint64_t flags_of(const MDL* mdl) { return static_cast<USHORT>(mdl->MdlFlags); }
}  // namespace

extern "C" {

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID BaseAddress, ULONG BugCheckOnFailure,
                                         ULONG Priority) {
  UNREFERENCED_PARAMETER(CacheType);
  UNREFERENCED_PARAMETER(BaseAddress);
  UNREFERENCED_PARAMETER(BugCheckOnFailure);
  UNREFERENCED_PARAMETER(Priority);
  constexpr const char* kRule = "MmMapLockedPages";
  const std::uint64_t mdl = value_of(MemoryDescriptorList), flags = flags_of(MemoryDescriptorList);
  const KIRQL irql = ke::current_cpu().irql;
  const bool kernel = AccessMode == KernelMode;
  ke::verify(irql <= (kernel ? DISPATCH_LEVEL : APC_LEVEL), kernel ? 0x76u : 0x77u, irql, mdl,
             static_cast<std::uint64_t>(AccessMode), kRule, "MmMapLockedPagesSpecifyCache at a too high IRQL");
  ke::verify(mm::has_pages(MemoryDescriptorList), 0xB3, mdl, flags, MDL_PAGES_LOCKED, kRule,
             "an MDL was mapped whose pages are not locked");
  ke::verify(!kernel || (flags & MDL_MAPPED_TO_SYSTEM_VA) == 0, 0xB2, mdl, flags, MDL_MAPPED_TO_SYSTEM_VA, kRule,
             "an MDL was mapped that is mapped already");
  if (ex::refuse_allocation("MmMapLockedPagesSpecifyCache")) return nullptr;
  if (!kernel) return MmGetMdlVirtualAddress(MemoryDescriptorList);
  const unsigned partial = (flags & MDL_PARTIAL) != 0 ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0;
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(flags | MDL_MAPPED_TO_SYSTEM_VA | partial);
  MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
  return MemoryDescriptorList->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
  constexpr const char* kRule = "MmUnmapLockedPages";
  const std::uint64_t mdl = value_of(MemoryDescriptorList), flags = flags_of(MemoryDescriptorList);
  const KIRQL irql = ke::current_cpu().irql;
  ke::verify(irql <= DISPATCH_LEVEL, 0x79, irql, value_of(BaseAddress), mdl, kRule,
             "MmUnmapLockedPages above DISPATCH_LEVEL");
  ke::verify((flags & MDL_PARENT_MAPPED_SYSTEM_VA) == 0, 0xB5, mdl, flags, MDL_PARENT_MAPPED_SYSTEM_VA, kRule,
             "MmUnmapLockedPages of a part whose mapping is its source's");
  ke::verify((flags & MDL_MAPPED_TO_SYSTEM_VA) != 0, 0xB6, mdl, flags, MDL_MAPPED_TO_SYSTEM_VA, kRule,
             "MmUnmapLockedPages of an MDL that is not mapped");
  ke::verify(BaseAddress == MemoryDescriptorList->MappedSystemVa, 0xB9, mdl, value_of(BaseAddress), 0, kRule,
             "MmUnmapLockedPages of an address the MDL is not mapped at");
  constexpr unsigned kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED;
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(flags & ~std::uint64_t{kMapped});
  MemoryDescriptorList->MappedSystemVa = nullptr;
}

}  // extern "C"
