// Special pool, and what the Verifier keeps beside a block when there are no pages for it.
#include "tests/ntos/kernel_fixture.h"

#include <cstring>

#include "sw/ntos/ex/pool.h"
#include "tests/ntos/faults.h"

namespace p2p::test {
namespace {

constexpr ULONG kTag = 'tseT';
UCHAR* allocate(SIZE_T bytes, POOL_FLAGS flags = POOL_FLAG_NON_PAGED) {
  return static_cast<UCHAR*>(ExAllocatePool2(flags, bytes, kTag));
}

class ExSpecialPool : public KernelTest {
 protected:
  /// `p4` of 0xC1 says which.
  void expect_corruption(std::uint64_t p4, std::function<void()> body) {
    const ntos::BugCheck* bugcheck = run(std::move(body));
    ASSERT_NE(bugcheck, nullptr);
    EXPECT_EQ(bugcheck->code, 0xC1u) << bugcheck->message;
    EXPECT_EQ(bugcheck->parameters[3], p4) << bugcheck->message;
  }
  /// The next allocation has no page of its own: there is one page left, and it is in use by small blocks.
  UCHAR* ordinary(SIZE_T bytes) {
    hardware.page_limit = hardware.pages_allocated() + 1;
    return allocate(bytes);
  }
};

volatile UCHAR g_sink;

TEST_F(ExSpecialPool, V_CC_ReadAfterItWasFreed) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(100);
    ExFreePool(const_cast<UCHAR*>(block));
    g_sink = block[50];
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xCCu) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[1], 0u) << "a read";
  EXPECT_NE(bugcheck->parameters[2], 0u) << "the instruction";
  ASSERT_FALSE(bugcheck->stack.empty());
}

TEST_F(ExSpecialPool, V_CC_WrittenLongAfterItWasFreed) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(100);
    ExFreePool(const_cast<UCHAR*>(block));
    for (int i = 0; i < 500; ++i) ExFreePool(allocate(100));  // none of them is this one
    block[50] = 1;
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xCCu) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[1], 1u) << "a write";
}

TEST_F(ExSpecialPool, V_CD_TouchedBeyondItsEnd) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(112);
    block[112] = 1;
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xCDu) << bugcheck->message;
}

// V-0A: the kernel touches paged pool at raised IRQL.
TEST_F(ExSpecialPool, V_A_PagedPoolIsOutOfReachAtDispatchLevel) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(100, POOL_FLAG_PAGED);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    g_sink = block[1];
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[1], DISPATCH_LEVEL);
}

TEST_F(ExSpecialPool, PagedPoolComesBackBelowDispatchLevelWithWhatWasInIt) {
  P2P_SKIP_FAULTS;
  expect_no_bugcheck([] {
    volatile UCHAR* block = allocate(5000, POOL_FLAG_PAGED);
    block[10] = 1;
    block[4999] = 2;
    for (int i = 0; i < 3; ++i) {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      KeLowerIrql(old);
      EXPECT_EQ(block[10], 1);
      EXPECT_EQ(block[4999], 2);
    }
    ExFreePool(const_cast<UCHAR*>(block));
  });
}

TEST_F(ExSpecialPool, PagedPoolIsOutOfReachForADpcThatInterruptsWhoUsesIt) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(100, POOL_FLAG_PAGED);
    Dpc dpc([&](Dpc&) { g_sink = block[1]; });
    block[1] = 3;
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;
}

TEST_F(ExSpecialPool, PagedPoolThatOneProcessorUsesIsOutOfReachForTheOther) {
  P2P_SKIP_FAULTS;
  config.schedule = ntos::Schedule::kFifo;
  const ntos::BugCheck* bugcheck = run([this] {
    volatile UCHAR* block = allocate(100, POOL_FLAG_PAGED);
    spawn("raised", [block] {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      KeStallExecutionProcessor(100);
      g_sink = block[1];
      KeLowerIrql(old);
    });
    for (int i = 0; i < 200; ++i) {
      block[1] = 1;
      KeStallExecutionProcessor(1);
    }
  });
  ASSERT_NE(bugcheck, nullptr) << "what a thread below DISPATCH_LEVEL has open was open to one above";
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;
}

TEST_F(ExSpecialPool, LockedPagesStayInReach) {
  P2P_SKIP_FAULTS;
  expect_no_bugcheck([] {
    volatile UCHAR* block = allocate(100, POOL_FLAG_PAGED);
    PMDL mdl = IoAllocateMdl(const_cast<UCHAR*>(block), 100, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    block[1] = 7;
    KeLowerIrql(old);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    EXPECT_EQ(block[1], 7);
    ExFreePool(const_cast<UCHAR*>(block));
  });
}

TEST_F(ExSpecialPool, PagesThatAreUnlockedAgainAreOutOfReach) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([] {
    volatile UCHAR* block = allocate(100, POOL_FLAG_PAGED);
    PMDL mdl = IoAllocateMdl(const_cast<UCHAR*>(block), 100, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    MmUnlockPages(mdl);
    block[1] = 7;
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;
}

TEST_F(ExSpecialPool, V_C1_23_BytesBeforeABlock) {
  expect_corruption(0x23, [] {
    UCHAR* block = allocate(100);
    *(block - 1) = 0;
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C1_24_BytesBetweenABlockAndTheEndOfItsPage) {
  expect_corruption(0x24, [] {
    UCHAR* block = allocate(100);
    block[100] = 0;
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C1_24_BytesBehindABlockOfSeveralPages) {
  expect_corruption(0x24, [] {
    UCHAR* block = allocate(5000);
    block[8000] = 0;
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C1_32_ASingleBit) {
  expect_corruption(0x32, [] {
    UCHAR* block = allocate(100);
    *(block - 1) ^= 4;
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C1_21_FreedBehindItsBeginning) {
  expect_corruption(0x21, [] { ExFreePool(allocate(100) + 16); });
}

TEST_F(ExSpecialPool, V_C1_22_FreedBeforeItsBeginning) {
  expect_corruption(0x22, [] { ExFreePool(allocate(100) - 16); });
}

TEST_F(ExSpecialPool, V_C1_20_FreedInAPageThatHoldsNothing) {
  expect_corruption(0x20, [] {
    UCHAR* block = allocate(100);
    ExFreePool(block);
    ExFreePool(block - 16);
  });
}

TEST_F(ExSpecialPool, V_C4_13_FreedTwice) {
  expect_bugcheck(0xC4, 0x13, [] {
    UCHAR* block = allocate(100);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C4_14_PagedPoolFreedTwice) {
  expect_bugcheck(0xC4, 0x14, [] {
    UCHAR* block = allocate(10000, POOL_FLAG_PAGED);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, V_C4_16_TheMiddleOfABlockOfOrdinaryPool) {
  expect_bugcheck(0xC4, 0x16, [this] { ExFreePool(ordinary(100) + 16); });
}

TEST_F(ExSpecialPool, FreedPagesGoBackToTheMachineWhenItIsShort) {
  expect_no_bugcheck([this] {
    ExFreePool(allocate(3 * PAGE_SIZE));
    hardware.page_limit = hardware.pages_allocated();
    UCHAR* block = allocate(2 * PAGE_SIZE);
    ASSERT_NE(block, nullptr);
    ExFreePool(block);
  });
}

TEST_F(ExSpecialPool, OrdinaryPoolStepsInWhenPagesAreShort) {
  expect_no_bugcheck([this] {
    UCHAR *one = ordinary(100), *other = allocate(100);
    ASSERT_NE(one, nullptr);
    ASSERT_NE(other, nullptr);
    std::memset(one, 0xAA, 100);
    std::memset(other, 0xBB, 100);
    ExFreePool(one);
    ExFreePool(other);
  });
}

TEST_F(ExSpecialPool, V_C6_OrdinaryPoolWrittenAfterItWasFreed) {
  expect_bugcheck(0xC6, [this] {
    UCHAR* block = ordinary(100);
    ExFreePool(block);
    block[50] = 1;
    allocate(100);
  });
}

// V-C5: a driver's stale write hits the list of free memory, which the kernel follows at DISPATCH_LEVEL.
TEST_F(ExSpecialPool, V_C5_TheListOfFreePoolIsBroken) {
  config.verifier = false;
  const ntos::BugCheck* bugcheck = run([] {
    UCHAR* block = allocate(100);
    ExFreePool(block);
    std::memset(block - 16, 0x77, 8);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    allocate(100);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xC5u) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[0], 0x7777777777777777u);
  EXPECT_EQ(bugcheck->parameters[1], DISPATCH_LEVEL);
}

// -- what stands beside blocks of ordinary pool ----------------------------------------------------------------------

class ExPoolTracking : public ExSpecialPool {
 protected:
  /// Writes a byte at `offset` from the block, or from its end, and frees it.
  void damage(std::uint64_t sub_code, int before, int behind) {
    expect_bugcheck(0xC4, sub_code, [=, this] {
      UCHAR* block = ordinary(100);
      UCHAR* at = before != 0 ? block - before : block + 100 + behind;
      *at = static_cast<UCHAR>(*at ^ 0x55);
      ExFreePool(block);
    });
  }
};

TEST_F(ExPoolTracking, V_C4_51_RightBehindTheBlock) { damage(0x51, 0, 0); }
TEST_F(ExPoolTracking, V_C4_52_ItsEntryInTheHash) { damage(0x52, 0, 4); }
TEST_F(ExPoolTracking, V_C4_53_ItsHeader) { damage(0x53, 0, 8); }
TEST_F(ExPoolTracking, V_C4_54_TheSizeOfTheHash) { damage(0x54, 0, 10); }
TEST_F(ExPoolTracking, V_C4_59_ItsPlaceInTheList) { damage(0x59, 0, 12); }
TEST_F(ExPoolTracking, V_C4_13F_ItsSize) { damage(0x13F, 1, 0); }
TEST_F(ExPoolTracking, V_C4_13E_ItsAddress) { damage(0x13E, 5, 0); }
TEST_F(ExPoolTracking, V_C4_13D_TheCheckOfItsTag) { damage(0x13D, 7, 0); }
TEST_F(ExPoolTracking, V_C4_13C_ItsNumber) { damage(0x13C, 9, 0); }
TEST_F(ExPoolTracking, V_C4_13B_ItsPage) { damage(0x13B, 11, 0); }
TEST_F(ExPoolTracking, V_C4_13A_ItsTag) { damage(0x13A, 13, 0); }

// -- what may not lie in a block that is freed -----------------------------------------------------------------------

TEST_F(ExSpecialPool, V_C4_CC_FreedWithALookasideListInIt) {
  expect_bugcheck(0xC4, 0xCC, [] {
    auto* list = reinterpret_cast<PNPAGED_LOOKASIDE_LIST>(allocate(sizeof(NPAGED_LOOKASIDE_LIST)));
    ExInitializeNPagedLookasideList(list, nullptr, nullptr, 0, 64, kTag, 0);
    ExFreePool(list);
  });
}

TEST_F(ExSpecialPool, V_C7_1_FreedWithTheDpcOfASetTimerInIt) {
  expect_bugcheck(0xC7, 1, [] {
    KTIMER timer;
    auto* dpc = reinterpret_cast<PKDPC>(allocate(sizeof(KDPC)));
    KeInitializeDpc(dpc, Dpc::enter, nullptr);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_us(1000), dpc);
    ExFreePool(dpc);
  });
}

TEST_F(ExSpecialPool, V_C4_E1_AnEventInPagedPool) {
  expect_bugcheck(0xC4, 0xE1, [] {
    auto* event = reinterpret_cast<PKEVENT>(allocate(sizeof(KEVENT), POOL_FLAG_PAGED));
    KeInitializeEvent(event, NotificationEvent, FALSE);
  });
}

VOID NTAPI never(PVOID) {}
TEST_F(ExSpecialPool, V_C4_131_AWorkItemInPagedPool) {
  expect_bugcheck(0xC4, 0x131, [] {
    auto* item = reinterpret_cast<PWORK_QUEUE_ITEM>(allocate(sizeof(WORK_QUEUE_ITEM), POOL_FLAG_PAGED));
    ExInitializeWorkItem(item, never, nullptr);
    ExQueueWorkItem(item, DelayedWorkQueue);
  });
}

// A block that was never touched by a sanitizer or a debugger looks the same in every run.
TEST_F(ExSpecialPool, UninitialisedMemoryHoldsAPattern) {
  expect_no_bugcheck([] {
    auto* block = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 64, kTag));
    EXPECT_EQ(block[0], 0xCD);
    ExFreePool(block);
  });
}

}  // namespace
}  // namespace p2p::test
