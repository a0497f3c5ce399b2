// Pool: what it gives out, and the rows of the bug check tables that watch over it (0x19, 0xC2, 0xC4).
#include "tests/ntos/kernel_fixture.h"

#include <cstring>

#include "sw/ntos/ex/pool.h"

namespace p2p::test {
namespace {

constexpr ULONG kTag = 'tseT';

class ExPool : public KernelTest {
 protected:
  static PVOID allocate(SIZE_T bytes, POOL_FLAGS flags = POOL_FLAG_NON_PAGED) {
    return ExAllocatePool2(flags, bytes, kTag);
  }
};

TEST_F(ExPool, V_C6_WrittenAfterItWasFreed) {
  config.verifier = false;
  expect_bugcheck(0xC6, [&] {
    auto* block = static_cast<char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT'));
    ExFreePoolWithTag(block, 'tseT');
    block[50] = 1;
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');  // the same block: its life begins again
  });
}

TEST_F(ExPool, V_C6_WrittenAfterItWasFreedAndNeverUsedAgainShowsAtAnUnload) {
  config.verifier = false;
  expect_bugcheck(0xC6, [&] {
    auto* block = static_cast<char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT'));
    ExFreePoolWithTag(block, 'tseT');
    block[50] = 1;
    ex::check_pool_at_unload(nullptr, "bench");
  });
}

TEST_F(ExPool, ExtendedParametersAreKnownOrOptional) {
  expect_no_bugcheck([&] {
    POOL_EXTENDED_PARAMETER parameters[2] = {};
    parameters[0].Type = PoolExtendedParameterPriority;
    parameters[0].Priority = NormalPoolPriority;
    parameters[1].Type = PoolExtendedParameterNumaNode;
    auto allocate = [&](POOL_FLAGS flags) { return ExAllocatePool3(flags, 100, 'tseT', parameters, 2); };
    auto* block = static_cast<char*>(allocate(POOL_FLAG_NON_PAGED));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block[99], 0);
    ExFreePoolWithTag(block, 'tseT');
    EXPECT_EQ(allocate(POOL_FLAG_PAGED), nullptr);  // a node is for nonpaged pool
    parameters[1].PreferredNode = 1;
    EXPECT_EQ(allocate(POOL_FLAG_NON_PAGED), nullptr);  // there is none
    parameters[1].Type = 77;
    EXPECT_EQ(allocate(POOL_FLAG_NON_PAGED), nullptr);
    parameters[1].Optional = 1;
    block = static_cast<char*>(allocate(POOL_FLAG_NON_PAGED));
    ASSERT_NE(block, nullptr);
    ExFreePoolWithTag(block, 'tseT');
    EXPECT_EQ(ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, 0, nullptr, 0), nullptr);  // no tag
  });
}

TEST_F(ExPool, MemoryIsZeroedAlignedAndDmaCanReachIt) {
  expect_no_bugcheck([&] {
    for (SIZE_T bytes : {1u, 15u, 16u, 100u, 2000u, 2032u, 2033u, 4000u, 4096u, 5000u, 100000u}) {
      auto* block = static_cast<UCHAR*>(allocate(bytes));
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0u) << bytes;
      if (bytes >= PAGE_SIZE) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % PAGE_SIZE, 0u) << bytes;
      }
      for (SIZE_T i = 0; i < bytes; ++i) ASSERT_EQ(block[i], 0) << bytes << " at " << i;
      EXPECT_TRUE(hardware.is_host_memory(block));
      EXPECT_TRUE(hardware.is_host_memory(block + bytes - 1));
      std::memset(block, 0xAA, bytes);
      ExFreePoolWithTag(block, kTag);
    }
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
  });
}

TEST_F(ExPool, SmallBlocksDoNotCrossPages) {
  expect_no_bugcheck([&] {
    for (SIZE_T bytes = 1; bytes <= 2000; bytes += 37) {
      auto first = reinterpret_cast<std::uintptr_t>(allocate(bytes));
      EXPECT_EQ(first / PAGE_SIZE, (first + bytes - 1) / PAGE_SIZE) << bytes;
    }
  });
}

TEST_F(ExPool, ExhaustionReturnsNull) {
  expect_no_bugcheck([&] {
    hardware.page_limit = hardware.pages_allocated() + 4;
    EXPECT_EQ(allocate(5 * PAGE_SIZE), nullptr);
    PVOID fits = allocate(4 * PAGE_SIZE);
    EXPECT_NE(fits, nullptr);
    EXPECT_EQ(allocate(PAGE_SIZE), nullptr);
    ExFreePool(fits);
    EXPECT_NE(allocate(PAGE_SIZE), nullptr);
    EXPECT_EQ(allocate(~SIZE_T{0} - 8), nullptr);
  });
}

TEST_F(ExPool, Pool2RejectsBadFlagsAndTags) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 0), nullptr);
    EXPECT_EQ(ExAllocatePool2(0, 64, kTag), nullptr);
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 64, kTag), nullptr);
  });
}

TEST_F(ExPool, UninitialisedMemoryHoldsAPatternNotOldData) {
  config.verifier = false;
  expect_no_bugcheck([&] {
    auto* block = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 64, kTag));
    EXPECT_NE(block[0], 0);
    std::memset(block, 0x11, 64);
    ExFreePool(block);
    EXPECT_NE(block[0], 0x11);
  });
}

TEST_F(ExPool, V_C4_00_ZeroBytesIsBugCheck) {
  expect_bugcheck(0xC4, 0x00, [] { ExAllocatePoolWithTag(NonPagedPool, 0, kTag); });
}

TEST_F(ExPool, V_19_OverrunIsFoundAtFree) {
  config.verifier = false;
  expect_bugcheck(0x19, 0x21, [&] {
    auto* block = static_cast<UCHAR*>(allocate(100));
    block[100] = 1;
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_19_OverrunOfWholePagesIsFoundAtFree) {
  config.verifier = false;
  expect_bugcheck(0x19, 0x21, [&] {
    auto* block = static_cast<UCHAR*>(allocate(5000));
    block[5000] = 1;
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_19_UnderrunIsFoundAtFree) {
  config.verifier = false;
  expect_bugcheck(0x19, 0x20, [&] {
    auto* block = static_cast<UCHAR*>(allocate(100));
    *(block - 1) = 1;
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_C2_07_DoubleFreeIsBugCheck) {
  config.verifier = false;
  expect_bugcheck(0xC2, 7, [&] {
    PVOID block = allocate(100);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_C2_07_DoubleFreeOfWholePagesIsBugCheck) {
  config.verifier = false;
  expect_bugcheck(0xC2, 7, [&] {
    PVOID block = allocate(10000);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_C2_0A_WrongTagIsBugCheck) {
  expect_bugcheck(0xC2, 0xA, [&] { ExFreePoolWithTag(allocate(100), 'rehO'); });
}

TEST_F(ExPool, V_C4_10_AddressNeverGivenOutIsBugCheck) {
  expect_bugcheck(0xC4, 0x10, [&] {
    static int no_pool;
    ExFreePool(&no_pool);
  });
}

TEST_F(ExPool, V_C2_50_TheSameWithoutTheVerifier) {
  config.verifier = false;
  expect_bugcheck(0xC2, 0x50, [&] {
    static int no_pool;
    ExFreePool(&no_pool);
  });
}

TEST_F(ExPool, V_C4_11_PagedFreedAboveApcLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x11, [&] {
    PVOID block = allocate(100, POOL_FLAG_PAGED);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_C4_12_NonPagedFreedAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x12, [&] {
    PVOID block = allocate(100);
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    ExFreePool(block);
  });
}

TEST_F(ExPool, V_C2_08_AllocationAtWrongIrqlWithoutTheVerifier) {
  config.verifier = false;
  expect_bugcheck(0xC2, 8, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    allocate(100, POOL_FLAG_PAGED);
  });
}

TEST_F(ExPool, V_C4_17_FreeingAnEresourceIsBugCheck) {
  expect_bugcheck(0xC4, 0x17, [&] {
    auto* resource = static_cast<PERESOURCE>(allocate(sizeof(ERESOURCE)));
    ExInitializeResourceLite(resource);
    ExFreePool(resource);
  });
}

TEST_F(ExPool, V_C7_01_FreeingAQueuedDpcIsBugCheck) {
  expect_bugcheck(0xC7, 1, [&] {
    auto* dpc = static_cast<PKDPC>(allocate(sizeof(KDPC)));
    KeInitializeDpc(dpc, Dpc::enter, nullptr);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(dpc, nullptr, nullptr);
    ExFreePool(dpc);
  });
}

TEST_F(ExPool, CountersFollowWhatIsOutstanding) {
  expect_no_bugcheck([&] {
    PVOID a = allocate(100), b = allocate(5000);
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 5100u);
    ExFreePool(a);
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 5000u);
    ExFreePool(b);
  });
}

TEST_F(ExPool, V_C4_60_LeaksOfADriverThatFailedToLoad) {
  const auto* module_code = reinterpret_cast<const void*>(&::malloc);
  expect_bugcheck(0xC4, 0x60, [&] {
    ex::pool_allocate(300, kTag, true, true, module_code);
    ex::pool_allocate(50, kTag, true, false, module_code);
    ex::check_pool_at_unload(module_code, "never", true);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], 300u) << "paged";
  EXPECT_EQ(kernel->bugcheck()->parameters[2], 50u) << "nonpaged";
  EXPECT_EQ(kernel->bugcheck()->parameters[3], 2u);
}

TEST_F(ExPool, V_C4_62_LeaksAreChargedToTheModuleThatAllocated) {
  // Code of another module stands for a driver's.
  const auto* module_code = reinterpret_cast<const void*>(&::malloc);
  const ntos::BugCheck* bugcheck = run([&] {
    PVOID block = ex::pool_allocate(300, kTag, true, true, module_code);
    ex::pool_allocate(50, kTag, true);  // the kernel's own
    const ex::PoolUse use = ex::pool_use_of(module_code);
    EXPECT_EQ(use.blocks, 1u);
    EXPECT_EQ(use.bytes, 300u);
    EXPECT_EQ(use.paged_bytes, 300u);
    EXPECT_EQ(use.first_tag, static_cast<std::uint32_t>(kTag));
    ex::pool_free(block, kTag, true);
    ex::check_pool_at_unload(module_code, "clean");
    ex::pool_allocate(7, kTag, true, false, module_code);
    ex::check_pool_at_unload(module_code, "leaky");
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xC4u);
  EXPECT_EQ(bugcheck->parameters[0], 0x62u);
  EXPECT_EQ(bugcheck->parameters[3], 1u);
  EXPECT_NE(bugcheck->message.find("leaky"), std::string::npos);
  EXPECT_NE(bugcheck->message.find("'Test'"), std::string::npos);
}

TEST_F(ExPool, V_C4_100B_FreedWithAHeldLockInIt) {
  expect_bugcheck(0xC4, 0x100B, [] {
    auto* lock = static_cast<PKSPIN_LOCK>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KSPIN_LOCK), 'tseT'));
    KIRQL old;
    KeAcquireSpinLock(lock, &old);
    ExFreePoolWithTag(lock, 'tseT');
  });
}

}  // namespace
}  // namespace p2p::test
