// Memory descriptor lists: allocation, locking, parts. Mapping: mdl_mapping.cpp.
#include "sw/ntos/ke/irql.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ke/exception.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/mmio.h"
#include "sw/ntos/mm/locked_pages.h"
#include "sw/ntos/mm/mdl.h"
#include "sw/ntos/mm/shadow.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr ULONG kMdlTag = 0x206C644D;

std::size_t page_count(const MDL* mdl) {
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
}

/// The part of the MDL in its page `index`.
const char* address_in(const MDL* mdl, std::size_t index) {
  return index == 0 ? static_cast<const char*>(MmGetMdlVirtualAddress(mdl))
                    : static_cast<const char*>(mdl->StartVa) + index * PAGE_SIZE;
}

/// False if a page is no memory, or has no physical page and there is none left.
bool fill_pages(PMDL mdl) {
  PPFN_NUMBER pages = MmGetMdlPfnArray(mdl);
  for (std::size_t i = 0; i < page_count(mdl); ++i) {
    std::uint64_t page = 0;
    if (!mm::page_of(address_in(mdl, i), &page)) return false;
    pages[i] = page;
  }
  return true;
}

/// How many page numbers the MDL has room for; what it describes now may be less.
std::size_t capacity(const MDL* mdl) {
  std::size_t bytes = static_cast<USHORT>(mdl->Size);
  if (ex::pool_block_of(mdl, nullptr) == mdl) ex::pool_block_of(mdl, &bytes);
  return (bytes - sizeof(MDL)) / sizeof(PFN_NUMBER);
}

std::uint64_t flags_of(const MDL* mdl) { return static_cast<USHORT>(mdl->MdlFlags); }
void set_flags(PMDL mdl, unsigned flags) { mdl->MdlFlags = static_cast<CSHORT>(flags_of(mdl) | flags); }
void clear_flags(PMDL mdl, unsigned flags) { mdl->MdlFlags = static_cast<CSHORT>(flags_of(mdl) & ~flags); }

void check_lock(const MDL* mdl) {
  const KIRQL irql = ke::current_cpu().irql;
  const bool pageable = ex::pool_is_paged(MmGetMdlVirtualAddress(mdl));
  ke::verify(irql <= (pageable ? APC_LEVEL : DISPATCH_LEVEL), 0x70, irql, value_of(mdl), 0, "MmProbeAndLockPages",
             "MmProbeAndLockPages above DISPATCH_LEVEL, or of pageable memory above APC_LEVEL");
  constexpr unsigned kBuilt = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL;
  ke::verify((flags_of(mdl) & kBuilt) == 0, 0xB0, value_of(mdl), flags_of(mdl), flags_of(mdl) & kBuilt,
             "MmProbeAndLockPages", "MmProbeAndLockPages of an MDL that is locked or prebuilt");  // R-MDL-2, R-MDL-3
}

/// A device's registers are no memory to lock.
void check_pages_known(const MDL* mdl) {
  for (std::size_t i = 0; i < page_count(mdl); ++i) {
    std::uint64_t physical = 0;
    ke::verify(!ke::mmio_translate(address_in(mdl, i), &physical), 0x6F, value_of(mdl), physical / PAGE_SIZE, 0,
               "MmProbeAndLockPages", "MmProbeAndLockPages of a device's registers");
  }
}
}  // namespace

namespace p2p::mm {
bool lockable(const MDL* mdl, KPROCESSOR_MODE mode) {
  for (std::size_t i = 0; i < page_count(mdl); ++i) {
    const char* address = address_in(mdl, i);
    // An application has what allocate_virtual_memory gave it; a driver also its image and its stack.
    if (mode == KernelMode ? !is_memory(address) : !ke::hardware().is_host_memory(address)) return false;
  }
  return mode == KernelMode || ex::pool_block_of(MmGetMdlVirtualAddress(mdl), nullptr) == nullptr;
}
bool has_pages(const MDL* mdl) {
  return (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) != 0;
}
}  // namespace p2p::mm

extern "C" {

// R-MDL-1. nullptr without memory.
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) {
  UNREFERENCED_PARAMETER(ChargeQuota);
  const std::size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
  // Charged to the driver that asks.
  auto* mdl = static_cast<PMDL>(
      ex::pool_allocate(sizeof(MDL) + pages * sizeof(PFN_NUMBER), kMdlTag, true, false, __builtin_return_address(0)));
  if (mdl == nullptr) return nullptr;
  MmInitializeMdl(mdl, VirtualAddress, Length);
  if (Irp == nullptr) return mdl;
  if (!SecondaryBuffer || Irp->MdlAddress == nullptr) {
    Irp->MdlAddress = mdl;
    return mdl;
  }
  PMDL last = Irp->MdlAddress;
  while (last->Next != nullptr) last = last->Next;
  last->Next = mdl;
  return mdl;
}

// One MDL, not its chain; a mapping of a part goes with it (R-MDL-4, R-MDL-5).
VOID NTAPI IoFreeMdl(PMDL Mdl) {
  const bool locked = (Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0;
  ke::verify(!locked || (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0, 0xB8, value_of(Mdl), flags_of(Mdl), 0,
             "IoFreeMdl", "IoFreeMdl of an MDL whose pages are still mapped");
  if (ntos::verifier_enabled() && locked) {
    ntos::bug_check(0xCB, 0, 0, value_of(Mdl), 1, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS",
                    "IoFreeMdl of an MDL whose pages are still locked");
  }
  mm::note_unlocked(Mdl);
  ExFreePoolWithTag(Mdl, kMdlTag);
}

// R-MDL-3.
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  check_lock(MemoryDescriptorList);
  check_pages_known(MemoryDescriptorList);
  if (!mm::lockable(MemoryDescriptorList, AccessMode)) {
    ke::raise_status(STATUS_ACCESS_VIOLATION, __builtin_return_address(0),
                     "MmProbeAndLockPages of memory that is not there, or not the caller's");
  }
  if (!fill_pages(MemoryDescriptorList)) {
    ke::raise_status(STATUS_INSUFFICIENT_RESOURCES, __builtin_return_address(0),
                     "MmProbeAndLockPages of a driver's image or stack without a free page for it");
  }
  mm::note_locked(MemoryDescriptorList, __builtin_return_address(0));
  set_flags(MemoryDescriptorList, MDL_PAGES_LOCKED | (Operation != IoReadAccess ? MDL_WRITE_OPERATION : 0u));
}

VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList) {
  const std::uint64_t flags = flags_of(MemoryDescriptorList), mdl = value_of(MemoryDescriptorList);
  constexpr const char* kRule = "MmUnlockPages";
  const KIRQL irql = ke::current_cpu().irql;
  ke::verify(irql <= DISPATCH_LEVEL, 0x78, irql, mdl, 0, kRule, "MmUnlockPages above DISPATCH_LEVEL");
  ke::verify((flags & MDL_PARTIAL) == 0, 0xB4, mdl, flags, MDL_PARTIAL, kRule,
             "MmUnlockPages of an MDL that IoBuildPartialMdl made");  // R-MDL-2
  ke::verify((flags & MDL_SOURCE_IS_NONPAGED_POOL) == 0, 0x7D, mdl, flags, 0, kRule,
             "MmUnlockPages of an MDL of nonpaged pool");
  ke::verify((flags & MDL_PAGES_LOCKED) != 0, 0x7C, mdl, flags, 0, kRule,
             "MmUnlockPages of an MDL whose pages are not locked");
  if ((flags & MDL_MAPPED_TO_SYSTEM_VA) != 0) mm::check_mapping(MemoryDescriptorList);
  mm::note_unlocked(MemoryDescriptorList);
  clear_flags(MemoryDescriptorList, MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION);
  MemoryDescriptorList->MappedSystemVa = nullptr;
}

// R-MDL-2.
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
  PVOID base = MmGetMdlVirtualAddress(MemoryDescriptorList);
  ke::verify(!ex::pool_is_paged(base), 0x7F, ke::current_cpu().irql, value_of(MemoryDescriptorList), 0,
             "MmBuildMdlForNonPagedPool", "MmBuildMdlForNonPagedPool of paged pool");
  if (!fill_pages(MemoryDescriptorList)) {
    ntos::bug_check(0xC4, 0x140, ke::current_cpu().irql, value_of(MemoryDescriptorList), value_of(base),
                    "MmBuildMdlForNonPagedPool",
                    "MmBuildMdlForNonPagedPool of what is no memory, or no nonpaged memory");
  }
  set_flags(MemoryDescriptorList, MDL_SOURCE_IS_NONPAGED_POOL);
  MemoryDescriptorList->MappedSystemVa = base;
}

// A part shares the whole's pages and, if it is mapped already, its mapping. Length 0: to the end of the whole.
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
  const auto start =
      static_cast<const char*>(VirtualAddress) - static_cast<const char*>(MmGetMdlVirtualAddress(SourceMdl));
  const auto offset = static_cast<std::size_t>(start);
  const bool inside = start >= 0 && offset <= SourceMdl->ByteCount && Length <= SourceMdl->ByteCount - offset;
  const ULONG length = Length != 0 ? Length : static_cast<ULONG>(SourceMdl->ByteCount - offset);
  const std::size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, length);
  const std::size_t room = capacity(TargetMdl);
  if (!inside || pages > room) {
    ntos::bug_check(0x40, value_of(SourceMdl), value_of(TargetMdl), pages, room, "TARGET_MDL_TOO_SMALL",
                    "IoBuildPartialMdl of more than the source holds, or than the target has room for");
  }
  PMDL next = TargetMdl->Next;
  const CSHORT size = TargetMdl->Size;
  MmInitializeMdl(TargetMdl, VirtualAddress, length);
  TargetMdl->Next = next;
  TargetMdl->Size = size;
  set_flags(TargetMdl, MDL_PARTIAL | (flags_of(SourceMdl) & MDL_SOURCE_IS_NONPAGED_POOL));
  if ((SourceMdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0) {
    set_flags(TargetMdl, MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA);
    TargetMdl->MappedSystemVa = static_cast<char*>(SourceMdl->MappedSystemVa) + offset;
  }
  const std::size_t first = (SourceMdl->ByteOffset + offset) / PAGE_SIZE;
  std::memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + first, pages * sizeof(PFN_NUMBER));
}

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress) {
  PHYSICAL_ADDRESS address;
  address.QuadPart = 0;  // what Windows answers for an address that is not valid
  if (!ke::hardware().is_host_memory(BaseAddress)) return address;
  address.QuadPart = static_cast<LONGLONG>(ke::hardware().physical_page(BaseAddress) * PAGE_SIZE +
                                           reinterpret_cast<std::uintptr_t>(BaseAddress) % PAGE_SIZE);
  return address;
}

}  // extern "C"
