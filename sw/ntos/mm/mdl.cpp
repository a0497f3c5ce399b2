// Memory descriptor lists.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/mm/mdl.h"

using namespace p2p;

namespace {
constexpr ULONG kMdlTag = 0x206C644D;

void fill_pages(PMDL mdl) {
  auto* pages = MmGetMdlPfnArray(mdl);
  const auto* base = static_cast<const char*>(mdl->StartVa);
  const ULONG count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
  for (ULONG i = 0; i < count; ++i) pages[i] = ke::hardware().physical_page(base + std::size_t{i} * PAGE_SIZE);
}
}  // namespace

namespace p2p::mm {
bool lockable(const MDL* mdl) {
  const auto* first = static_cast<const char*>(mdl->StartVa);
  const auto count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
  for (std::size_t i = 0; i < count; ++i) {
    if (!ke::hardware().is_host_memory(first + i * PAGE_SIZE)) return false;
  }
  return true;
}
}  // namespace p2p::mm

extern "C" {

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) {
  UNREFERENCED_PARAMETER(ChargeQuota);
  const ULONG pages = static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length));
  const SIZE_T bytes = sizeof(MDL) + pages * sizeof(PFN_NUMBER);
  auto* mdl = static_cast<PMDL>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kMdlTag));
  if (mdl == nullptr) return nullptr;
  MmInitializeMdl(mdl, VirtualAddress, Length);
  mdl->Size = static_cast<CSHORT>(bytes);
  if (Irp != nullptr) {  // R-MDL-1
    if (SecondaryBuffer && Irp->MdlAddress != nullptr) {
      PMDL last = Irp->MdlAddress;
      while (last->Next != nullptr) last = last->Next;
      last->Next = mdl;
    } else {
      Irp->MdlAddress = mdl;
    }
  }
  return mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl) {
  if (ntos::verifier_enabled() && (Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) {
    ntos::bug_check(0xCB, 0, 0, reinterpret_cast<std::uintptr_t>(Mdl), 1, "DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS",
                    "IoFreeMdl of an MDL whose pages are still locked");
  }
  ExFreePoolWithTag(Mdl, kMdlTag);
}

VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  UNREFERENCED_PARAMETER(AccessMode);
  const KIRQL irql = ke::current_cpu().irql;
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x70, irql, reinterpret_cast<std::uintptr_t>(MemoryDescriptorList), 0, "MmProbeAndLockPages",
                    "MmProbeAndLockPages above DISPATCH_LEVEL");
  }
  if ((MemoryDescriptorList->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) != 0) {
    ntos::bug_check(0xC4, 0xB0, reinterpret_cast<std::uintptr_t>(MemoryDescriptorList),
                    static_cast<USHORT>(MemoryDescriptorList->MdlFlags), 0, "MmProbeAndLockPages",
                    "MmProbeAndLockPages of an MDL that is locked or prebuilt");  // R-MDL-2, R-MDL-3
  }
  if (!mm::lockable(MemoryDescriptorList)) {
    // On Windows this raises STATUS_ACCESS_VIOLATION, which a driver must be prepared to catch.
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_ACCESS_VIOLATION), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
                    "MmProbeAndLockPages of memory that is not simulated host memory");
  }
  fill_pages(MemoryDescriptorList);
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(MemoryDescriptorList->MdlFlags | MDL_PAGES_LOCKED |
                                                       (Operation != IoReadAccess ? MDL_WRITE_OPERATION : 0));
}

VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList) {
  if ((MemoryDescriptorList->MdlFlags & MDL_PAGES_LOCKED) == 0) {
    ntos::bug_check(0xC4, 0x7C, reinterpret_cast<std::uintptr_t>(MemoryDescriptorList),
                    static_cast<USHORT>(MemoryDescriptorList->MdlFlags), 0, "MmUnlockPages",
                    "MmUnlockPages of an MDL whose pages are not locked");
  }
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(
      MemoryDescriptorList->MdlFlags & ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION));
  MemoryDescriptorList->MappedSystemVa = nullptr;
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
  fill_pages(MemoryDescriptorList);
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(MemoryDescriptorList->MdlFlags | MDL_SOURCE_IS_NONPAGED_POOL);
  MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID BaseAddress, ULONG BugCheckOnFailure,
                                         ULONG Priority) {
  UNREFERENCED_PARAMETER(AccessMode);
  UNREFERENCED_PARAMETER(CacheType);
  UNREFERENCED_PARAMETER(BaseAddress);
  UNREFERENCED_PARAMETER(BugCheckOnFailure);
  UNREFERENCED_PARAMETER(Priority);
  // One address space: the system address of a page is its address.
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(MemoryDescriptorList->MdlFlags | MDL_MAPPED_TO_SYSTEM_VA);
  MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
  return MemoryDescriptorList->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
  if (BaseAddress != MemoryDescriptorList->MappedSystemVa) {
    ntos::bug_check(0xC4, 0xB9, reinterpret_cast<std::uintptr_t>(MemoryDescriptorList), 0, 0, "MmUnmapLockedPages",
                    "MmUnmapLockedPages of an address the MDL is not mapped at");
  }
  MemoryDescriptorList->MdlFlags = static_cast<CSHORT>(MemoryDescriptorList->MdlFlags & ~MDL_MAPPED_TO_SYSTEM_VA);
  MemoryDescriptorList->MappedSystemVa = nullptr;
}

VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
  const auto offset =
      static_cast<std::size_t>(static_cast<const char*>(VirtualAddress) - static_cast<const char*>(SourceMdl->StartVa));
  const ULONG length = Length != 0 ? Length : static_cast<ULONG>(SourceMdl->ByteOffset + SourceMdl->ByteCount - offset);
  const CSHORT size = TargetMdl->Size;
  MmInitializeMdl(TargetMdl, VirtualAddress, length);
  TargetMdl->Size = size;
  TargetMdl->MdlFlags = static_cast<CSHORT>(MDL_PARTIAL | (SourceMdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL));
  TargetMdl->MappedSystemVa = VirtualAddress;
  const ULONG count = static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, length));
  for (ULONG i = 0; i < count; ++i)
    MmGetMdlPfnArray(TargetMdl)[i] = MmGetMdlPfnArray(SourceMdl)[offset / PAGE_SIZE + i];
}

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress) {
  PHYSICAL_ADDRESS address;
  address.QuadPart = static_cast<LONGLONG>(ke::hardware().physical_page(BaseAddress) * PAGE_SIZE +
                                           reinterpret_cast<std::uintptr_t>(BaseAddress) % PAGE_SIZE);
  return address;
}

}  // extern "C"
