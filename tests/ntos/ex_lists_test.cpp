// Interlocked and lookaside lists, run-down protection, ERESOURCE.
#include "tests/ntos/kernel_fixture.h"

#include <cstring>

namespace p2p::test {
namespace {

class ExLists : public KernelTest {};

TEST_F(ExLists, InterlockedListsAtAnyIrql) {
  expect_no_bugcheck([&] {
    LIST_ENTRY head, a, b;
    KSPIN_LOCK lock = 0;
    InitializeListHead(&head);
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &a, &lock), nullptr);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &b, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(ExInterlockedInsertHeadList(&head, &a, &lock), &b);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &b);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), nullptr);
    KeLowerIrql(old);
  });
}

TEST_F(ExLists, SequencedListIsLastInFirstOutAndCounts) {
  expect_no_bugcheck([&] {
    alignas(16) SLIST_HEADER list;
    alignas(16) SLIST_ENTRY entries[3];
    std::memset(&list, 0, sizeof list);
    for (auto& entry : entries) ExpInterlockedPushEntrySList(&list, &entry);
    EXPECT_EQ(ExQueryDepthSList(&list), 3);
    EXPECT_EQ(ExpInterlockedPopEntrySList(&list), &entries[2]);
    EXPECT_EQ(ExpInterlockedFlushSList(&list), &entries[1]);
    EXPECT_EQ(entries[1].Next, &entries[0]);
    EXPECT_EQ(ExQueryDepthSList(&list), 0);
    EXPECT_EQ(ExpInterlockedPopEntrySList(&list), nullptr);
  });
}

TEST_F(ExLists, LookasideEntriesComeFromThePool) {
  expect_no_bugcheck([&] {
    static NPAGED_LOOKASIDE_LIST list;
    ExInitializeNPagedLookasideList(&list, nullptr, nullptr, POOL_NX_ALLOCATION, 200, 'kooL', 0);
    PVOID entry = ExAllocateFromNPagedLookasideList(&list);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 200u);
    ExFreeToNPagedLookasideList(&list, entry);
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
    ExDeleteNPagedLookasideList(&list);
  });
}

TEST_F(ExLists, V_C4_CA_LookasideInitialisedTwiceIsBugCheck) {
  expect_bugcheck(0xC4, 0xCA, [&] {
    static NPAGED_LOOKASIDE_LIST list;
    for (int i = 0; i < 2; ++i) ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 200, 'kooL', 0);
  });
}

TEST_F(ExLists, V_C4_CB_DeletingAnUninitialisedLookasideIsBugCheck) {
  expect_bugcheck(0xC4, 0xCB, [&] {
    static NPAGED_LOOKASIDE_LIST list;
    ExDeleteNPagedLookasideList(&list);
  });
}

TEST_F(ExLists, RundownWaitsForHoldersAndRefusesNewOnes) {
  expect_no_bugcheck([&] {
    EX_RUNDOWN_REF rundown;
    ExInitializeRundownProtection(&rundown);
    EXPECT_TRUE(ExAcquireRundownProtection(&rundown));
    EXPECT_TRUE(ExAcquireRundownProtection(&rundown));
    bool down = false;
    spawn("remover", [&] {
      ExWaitForRundownProtectionRelease(&rundown);
      down = true;
    });
    sleep_us(50);
    EXPECT_FALSE(ExAcquireRundownProtection(&rundown));
    ExReleaseRundownProtection(&rundown);
    sleep_us(50);
    EXPECT_FALSE(down);
    ExReleaseRundownProtection(&rundown);
    sleep_us(50);
    EXPECT_TRUE(down);
    EXPECT_FALSE(ExAcquireRundownProtection(&rundown));
    ExWaitForRundownProtectionRelease(&rundown);  // again: returns at once
    ExReInitializeRundownProtection(&rundown);
    EXPECT_TRUE(ExAcquireRundownProtection(&rundown));
    ExReleaseRundownProtection(&rundown);
  });
}

TEST_F(ExLists, V_C4_1007_RundownReleasedTooOftenIsBugCheck) {
  expect_bugcheck(0xC4, 0x1007, [] {
    EX_RUNDOWN_REF rundown;
    ExInitializeRundownProtection(&rundown);
    ExReleaseRundownProtection(&rundown);
  });
}

TEST_F(ExLists, ResourceIsSharedByManyOrOwnedByOne) {
  expect_no_bugcheck([&] {
    static ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    KeEnterCriticalRegion();
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
    bool shared = false, exclusive = false;
    spawn("reader", [&] {
      KeEnterCriticalRegion();
      shared = ExAcquireResourceSharedLite(&resource, FALSE);
      ExReleaseResourceLite(&resource);
      KeLeaveCriticalRegion();
    });
    sleep_us(50);
    EXPECT_TRUE(shared);
    spawn("writer", [&] {
      KeEnterCriticalRegion();
      EXPECT_FALSE(ExAcquireResourceExclusiveLite(&resource, FALSE));
      ExAcquireResourceExclusiveLite(&resource, TRUE);
      exclusive = true;
      EXPECT_TRUE(ExIsResourceAcquiredExclusiveLite(&resource));
      ExReleaseResourceLite(&resource);
      KeLeaveCriticalRegion();
    });
    sleep_us(50);
    EXPECT_FALSE(exclusive);
    EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 1u);
    ExReleaseResourceLite(&resource);
    sleep_us(50);
    EXPECT_TRUE(exclusive);
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));  // recursive for its owner
    ExConvertExclusiveToSharedLite(&resource);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 2u);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(ExLists, V_C4_37_ResourceWithApcsEnabledIsBugCheck) {
  expect_bugcheck(0xC4, 0x37, [] {
    static ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
  });
}

TEST_F(ExLists, V_C4_D2_DeletingAnOwnedResourceIsBugCheck) {
  expect_bugcheck(0xC4, 0xD2, [] {
    static ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(ExLists, V_C4_38_ReleasedWithApcsEnabled) {
  expect_bugcheck(0xC4, 0x38, [] {
    static ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    KeLeaveCriticalRegion();
    ExReleaseResourceLite(&resource);
  });
}

TEST_F(ExLists, V_C4_3D_AResourceThatIsNotAligned) {
  expect_bugcheck(0xC4, 0x3D, [] {
    alignas(ERESOURCE) static char memory[sizeof(ERESOURCE) + 4];
    auto* resource = reinterpret_cast<PERESOURCE>(memory + 4);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(resource, TRUE);
  });
}

TEST_F(ExLists, ResourceReleasedByANonOwnerIsBugCheckE3) {
  expect_bugcheck(0xE3, [] {
    static ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    KeEnterCriticalRegion();
    ExReleaseResourceLite(&resource);
  });
}

}  // namespace
}  // namespace p2p::test
