// Adapter objects and common buffers: rules R-DMA-1 to R-DMA-3 and R-DMA-8.
#include "tests/ntos/hal_fixture.h"

#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class HalAdapter : public HalTest {};

TEST_F(HalAdapter, R_DMA_1_NumberOfMapRegistersFollowsTheLengthUpToTheLimit) {
  config.map_registers = 100;
  expect_no_bugcheck([&] {
    pdo = pnp::pdo_of(0);
    DEVICE_DESCRIPTION device = description();
    ULONG count = 0;
    device.MaximumLength = 10 * PAGE_SIZE;
    PDMA_ADAPTER a = IoGetDmaAdapter(pdo, &device, &count);
    EXPECT_EQ(count, 11u);  // it may begin in the middle of a page
    device.MaximumLength = 1 << 30;
    PDMA_ADAPTER b = IoGetDmaAdapter(pdo, &device, &count);
    EXPECT_EQ(count, 100u);
    EXPECT_EQ(a->Version, 1);
    a->DmaOperations->PutDmaAdapter(a);
    b->DmaOperations->PutDmaAdapter(b);
  });
}

TEST_F(HalAdapter, R_DMA_1_NullForWhatIsNotSupported) {
  expect_no_bugcheck([&] {
    pdo = pnp::pdo_of(0);
    ULONG count = 0;
    DEVICE_DESCRIPTION device = description();
    device.Version = 3;
    EXPECT_EQ(IoGetDmaAdapter(pdo, &device, &count), nullptr);
    device = description();
    device.Master = FALSE;
    EXPECT_EQ(IoGetDmaAdapter(pdo, &device, &count), nullptr);
    device = description();
    PDEVICE_OBJECT other = nullptr;
    IoCreateDevice(pnp::create_driver_object("no_pdo"), 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &other);
    EXPECT_EQ(IoGetDmaAdapter(other, &device, &count), nullptr);
  });
}

TEST_F(HalAdapter, R_DMA_1_V_E6_25_NoValidVersion) {
  expect_bugcheck(0xE6, 0x25, [&] {
    DEVICE_DESCRIPTION device = description();
    device.Version = 77;
    ULONG count;
    IoGetDmaAdapter(pnp::pdo_of(0), &device, &count);
  });
}

TEST_F(HalAdapter, R_DMA_1_AbovePassiveLevelIsC4_2000E) {
  expect_bugcheck(0xC4, 0x2000E, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(IoGetDmaAdapter)(pnp::pdo_of(0), nullptr, nullptr);
  });
}

TEST_F(HalAdapter, R_DMA_2_PutWithACommonBufferIsE6_07) {
  expect_bugcheck(0xE6, 0x07, [&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    dma->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalAdapter, V_E6_F_ACommonBufferIsWrittenBeforeItsBeginning) {
  expect_bugcheck(0xE6, 0x0F, [&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    auto* memory = static_cast<char*>(dma->AllocateCommonBuffer(adapter, 100, &logical, TRUE));
    *(memory - 1) = 'x';
    dma->FreeCommonBuffer(adapter, 100, logical, memory, TRUE);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], 1u);
}

TEST_F(HalAdapter, R_DMA_2_PutWithTheChannelIsE6_08) {
  expect_bugcheck(0xE6, 0x08, [&] {
    get_adapter();
    PDRIVER_CONTROL keep = [](PDEVICE_OBJECT, PIRP, PVOID, PVOID) NTAPI { return KeepObject; };
    at_dispatch([&] {
      dma->AllocateAdapterChannel(adapter, pdo, 1, keep, nullptr);
      dma->PutDmaAdapter(adapter);
    });
  });
}

TEST_F(HalAdapter, R_DMA_2_PutWithMapRegistersIsE6_09) {
  expect_bugcheck(0xE6, 0x09, [&] {
    get_adapter();
    PDRIVER_CONTROL keep = [](PDEVICE_OBJECT, PIRP, PVOID, PVOID) NTAPI { return DeallocateObjectKeepRegisters; };
    at_dispatch([&] { dma->AllocateAdapterChannel(adapter, pdo, 1, keep, nullptr); });
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalAdapter, R_DMA_2_PutWithAScatterGatherListIsE6_0A) {
  expect_bugcheck(0xE6, 0x0A, [&] {
    get_adapter();
    char* data = buffer(100);
    PMDL mdl = locked(data, 100);
    Lists lists;
    at_dispatch([&] {
      dma->GetScatterGatherList(adapter, pdo, mdl, data, 100, Lists::take, &lists, FALSE);
      dma->PutDmaAdapter(adapter);
    });
  });
}

TEST_F(HalAdapter, R_DMA_2_AReleasedAdapterIsE6_18) {
  expect_bugcheck(0xE6, 0x18, [&] {
    get_adapter();
    dma->PutDmaAdapter(adapter);
    dma->GetDmaAlignment(adapter);
  });
}

TEST_F(HalAdapter, R_DMA_2_NoAdapterIsE6_19) {
  expect_bugcheck(0xE6, 0x19, [&] {
    get_adapter();
    dma->GetDmaAlignment(nullptr);
  });
}

TEST_F(HalAdapter, R_DMA_2_V_E6_11_NotReleasedWhenTheDeviceGoes) {
  expect_bugcheck(0xE6, 0x11, [&] {
    get_adapter();
    hal::forget_device(pdo);
  });
}

TEST_F(HalAdapter, R_DMA_3_CommonBufferAtDispatchLevelIsE6_13) {
  expect_bugcheck(0xE6, 0x13, [&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    at_dispatch([&] { dma->AllocateCommonBuffer(adapter, 100, &logical, TRUE); });
  });
}

TEST_F(HalAdapter, R_DMA_3_ScatterGatherAtPassiveLevelIsE6_13) {
  const ntos::BugCheck* bugcheck = run([&] {
    get_adapter();
    char* data = buffer(100);
    Lists lists;
    dma->GetScatterGatherList(adapter, pdo, locked(data, 100), data, 100, Lists::take, &lists, FALSE);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xE6u);
  EXPECT_EQ(bugcheck->parameters[0], 0x13u);
  EXPECT_EQ(bugcheck->parameters[1], 1u);  // not the one expected
  EXPECT_EQ(bugcheck->parameters[2], static_cast<std::uint64_t>(DISPATCH_LEVEL));
  EXPECT_EQ(bugcheck->parameters[3], static_cast<std::uint64_t>(PASSIVE_LEVEL));
}

TEST_F(HalAdapter, R_DMA_3_ChannelAtPassiveLevelIsE6_13) {
  expect_bugcheck(0xE6, 0x13, [&] {
    get_adapter();
    PDRIVER_CONTROL keep = [](PDEVICE_OBJECT, PIRP, PVOID, PVOID) NTAPI { return KeepObject; };
    dma->AllocateAdapterChannel(adapter, pdo, 1, keep, nullptr);
  });
}

TEST_F(HalAdapter, R_DMA_8_CommonBufferIsSharedAndContiguousForBoth) {
  expect_no_bugcheck([&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    auto* memory = static_cast<char*>(dma->AllocateCommonBuffer(adapter, 3 * PAGE_SIZE - 100, &logical, TRUE));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % PAGE_SIZE, 0u);
    const auto at = static_cast<std::uint64_t>(logical.QuadPart);
    EXPECT_EQ(at % PAGE_SIZE, 0u);
    EXPECT_LT(at + 3 * PAGE_SIZE, 0x1'0000'0000u);  // any device reaches it
    const std::string text_in(9000, 'd');
    EXPECT_TRUE(hardware.dma_write(at, text_in.data(), text_in.size()));
    EXPECT_EQ(std::memcmp(memory, text_in.data(), text_in.size()), 0);
    memory[5000] = 'c';
    char byte = 0;
    EXPECT_TRUE(hardware.dma_read(at + 5000, &byte, 1));
    EXPECT_EQ(byte, 'c');
    EXPECT_FALSE(hardware.dma_read(at + 3 * PAGE_SIZE, &byte, 1));  // nothing after it
    dma->FreeCommonBuffer(adapter, 3 * PAGE_SIZE - 100, logical, memory, TRUE);
    EXPECT_FALSE(hardware.dma_read(at, &byte, 1));
    EXPECT_TRUE(hardware.iommu().empty());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalAdapter, R_DMA_8_LogicalAddressesAreUsedAgain) {
  expect_no_bugcheck([&] {
    get_adapter();
    PHYSICAL_ADDRESS first, second, again;
    PVOID a = dma->AllocateCommonBuffer(adapter, PAGE_SIZE, &first, TRUE);
    PVOID b = dma->AllocateCommonBuffer(adapter, PAGE_SIZE, &second, TRUE);
    EXPECT_GT(second.QuadPart, first.QuadPart + PAGE_SIZE);  // an unmapped page lies between
    dma->FreeCommonBuffer(adapter, PAGE_SIZE, first, a, TRUE);
    PVOID c = dma->AllocateCommonBuffer(adapter, PAGE_SIZE, &again, TRUE);
    EXPECT_EQ(again.QuadPart, first.QuadPart);
    dma->FreeCommonBuffer(adapter, PAGE_SIZE, second, b, TRUE);
    dma->FreeCommonBuffer(adapter, PAGE_SIZE, again, c, TRUE);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalAdapter, R_DMA_8_NullWithoutMemory) {
  expect_no_bugcheck([&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    hardware.page_limit = hardware.pages_allocated() + 1;
    EXPECT_EQ(dma->AllocateCommonBuffer(adapter, 2 * PAGE_SIZE, &logical, TRUE), nullptr);
    EXPECT_EQ(dma->AllocateCommonBuffer(adapter, 0, &logical, TRUE), nullptr);
    EXPECT_TRUE(hardware.iommu().empty());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalAdapter, R_DMA_8_FreedTwiceIsE6_03) {
  expect_bugcheck(0xE6, 0x03, [&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    PVOID memory = dma->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
    dma->FreeCommonBuffer(adapter, 100, logical, memory, TRUE);
    dma->FreeCommonBuffer(adapter, 100, logical, memory, TRUE);
  });
}

TEST_F(HalAdapter, R_DMA_8_PartlyFreedIsE6_03) {
  expect_bugcheck(0xE6, 0x03, [&] {
    get_adapter();
    PHYSICAL_ADDRESS logical;
    PVOID memory = dma->AllocateCommonBuffer(adapter, 8192, &logical, TRUE);
    dma->FreeCommonBuffer(adapter, 4096, logical, memory, TRUE);
  });
}

}  // namespace
}  // namespace p2p::test
