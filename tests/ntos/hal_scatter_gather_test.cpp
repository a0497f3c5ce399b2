// Scatter/gather lists: rules R-DMA-3 to R-DMA-6 and R-DMA-9.
#include "tests/ntos/hal_fixture.h"

#include <algorithm>

namespace p2p::test {
namespace {

class HalScatterGather : public HalTest {
 protected:
  NTSTATUS get(PMDL mdl, char* at, std::size_t bytes, bool write_to_device = false) {
    NTSTATUS status = 0;
    at_dispatch([&] {
      status = dma->GetScatterGatherList(adapter, pdo, mdl, at, static_cast<ULONG>(bytes), Lists::take, &lists,
                                         write_to_device);
    });
    return status;
  }
  void put(std::size_t index, bool write_to_device = false) {
    at_dispatch([&] { dma->PutScatterGatherList(adapter, lists.got[index], write_to_device); });
  }
  static std::size_t sum(const SCATTER_GATHER_LIST* list) {
    std::size_t bytes = 0;
    for (ULONG i = 0; i < list->NumberOfElements; ++i) bytes += list->Elements[i].Length;
    return bytes;
  }
  static void release(PMDL mdl) {
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  Lists lists;
};

TEST_F(HalScatterGather, R_DMA_4_AtOnceIfRegistersAreFree) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(10000, 100);
    PMDL mdl = locked(data, 10000);
    EXPECT_EQ(get(mdl, data, 10000), STATUS_SUCCESS);
    ASSERT_EQ(lists.got.size(), 1u);
    EXPECT_EQ(lists.irqls[0], DISPATCH_LEVEL);
    EXPECT_EQ(sum(lists.got[0]), 10000u);
    put(0);
    EXPECT_TRUE(hardware.iommu().empty());
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

/// A driver keeps its IRP to use it again, and has freed the MDL that it had for it: nobody may look there.
TEST_F(HalScatterGather, AFreedMdlOfAnIdleIrpIsLeftAlone) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(5000);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoFreeMdl(IoAllocateMdl(data, 5000, FALSE, FALSE, irp));
    PMDL mdl = locked(data, 5000);
    EXPECT_EQ(get(mdl, data, 5000), STATUS_SUCCESS);
    put(0);
    release(mdl);
    irp->MdlAddress = nullptr;
    IoFreeIrp(irp);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_WaitsInOrderForRegisters) {
  config.map_registers = 10;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(40 * PAGE_SIZE);
    PMDL mdl = locked(data, 40 * PAGE_SIZE);
    EXPECT_EQ(get(mdl, data, 6 * PAGE_SIZE), STATUS_SUCCESS);
    EXPECT_EQ(get(mdl, data + 6 * PAGE_SIZE, 8 * PAGE_SIZE), STATUS_SUCCESS);   // too many now
    EXPECT_EQ(get(mdl, data + 14 * PAGE_SIZE, 1 * PAGE_SIZE), STATUS_SUCCESS);  // would fit, but is not its turn
    EXPECT_EQ(get(mdl, data + 15 * PAGE_SIZE, 1 * PAGE_SIZE), STATUS_SUCCESS);
    ASSERT_EQ(lists.got.size(), 1u);
    put(0);
    ASSERT_EQ(lists.got.size(), 4u);  // eight and one and one
    EXPECT_EQ(sum(lists.got[1]), 8u * PAGE_SIZE);
    EXPECT_EQ(static_cast<std::uint64_t>(lists.got[2]->Elements[0].Address.QuadPart) / PAGE_SIZE,
              hardware.physical_page(data + 14 * PAGE_SIZE));
    for (KIRQL irql : lists.irqls) EXPECT_EQ(irql, DISPATCH_LEVEL);
    for (std::size_t i = 1; i < 4; ++i) put(i);
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_PutInsideTheRoutineServesTheNextAfterwards) {
  config.map_registers = 4;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(16 * PAGE_SIZE);
    PMDL mdl = locked(data, 16 * PAGE_SIZE);
    int depth = 0, deepest = 0;
    get(mdl, data, 4 * PAGE_SIZE);
    lists.then = [&](PSCATTER_GATHER_LIST list) {
      deepest = std::max(deepest, ++depth);
      dma->PutScatterGatherList(adapter, list, FALSE);
      --depth;
    };
    for (int i = 1; i < 4; ++i) get(mdl, data + i * 4 * PAGE_SIZE, 4 * PAGE_SIZE);
    put(0);
    EXPECT_EQ(lists.got.size(), 4u);
    EXPECT_EQ(deepest, 1);
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_MoreThanTheAdapterHasIsInsufficientResources) {
  config.map_registers = 10;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(11 * PAGE_SIZE);
    PMDL mdl = locked(data, 11 * PAGE_SIZE);
    EXPECT_EQ(get(mdl, data, 11 * PAGE_SIZE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_TRUE(lists.got.empty());
    EXPECT_EQ(get(mdl, data, 10 * PAGE_SIZE), STATUS_SUCCESS);
    put(0);
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_WithoutMemoryForTheListIsInsufficientResources) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(200 * PAGE_SIZE);
    PMDL mdl = locked(data, 200 * PAGE_SIZE);
    hardware.page_limit = hardware.pages_allocated();
    EXPECT_EQ(get(mdl, data, 200 * PAGE_SIZE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_TRUE(hardware.iommu().empty());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_WithoutMemoryForCopiesIsInsufficientResources) {
  config.dma_bounce = true;
  config.map_registers = 6;
  config.verifier = false;  // a list takes no page of its own
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(10 * PAGE_SIZE);
    PMDL mdl = locked(data, 10 * PAGE_SIZE);
    EXPECT_EQ(get(mdl, data, 4 * PAGE_SIZE), STATUS_SUCCESS);
    const std::size_t before = hardware.pages_allocated();
    hardware.page_limit = before + 3;
    EXPECT_EQ(get(mdl, data + 4 * PAGE_SIZE, 4 * PAGE_SIZE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(lists.got.size(), 1u);
    EXPECT_EQ(hardware.pages_allocated(), before);
    // What is accepted has its memory: whatever becomes of the rest while it waits for registers.
    EXPECT_EQ(get(mdl, data + 4 * PAGE_SIZE, 3 * PAGE_SIZE), STATUS_SUCCESS);
    hardware.page_limit = 0;
    put(0);
    ASSERT_EQ(lists.got.size(), 2u);
    ASSERT_NE(lists.got[1], nullptr);
    EXPECT_EQ(sum(lists.got[1]), 3u * PAGE_SIZE);
    put(1);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, V_E6_F_ADeviceWritesBesideItsTransferInACopy) {
  config.dma_bounce = true;
  expect_bugcheck(0xE6, 0x0F, [&] {
    get_adapter();
    char* data = buffer(PAGE_SIZE);
    PMDL mdl = locked(data, PAGE_SIZE);
    EXPECT_EQ(get(mdl, data, 100), STATUS_SUCCESS);
    ASSERT_EQ(lists.got.size(), 1u);
    const std::vector<char> line(101, 'x');
    const auto address = static_cast<std::uint64_t>(lists.got[0]->Elements[0].Address.QuadPart);
    EXPECT_TRUE(hardware.dma_write(address, line.data(), line.size()));
    put(0);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], 5u) << "behind it";
}

TEST_F(HalScatterGather, R_DMA_4_ChainedMdls) {
  expect_no_bugcheck([&] {
    get_adapter();
    char *first = buffer(5000, 50), *second = buffer(7000, 3000);
    PMDL mdl = locked(first, 5000);
    mdl->Next = locked(second, 7000);
    EXPECT_EQ(get(mdl, first + 1000, 4000 + 7000), STATUS_SUCCESS);
    ASSERT_EQ(lists.got.size(), 1u);
    EXPECT_EQ(sum(lists.got[0]), 11000u);
    std::string expected(4000, 'a');
    expected += std::string(7000, 'b');
    std::size_t at = 0;
    for (ULONG i = 0; i < lists.got[0]->NumberOfElements; ++i) {
      const SCATTER_GATHER_ELEMENT& element = lists.got[0]->Elements[i];
      EXPECT_TRUE(
          hardware.dma_write(static_cast<std::uint64_t>(element.Address.QuadPart), &expected[at], element.Length));
      at += element.Length;
    }
    put(0);
    EXPECT_EQ(first[999], 0);
    EXPECT_EQ(std::string(first + 1000, 4000), std::string(4000, 'a'));
    EXPECT_EQ(std::string(second, 7000), std::string(7000, 'b'));
    release(mdl->Next);
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_4_V_E6_24_LongerThanItsMdls) {
  expect_bugcheck(0xE6, 0x24, [&] {
    get_adapter();
    char* data = buffer(5000);
    get(locked(data, 5000), data, 5001);
  });
}

TEST_F(HalScatterGather, R_DMA_4_LongerThanItsMdlsIsBufferTooSmallWithoutTheVerifier) {
  config.verifier = false;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(5000);
    EXPECT_EQ(get(locked(data, 5000), data, 5001), STATUS_BUFFER_TOO_SMALL);
  });
}

TEST_F(HalScatterGather, R_DMA_5_ElementsInOrderOnePieceAPageUnlessPhysicalNeighbours) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(3 * PAGE_SIZE, 1000);
    PMDL mdl = locked(data, 2 * PAGE_SIZE);
    get(mdl, data, 2 * PAGE_SIZE);
    const SCATTER_GATHER_LIST* list = lists.got[0];
    ASSERT_EQ(list->NumberOfElements, 3u);  // pages of this machine are scattered
    EXPECT_EQ(list->Elements[0].Length, PAGE_SIZE - 1000u);
    EXPECT_EQ(list->Elements[1].Length, static_cast<ULONG>(PAGE_SIZE));
    EXPECT_EQ(list->Elements[2].Length, 1000u);
    for (ULONG i = 0; i < 3; ++i) {
      const char* page = data - 1000 + i * PAGE_SIZE;
      EXPECT_EQ(static_cast<std::uint64_t>(list->Elements[i].Address.QuadPart),
                hardware.physical_page(page) * PAGE_SIZE + (i == 0 ? 1000u : 0u));
    }
    put(0);
    // Two MDLs for the same page, one after the other: neighbours, and one element.
    char* page = buffer(PAGE_SIZE);
    PMDL halves = locked(page, 1000);
    halves->Next = locked(page + 1000, 500);
    get(halves, page, 1500);
    ASSERT_EQ(lists.got[1]->NumberOfElements, 1u);
    EXPECT_EQ(lists.got[1]->Elements[0].Length, 1500u);
    put(1);
    EXPECT_TRUE(hardware.iommu().empty());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_6_TheDeviceReachesTheBufferOnlyBetweenGetAndPut) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(100);
    PMDL mdl = locked(data, 100);
    EXPECT_FALSE(mapped(data));
    get(mdl, data, 100);
    EXPECT_TRUE(mapped(data));
    put(0);
    EXPECT_FALSE(mapped(data));
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_6_OnlyInTheDirectionOfTheTransfer) {
  expect_no_bugcheck([&] {
    get_adapter();
    char *in = buffer(100), *out = buffer(100), byte = 'x';
    get(locked(in, 100), in, 100, false);
    get(locked(out, 100), out, 100, true);
    const auto in_at = static_cast<std::uint64_t>(lists.got[0]->Elements[0].Address.QuadPart);
    const auto out_at = static_cast<std::uint64_t>(lists.got[1]->Elements[0].Address.QuadPart);
    EXPECT_TRUE(hardware.dma_write(in_at, &byte, 1));
    EXPECT_FALSE(hardware.dma_read(in_at, &byte, 1));
    EXPECT_TRUE(hardware.dma_read(out_at, &byte, 1));
    EXPECT_FALSE(hardware.dma_write(out_at, &byte, 1));
    put(0, false);
    put(1, true);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_6_APageOfTwoTransfersStaysForTheSecond) {
  expect_no_bugcheck([&] {
    get_adapter();
    char *data = buffer(PAGE_SIZE), byte = 'x';
    PMDL mdl = locked(data, PAGE_SIZE);
    get(mdl, data, 100, false);
    get(mdl, data + 2000, 100, true);
    const auto at = static_cast<std::uint64_t>(lists.got[0]->Elements[0].Address.QuadPart);
    EXPECT_TRUE(hardware.dma_write(at, &byte, 1));
    EXPECT_TRUE(hardware.dma_read(at, &byte, 1));
    put(0, false);
    EXPECT_FALSE(hardware.dma_write(at, &byte, 1));
    EXPECT_TRUE(hardware.dma_read(at, &byte, 1));
    put(1, true);
    EXPECT_TRUE(hardware.iommu().empty());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_6_WithCopiesDataIsThereOnlyAfterPut) {
  config.dma_bounce = true;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(2 * PAGE_SIZE, 500);
    std::memset(data, 'o', 6000);
    PMDL mdl = locked(data, 6000);
    get(mdl, data, 6000);
    const std::string incoming(6000, 'n');
    std::size_t at = 0;
    for (ULONG i = 0; i < lists.got[0]->NumberOfElements; ++i) {
      const SCATTER_GATHER_ELEMENT& element = lists.got[0]->Elements[i];
      EXPECT_TRUE(
          hardware.dma_write(static_cast<std::uint64_t>(element.Address.QuadPart), &incoming[at], element.Length));
      at += element.Length;
    }
    EXPECT_EQ(std::string(data, 6000), std::string(6000, 'o'));  // too early
    const std::size_t pages = hardware.pages_allocated();
    put(0);
    EXPECT_EQ(std::string(data, 6000), incoming);
    EXPECT_EQ(data[6000], 0);
    EXPECT_EQ(hardware.pages_allocated(), pages - 2);
    // To the device: what the buffer held when the list was made.
    get(mdl, data, 6000, true);
    data[0] = 'l';
    char byte = 0;
    EXPECT_TRUE(hardware.dma_read(static_cast<std::uint64_t>(lists.got[1]->Elements[0].Address.QuadPart), &byte, 1));
    EXPECT_EQ(byte, 'n');
    put(1, true);
    EXPECT_EQ(data[0], 'l');
    dma->PutDmaAdapter(adapter);
  });
}

/// A buffer in the driver's image, or on its stack, is no memory of the machine: the device sees a page beside it.
TEST_F(HalScatterGather, R_DMA_6_ABufferInTheDriversImage) {
  expect_no_bugcheck([&] {
    get_adapter();
    static char global[6000];
    global[0] = 'f';
    global[5999] = 'l';
    PMDL mdl = locked(global, sizeof global);
    get(mdl, global, sizeof global, true);
    const SCATTER_GATHER_LIST* out = lists.got[0];
    const SCATTER_GATHER_ELEMENT& last = out->Elements[out->NumberOfElements - 1];
    char first_byte = 0, last_byte = 0;
    EXPECT_TRUE(hardware.dma_read(static_cast<std::uint64_t>(out->Elements[0].Address.QuadPart), &first_byte, 1));
    EXPECT_TRUE(hardware.dma_read(static_cast<std::uint64_t>(last.Address.QuadPart) + last.Length - 1, &last_byte, 1));
    EXPECT_EQ(first_byte, 'f');
    EXPECT_EQ(last_byte, 'l');
    put(0, true);
    get(mdl, global + 10, 100, false);
    EXPECT_TRUE(hardware.dma_write(static_cast<std::uint64_t>(lists.got[1]->Elements[0].Address.QuadPart), "in", 2));
    put(1, false);
    EXPECT_EQ(std::string(global + 10, 2), "in");
    EXPECT_EQ(global[0], 'f');
    EXPECT_TRUE(hardware.iommu().empty());
    release(mdl);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, R_DMA_6_OtherDirectionAtPutIsE6_16) {
  expect_bugcheck(0xE6, 0x16, [&] {
    get_adapter();
    char* data = buffer(100);
    get(locked(data, 100), data, 100, false);
    put(0, true);
  });
}

TEST_F(HalScatterGather, V_E6_06_PutTwice) {
  expect_bugcheck(0xE6, 0x06, [&] {
    get_adapter();
    char* data = buffer(100);
    get(locked(data, 100), data, 100);
    put(0);
    put(0);
  });
}

TEST_F(HalScatterGather, V_E6_0E_NotLocked) {
  expect_bugcheck(0xE6, 0x0E, [&] {
    get_adapter();
    char* data = buffer(100);
    get(IoAllocateMdl(data, 100, FALSE, FALSE, nullptr), data, 100);
  });
}

TEST_F(HalScatterGather, R_DMA_9_V_E6_1B_AddressOutsideTheMdl) {
  expect_bugcheck(0xE6, 0x1B, [&] {
    get_adapter();
    char* data = buffer(200);
    get(locked(data + 100, 100), data, 50);
  });
}

TEST_F(HalScatterGather, R_DMA_9_TheAddressIsAnIndexIntoTheMdl) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(2 * PAGE_SIZE);
    PMDL mdl = locked(data, 2 * PAGE_SIZE);
    get(mdl, static_cast<char*>(MmGetMdlVirtualAddress(mdl)) + 5000, 100);
    EXPECT_EQ(static_cast<std::uint64_t>(lists.got[0]->Elements[0].Address.QuadPart),
              hardware.physical_page(data + 5000) * PAGE_SIZE + 5000 - PAGE_SIZE);
    put(0);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalScatterGather, CalculatedAndBuiltInTheDriversBuffer) {
  config.map_registers = 4;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(4 * PAGE_SIZE, 100);
    PMDL mdl = locked(data, 3 * PAGE_SIZE);
    ULONG bytes = 0, needed = 0;
    EXPECT_EQ(dma->CalculateScatterGatherList(adapter, mdl, data, 3 * PAGE_SIZE, &bytes, &needed), STATUS_SUCCESS);
    EXPECT_EQ(needed, 4u);
    EXPECT_GE(bytes, sizeof(SCATTER_GATHER_LIST) + 4 * sizeof(SCATTER_GATHER_ELEMENT));
    EXPECT_EQ(dma->CalculateScatterGatherList(adapter, nullptr, data, 5 * PAGE_SIZE, &bytes, nullptr),
              STATUS_INSUFFICIENT_RESOURCES);
    dma->CalculateScatterGatherList(adapter, mdl, data, 3 * PAGE_SIZE, &bytes, nullptr);
    char* room = buffer(bytes);
    at_dispatch([&] {
      EXPECT_EQ(dma->BuildScatterGatherList(adapter, pdo, mdl, data, 3 * PAGE_SIZE, Lists::take, &lists, FALSE, room,
                                            bytes - 1),
                STATUS_BUFFER_TOO_SMALL);
      EXPECT_EQ(
          dma->BuildScatterGatherList(adapter, pdo, mdl, data, 3 * PAGE_SIZE, Lists::take, &lists, FALSE, room, bytes),
          STATUS_SUCCESS);
    });
    ASSERT_EQ(lists.got.size(), 1u);
    EXPECT_EQ(static_cast<void*>(lists.got[0]), room);
    EXPECT_EQ(sum(lists.got[0]), 3u * PAGE_SIZE);
    PMDL seen = nullptr;
    EXPECT_EQ(dma->BuildMdlFromScatterGatherList(adapter, lists.got[0], mdl, &seen), STATUS_SUCCESS);
    EXPECT_EQ(seen, mdl);
    put(0);
    EXPECT_TRUE(hardware.iommu().empty());
    ExFreePoolWithTag(room, 'tseT');  // the driver's own
    dma->PutDmaAdapter(adapter);
  });
}

}  // namespace
}  // namespace p2p::test
