// Memory descriptor lists: rules R-MDL-1 to R-MDL-5.
#include "tests/ntos/kernel_fixture.h"

#include "ntos/syscalls.h"

namespace p2p::test {
namespace {

class MmMdl : public KernelTest {
 protected:
  static char* pool(std::size_t bytes, bool paged = false) {
    return static_cast<char*>(ExAllocatePool2(paged ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, bytes, 'tseT'));
  }
  static PMDL make(char* data, ULONG bytes) { return IoAllocateMdl(data, bytes, FALSE, FALSE, nullptr); }
  static PMDL locked(char* data, ULONG bytes, LOCK_OPERATION operation = IoModifyAccess) {
    PMDL mdl = make(data, bytes);
    MmProbeAndLockPages(mdl, KernelMode, operation);
    return mdl;
  }
  static void release(PMDL mdl) {
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  static PVOID address_of(PMDL mdl) { return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); }
};

TEST_F(MmMdl, R_MDL_1_DescribesTheBuffer) {
  expect_no_bugcheck([&] {
    char* data = pool(3 * PAGE_SIZE);
    PMDL mdl = make(data + 100, 2 * PAGE_SIZE);
    EXPECT_EQ(MmGetMdlVirtualAddress(mdl), data + 100);
    EXPECT_EQ(MmGetMdlByteCount(mdl), static_cast<ULONG>(2 * PAGE_SIZE));
    EXPECT_EQ(MmGetMdlByteOffset(mdl), 100u);
    EXPECT_EQ(mdl->Next, nullptr);
    EXPECT_EQ(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(MmGetMdlPfnArray(mdl)[i], 0u);  // not filled
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_1_AttachesToTheIrpOrItsChain) {
  expect_no_bugcheck([&] {
    char* data = pool(100);
    PIRP irp = IoAllocateIrp(1, FALSE);
    PMDL first = IoAllocateMdl(data, 10, FALSE, FALSE, irp);
    PMDL second = IoAllocateMdl(data, 20, TRUE, FALSE, irp);
    PMDL third = IoAllocateMdl(data, 30, TRUE, FALSE, irp);
    EXPECT_EQ(irp->MdlAddress, first);
    EXPECT_EQ(first->Next, second);
    EXPECT_EQ(second->Next, third);
    EXPECT_EQ(third->Next, nullptr);
    for (PMDL mdl : {first, second, third}) IoFreeMdl(mdl);
    IoFreeIrp(irp);
  });
}

TEST_F(MmMdl, R_MDL_1_NullWithoutMemory) {
  expect_no_bugcheck([&] {
    char* data = pool(1 << 22);
    hardware.page_limit = hardware.pages_allocated();
    EXPECT_EQ(make(data, 1 << 22), nullptr);
  });
}

TEST_F(MmMdl, R_MDL_2_NonPagedPoolIsBuiltAndMapped) {
  expect_no_bugcheck([&] {
    char* data = pool(2 * PAGE_SIZE);
    PMDL mdl = make(data + 10, PAGE_SIZE);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(MmGetMdlPfnArray(mdl)[0], hardware.physical_page(data));
    EXPECT_EQ(MmGetMdlPfnArray(mdl)[1], hardware.physical_page(data + PAGE_SIZE));
    EXPECT_EQ(address_of(mdl), data + 10);
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_2_LockingAPrebuiltMdlIsC4_B0) {
  expect_bugcheck(0xC4, 0xB0, [&] {
    PMDL mdl = make(pool(100), 100);
    MmBuildMdlForNonPagedPool(mdl);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  });
}

TEST_F(MmMdl, R_MDL_2_LockingAPartialMdlIsC4_B0) {
  expect_bugcheck(0xC4, 0xB0, [&] {
    char* data = pool(100);
    PMDL part = make(data, 100);
    IoBuildPartialMdl(locked(data, 100), part, data, 50);
    MmProbeAndLockPages(part, KernelMode, IoReadAccess);
  });
}

TEST_F(MmMdl, R_MDL_2_UnlockingNonPagedPoolIsC4_7D) {
  expect_bugcheck(0xC4, 0x7D, [&] {
    PMDL mdl = make(pool(100), 100);
    MmBuildMdlForNonPagedPool(mdl);
    MmUnlockPages(mdl);
  });
}

TEST_F(MmMdl, R_MDL_2_BuildingForPagedPoolIsC4_7F) {
  expect_bugcheck(0xC4, 0x7F, [&] { MmBuildMdlForNonPagedPool(make(pool(100, true), 100)); });
}

TEST_F(MmMdl, R_MDL_2_UnlockingAPartialMdlIsC4_B4) {
  expect_bugcheck(0xC4, 0xB4, [&] {
    char* data = pool(100);
    PMDL part = make(data, 100);
    IoBuildPartialMdl(locked(data, 100), part, data, 50);
    MmUnlockPages(part);
  });
}

TEST_F(MmMdl, R_MDL_3_LocksAndUnlocks) {
  expect_no_bugcheck([&] {
    char* data = pool(2 * PAGE_SIZE);
    PMDL mdl = locked(data + 50, PAGE_SIZE, IoReadAccess);
    EXPECT_NE(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    EXPECT_EQ(mdl->MdlFlags & MDL_WRITE_OPERATION, 0);
    EXPECT_EQ(MmGetMdlPfnArray(mdl)[1], hardware.physical_page(data + PAGE_SIZE));
    MmUnlockPages(mdl);
    EXPECT_EQ(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    for (LOCK_OPERATION operation : {IoWriteAccess, IoModifyAccess}) {  // equivalent
      MmProbeAndLockPages(mdl, KernelMode, operation);
      EXPECT_NE(mdl->MdlFlags & MDL_WRITE_OPERATION, 0);
      MmUnlockPages(mdl);
    }
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_3_LockedTwiceIsC4_B0) {
  expect_bugcheck(0xC4, 0xB0, [&] { MmProbeAndLockPages(locked(pool(100), 100), KernelMode, IoReadAccess); });
}

TEST_F(MmMdl, R_MDL_3_UnlockedTwiceIsC4_7C) {
  expect_bugcheck(0xC4, 0x7C, [&] {
    PMDL mdl = locked(pool(100), 100);
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
  });
}

TEST_F(MmMdl, R_MDL_3_AnAddressThatIsNoMemoryRaisesAccessViolation) {
  expect_bugcheck(0x1E, static_cast<ULONG>(STATUS_ACCESS_VIOLATION),
                  [&] { locked(reinterpret_cast<char*>(0x10000), 100); });
}

TEST_F(MmMdl, R_MDL_3_ADriversStackLocksInKernelModeOnly) {
  expect_no_bugcheck([&] {
    char stack[100] = "on the stack";
    PMDL mdl = locked(stack, sizeof stack);
    EXPECT_EQ(address_of(mdl), static_cast<void*>(stack));
    EXPECT_NE(hardware.page_pointer(MmGetMdlPfnArray(mdl)[0]), nullptr);
    PMDL again = locked(stack, sizeof stack);
    EXPECT_EQ(MmGetMdlPfnArray(again)[0], MmGetMdlPfnArray(mdl)[0]);
    release(again);
    release(mdl);
    mdl = make(stack, sizeof stack);
    EXPECT_EQ(ntos::probe_and_lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_2_ADriversGlobalIsNonPaged) {
  expect_no_bugcheck([&] {
    static char global[2 * PAGE_SIZE];
    PMDL mdl = make(global, sizeof global);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(address_of(mdl), static_cast<void*>(global));
    EXPECT_NE(MmGetMdlPfnArray(mdl)[0], MmGetMdlPfnArray(mdl)[1]);
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_2_BuildingForNoMemoryIsReported) {
  expect_bugcheck(0xC4, 0x140, [&] { MmBuildMdlForNonPagedPool(make(reinterpret_cast<char*>(0x10000), 100)); });
}

TEST_F(MmMdl, R_MDL_3_AKernelAddressFromUserModeRaisesAccessViolation) {
  expect_bugcheck(0x1E, static_cast<ULONG>(STATUS_ACCESS_VIOLATION), [&] {
    PMDL mdl = make(pool(100), 100);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
  });
}

TEST_F(MmMdl, R_MDL_3_UserMemoryLocksFromUserMode) {
  expect_no_bugcheck([&] {
    auto* data = static_cast<char*>(nt::allocate_virtual_memory(5000));
    PMDL mdl = make(data, 5000);
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    EXPECT_EQ(MmGetMdlPfnArray(mdl)[1], hardware.physical_page(data + PAGE_SIZE));
    release(mdl);
  });
}

TEST_F(MmMdl, R_MDL_3_NonPageableAtDispatchLevel) {
  expect_no_bugcheck([&] {
    char* data = pool(100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    release(locked(data, 100));
    KeLowerIrql(old);
  });
}

TEST_F(MmMdl, R_MDL_3_PageableAtDispatchLevelIsC4_70) {
  expect_bugcheck(0xC4, 0x70, [&] {
    char* data = pool(100, true);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    locked(data, 100);
  });
}

TEST_F(MmMdl, R_MDL_3_AboveDispatchLevelIsC4_70) {
  expect_bugcheck(0xC4, 0x70, [&] {
    PMDL mdl = make(pool(100), 100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  });
}

TEST_F(MmMdl, R_MDL_4_MappedOnceAtTheSameOffset) {
  expect_no_bugcheck([&] {
    char* data = pool(2 * PAGE_SIZE);
    PMDL mdl = locked(data + 123, PAGE_SIZE);
    auto* mapped = static_cast<char*>(address_of(mdl));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapped) % PAGE_SIZE, 123u);
    EXPECT_NE(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    EXPECT_EQ(address_of(mdl), mapped);
    mapped[0] = 'm';
    EXPECT_EQ(data[123], 'm');
    MmUnlockPages(mdl);  // which unmaps
    EXPECT_EQ(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    IoFreeMdl(mdl);
  });
}

TEST_F(MmMdl, R_MDL_4_MappingUnlockedPagesIsC4_B3) {
  expect_bugcheck(0xC4, 0xB3, [&] { address_of(make(pool(100), 100)); });
}

TEST_F(MmMdl, R_MDL_4_MappingTwiceIsC4_B2) {
  expect_bugcheck(0xC4, 0xB2, [&] {
    PMDL mdl = locked(pool(100), 100);
    address_of(mdl);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority);
  });
}

TEST_F(MmMdl, R_MDL_4_MappingForUserModeAtDispatchLevelIsC4_77) {
  expect_bugcheck(0xC4, 0x77, [&] {
    PMDL mdl = locked(pool(100), 100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority);
  });
}

TEST_F(MmMdl, R_MDL_4_UnmappingWhatIsNotMappedIsC4_B6) {
  expect_bugcheck(0xC4, 0xB6, [&] {
    char* data = pool(100);
    MmUnmapLockedPages(data, locked(data, 100));
  });
}

TEST_F(MmMdl, R_MDL_4_UnmappingAnotherAddressIsC4_B9) {
  expect_bugcheck(0xC4, 0xB9, [&] {
    char* data = pool(100);
    PMDL mdl = locked(data, 100);
    address_of(mdl);
    MmUnmapLockedPages(data + 1, mdl);
  });
}

TEST_F(MmMdl, R_MDL_4_UnmappingAPartMappedWithItsSourceIsC4_B5) {
  expect_bugcheck(0xC4, 0xB5, [&] {
    char* data = pool(100);
    PMDL whole = locked(data, 100), part = make(data, 100);
    address_of(whole);
    IoBuildPartialMdl(whole, part, data, 50);
    MmUnmapLockedPages(address_of(part), part);
  });
}

TEST_F(MmMdl, R_MDL_4_APartHasItsPagesAndItsOwnMapping) {
  expect_no_bugcheck([&] {
    char* data = pool(4 * PAGE_SIZE);
    PMDL whole = locked(data + 100, 3 * PAGE_SIZE), part = make(data + 100, 3 * PAGE_SIZE);
    IoBuildPartialMdl(whole, part, data + PAGE_SIZE + 10, 5000);
    EXPECT_EQ(MmGetMdlVirtualAddress(part), data + PAGE_SIZE + 10);
    EXPECT_EQ(MmGetMdlByteCount(part), 5000u);
    EXPECT_EQ(MmGetMdlPfnArray(part)[0], hardware.physical_page(data + PAGE_SIZE));
    EXPECT_EQ(MmGetMdlPfnArray(part)[1], hardware.physical_page(data + 2 * PAGE_SIZE));
    EXPECT_EQ(address_of(part), data + PAGE_SIZE + 10);
    EXPECT_NE(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED, 0);
    EXPECT_EQ(whole->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    // The same MDL for the next part, up to the end.
    MmPrepareMdlForReuse(part);
    EXPECT_EQ(part->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    IoBuildPartialMdl(whole, part, data + 2 * PAGE_SIZE, 0);
    EXPECT_EQ(MmGetMdlByteCount(part), PAGE_SIZE + 100u);
    EXPECT_EQ(MmGetMdlPfnArray(part)[1], hardware.physical_page(data + 3 * PAGE_SIZE));
    IoBuildPartialMdl(whole, part, data + 100, 3 * PAGE_SIZE);  // it still has room for the whole
    address_of(part);
    IoFreeMdl(part);  // which unmaps
    release(whole);
  });
}

TEST_F(MmMdl, R_MDL_4_APartOfAMappedWholeIsMappedWithIt) {
  expect_no_bugcheck([&] {
    char* data = pool(PAGE_SIZE);
    PMDL whole = locked(data, 200), part = make(data, 200);
    auto* mapped = static_cast<char*>(address_of(whole));
    IoBuildPartialMdl(whole, part, data + 50, 10);
    EXPECT_EQ(address_of(part), mapped + 50);
    IoFreeMdl(part);
    release(whole);
  });
}

TEST_F(MmMdl, ATargetTooSmallForThePart) {
  expect_bugcheck(0x40, [&] {
    char* data = pool(10 * PAGE_SIZE);
    PMDL whole = locked(data, 10 * PAGE_SIZE), part = make(data, 100);
    IoBuildPartialMdl(whole, part, data, 10 * PAGE_SIZE);
  });
}

TEST_F(MmMdl, APartBeyondItsSource) {
  expect_bugcheck(0x40, [&] {
    char* data = pool(PAGE_SIZE);
    PMDL whole = locked(data, 100), part = make(data, PAGE_SIZE);
    IoBuildPartialMdl(whole, part, data + 50, 51);
  });
}

TEST_F(MmMdl, R_MDL_5_AChainIsFreedOneByOne) {
  expect_no_bugcheck([&] {
    char* data = pool(100);
    const std::uint64_t before = kernel->counters().pool_bytes_outstanding;
    PMDL chain = locked(data, 10);
    chain->Next = locked(data + 10, 10);
    chain->Next->Next = make(data + 20, 10);
    MmBuildMdlForNonPagedPool(chain->Next->Next);
    while (chain != nullptr) {
      PMDL next = chain->Next;
      if ((chain->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(chain);
      IoFreeMdl(chain);
      chain = next;
    }
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, before);
  });
}

TEST_F(MmMdl, R_MDL_5_FreedWithLockedPagesIsCB) {
  expect_bugcheck(0xCB, [&] { IoFreeMdl(locked(pool(100), 100)); });
}

TEST_F(MmMdl, PhysicalAddressIsThePageAndTheOffset) {
  expect_no_bugcheck([&] {
    char* data = pool(PAGE_SIZE);
    EXPECT_EQ(static_cast<std::uint64_t>(MmGetPhysicalAddress(data + 77).QuadPart),
              hardware.physical_page(data) * PAGE_SIZE + 77);
    EXPECT_EQ(MmGetPhysicalAddress(reinterpret_cast<PVOID>(0x1000)).QuadPart, 0);
  });
}

TEST_F(MmMdl, V_C4_74_MappedAboveDispatchLevelTheOldWay) {
  expect_bugcheck(0xC4, 0x74, [&] {
    PMDL mdl = locked(pool(100), 100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    MmMapLockedPages(mdl, KernelMode);
  });
}

TEST_F(MmMdl, V_C4_75_MappedForTheUserAtDispatchLevelTheOldWay) {
  expect_bugcheck(0xC4, 0x75, [&] {
    PMDL mdl = locked(pool(100), 100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    MmMapLockedPages(mdl, UserMode);
  });
}

TEST_F(MmMdl, V_C4_79_UnmappedAboveDispatchLevel) {
  expect_bugcheck(0xC4, 0x79, [&] {
    PMDL mdl = locked(pool(100), 100);
    PVOID address = address_of(mdl);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    MmUnmapLockedPages(address, mdl);
  });
}

TEST_F(MmMdl, V_C4_7A_UserMappingIsUnmappedAtDispatchLevel) {
  expect_bugcheck(0xC4, 0x7A, [&] {
    PMDL mdl = locked(pool(100), 100);
    PVOID address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    MmUnmapLockedPages(address, mdl);
  });
}

TEST_F(MmMdl, AUserMappingIsUnmapped) {
  expect_no_bugcheck([&] {
    char* data = pool(100);
    PMDL mdl = locked(data, 100);
    PVOID address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority);
    ASSERT_NE(address, nullptr);
    MmUnmapLockedPages(address, mdl);
    release(mdl);
    ExFreePool(data);
  });
}

}  // namespace
}  // namespace p2p::test
