// Mapping of locked pages. There is one address space: a page's system address is its address, and mapping is the
// bookkeeping that Windows' rules ask for (R-MDL-4).
#include "sw/ntos/ke/irql.h"

#include <map>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/mm/locked_pages.h"
#include "sw/ntos/mm/mdl.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr const char* kRule = "MmMapLockedPages";

/// How many user-mode mappings an MDL has; its flags tell of the system's only.
std::map<const MDL*, unsigned>& user_mappings() {  // looked up, never walked
  static auto* const all = new std::map<const MDL*, unsigned>;
  return *all;
}

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
  if (!kernel) {
    ++user_mappings()[mdl];
    return MmGetMdlVirtualAddress(mdl);
  }
  const unsigned partial = (flags & MDL_PARTIAL) != 0 ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0;
  mdl->MdlFlags = static_cast<CSHORT>(flags | MDL_MAPPED_TO_SYSTEM_VA | partial);
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
  mm::note_mapped(mdl);
  return mdl->MappedSystemVa;
}
/// `kernel_code` is the sub-code for a kernel-mode mapping, the next one that for a user-mode mapping.
void check_map_irql(const MDL* mdl, KPROCESSOR_MODE mode, std::uint64_t kernel_code, const char* message) {
  const KIRQL irql = ke::current_cpu().irql;
  const bool kernel = mode == KernelMode;
  ke::verify(irql <= (kernel ? DISPATCH_LEVEL : APC_LEVEL), kernel ? kernel_code : kernel_code + 1, irql, value_of(mdl),
             static_cast<std::uint64_t>(mode), kRule, message);
}

/// True if that was one of the MDL's user-mode mappings, which is gone now.
bool unmap_user(PVOID address, PMDL mdl) {
  const auto found = user_mappings().find(mdl);
  if (found == user_mappings().end() || address != MmGetMdlVirtualAddress(mdl)) return false;
  const KIRQL irql = ke::current_cpu().irql;
  ke::verify(irql <= APC_LEVEL, 0x7A, irql, value_of(address), value_of(mdl), "MmUnmapLockedPages",
             "MmUnmapLockedPages of a user-mode mapping above APC_LEVEL");
  if (--found->second == 0) user_mappings().erase(found);
  return true;
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
  check_map_irql(MemoryDescriptorList, AccessMode, 0x76, "MmMapLockedPagesSpecifyCache at a too high IRQL");
  ke::verify(BugCheckOnFailure == FALSE, 0x82, mdl, flags, 0, kRule,
             "MmMapLockedPagesSpecifyCache with BugCheckOnFailure: a machine short of memory would stop");
  return map(MemoryDescriptorList, AccessMode);
}

// The one without a way to fail, behind MmGetSystemAddressForMdl.
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
  check_map_irql(MemoryDescriptorList, AccessMode, 0x74, "MmMapLockedPages at a too high IRQL");
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
  if ((flags & MDL_MAPPED_TO_SYSTEM_VA) == 0 && unmap_user(BaseAddress, MemoryDescriptorList)) return;
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
