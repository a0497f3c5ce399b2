// Mapping of locked pages. There is one address space: a page's system address is its address, and mapping is the
// bookkeeping that Windows' rules ask for (R-MDL-4).
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/mm/locked_pages.h"
#include "sw/ntos/mm/mdl.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr const char* kRule = "MmMapLockedPages";

std::uint64_t flags_of(const MDL* mdl) { return static_cast<USHORT>(mdl->MdlFlags); }

/// The page numbers are those of memory, and locked by somebody: flags can be set by hand.
void check_pages(PMDL mdl) {
  const std::uint64_t flags = flags_of(mdl);
  const std::size_t count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
  const PFN_NUMBER* pages = MmGetMdlPfnArray(mdl);
  for (std::size_t i = 0; i < count; ++i) {
    ke::verify((flags & MDL_IO_SPACE) != 0 || ke::hardware().page_pointer(pages[i]) != nullptr, 0x89, value_of(mdl),
               value_of(&pages[i]), pages[i], kRule,
               "an MDL was mapped that holds the number of a page that is no memory");
    ke::verify((flags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_SPACE)) != 0 || mm::page_is_locked(pages[i]), 0x85,
               value_of(mdl), count, pages[i], kRule,
               "an MDL was mapped that says its pages are locked, but they are not");
  }
}

PVOID map(PMDL mdl, KPROCESSOR_MODE mode) {
  const std::uint64_t flags = flags_of(mdl);
  const bool kernel = mode == KernelMode;
  ke::verify(mm::has_pages(mdl), 0xB3, value_of(mdl), flags, MDL_PAGES_LOCKED, kRule,
             "an MDL was mapped whose pages are not locked");
  ke::verify(!kernel || (flags & MDL_MAPPED_TO_SYSTEM_VA) == 0, 0xB2, value_of(mdl), flags, MDL_MAPPED_TO_SYSTEM_VA,
             kRule, "an MDL was mapped that is mapped already");
  check_pages(mdl);
  if (ex::refuse_allocation("MmMapLockedPagesSpecifyCache")) return nullptr;
  if (!kernel) return MmGetMdlVirtualAddress(mdl);
  const unsigned partial = (flags & MDL_PARTIAL) != 0 ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0;
  mdl->MdlFlags = static_cast<CSHORT>(flags | MDL_MAPPED_TO_SYSTEM_VA | partial);
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
  mm::note_mapped(mdl);
  return mdl->MappedSystemVa;
}
}  // namespace

extern "C" {

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID BaseAddress, ULONG BugCheckOnFailure,
                                         ULONG Priority) {
  UNREFERENCED_PARAMETER(CacheType);
  UNREFERENCED_PARAMETER(BaseAddress);
  UNREFERENCED_PARAMETER(Priority);
  const std::uint64_t mdl = value_of(MemoryDescriptorList), flags = flags_of(MemoryDescriptorList);
  const KIRQL irql = ke::current_cpu().irql;
  const bool kernel = AccessMode == KernelMode;
  ke::verify(irql <= (kernel ? DISPATCH_LEVEL : APC_LEVEL), kernel ? 0x76u : 0x77u, irql, mdl,
             static_cast<std::uint64_t>(AccessMode), kRule, "MmMapLockedPagesSpecifyCache at a too high IRQL");
  ke::verify(BugCheckOnFailure == FALSE, 0x82, mdl, flags, 0, kRule,
             "MmMapLockedPagesSpecifyCache with BugCheckOnFailure: a machine short of memory would stop");
  return map(MemoryDescriptorList, AccessMode);
}

// The one without a way to fail, behind MmGetSystemAddressForMdl.
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
  ke::verify(false, 0x81, value_of(MemoryDescriptorList), flags_of(MemoryDescriptorList), 0, kRule,
             "MmMapLockedPages cannot fail: MmMapLockedPagesSpecifyCache can");
  PVOID address = map(MemoryDescriptorList, AccessMode);
  if (address == nullptr) {
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_INSUFFICIENT_RESOURCES), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
                    "MmMapLockedPages without memory for a mapping");
  }
  return address;
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
  constexpr const char* kUnmap = "MmUnmapLockedPages";
  const std::uint64_t mdl = value_of(MemoryDescriptorList), flags = flags_of(MemoryDescriptorList);
  const KIRQL irql = ke::current_cpu().irql;
  ke::verify(irql <= DISPATCH_LEVEL, 0x79, irql, value_of(BaseAddress), mdl, kUnmap,
             "MmUnmapLockedPages above DISPATCH_LEVEL");
  ke::verify((flags & MDL_PARENT_MAPPED_SYSTEM_VA) == 0, 0xB5, mdl, flags, MDL_PARENT_MAPPED_SYSTEM_VA, kUnmap,
             "MmUnmapLockedPages of a part whose mapping is its source's");
  ke::verify((flags & MDL_MAPPED_TO_SYSTEM_VA) != 0, 0xB6, mdl, flags, MDL_MAPPED_TO_SYSTEM_VA, kUnmap,
             "MmUnmapLockedPages of an MDL that is not mapped");
  ke::verify(BaseAddress == MemoryDescriptorList->MappedSystemVa, 0xB9, mdl, value_of(BaseAddress), 0, kUnmap,
             "MmUnmapLockedPages of an address the MDL is not mapped at");
  mm::check_mapping(MemoryDescriptorList);
  mm::note_unmapped(MemoryDescriptorList);
  constexpr unsigned kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED;
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(flags & ~std::uint64_t{kMapped});
  MemoryDescriptorList->MappedSystemVa = nullptr;
}

}  // extern "C"
