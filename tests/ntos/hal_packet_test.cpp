// Packet DMA: rules R-DMA-3, R-DMA-7 and R-DMA-9.
#include "tests/ntos/hal_fixture.h"

namespace p2p::test {
namespace {

/// An AdapterControl routine that notes what it was given.
struct Control {
  explicit Control(IO_ALLOCATION_ACTION answer) : action(answer) {}
  static IO_ALLOCATION_ACTION NTAPI enter(PDEVICE_OBJECT device, PIRP, PVOID base, PVOID context) {
    auto* self = static_cast<Control*>(context);
    ++self->calls;
    self->device = device;
    self->base = base;
    self->irql = KeGetCurrentIrql();
    if (self->then) self->then();
    return self->action;
  }
  IO_ALLOCATION_ACTION action;
  PDEVICE_OBJECT device = nullptr;
  PVOID base = nullptr;
  KIRQL irql = 0;
  int calls = 0;
  std::function<void()> then;
};

class HalPacket : public HalTest {
 protected:
  NTSTATUS allocate(Control& control, ULONG count, PDEVICE_OBJECT device = nullptr) {
    NTSTATUS status = 0;
    at_dispatch([&] {
      status = dma->AllocateAdapterChannel(adapter, device != nullptr ? device : pdo, count, Control::enter, &control);
    });
    return status;
  }
  void free(PVOID base, ULONG count) {
    at_dispatch([&] { dma->FreeMapRegisters(adapter, base, count); });
  }
  PDEVICE_OBJECT another_device() {
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(pdo->DriverObject, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    return device;
  }
  Control keep{DeallocateObjectKeepRegisters};
};

TEST_F(HalPacket, R_DMA_7_ControlIsCalledAtDispatchAtOnceIfRegistersAreFree) {
  config.map_registers = 8;
  expect_no_bugcheck([&] {
    get_adapter();
    EXPECT_EQ(allocate(keep, 8), STATUS_SUCCESS);
    EXPECT_EQ(keep.calls, 1);
    EXPECT_EQ(keep.device, pdo);
    EXPECT_EQ(keep.irql, DISPATCH_LEVEL);
    ASSERT_NE(keep.base, nullptr);
    free(keep.base, 8);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_WaitsInOrderUntilRegistersAreFree) {
  config.map_registers = 8;
  expect_no_bugcheck([&] {
    get_adapter();
    Control second(DeallocateObjectKeepRegisters), third(DeallocateObjectKeepRegisters);
    PDEVICE_OBJECT b = another_device(), c = another_device();
    allocate(keep, 5);
    EXPECT_EQ(allocate(second, 4, b), STATUS_SUCCESS);  // queued is success
    EXPECT_EQ(allocate(third, 1, c), STATUS_SUCCESS);
    EXPECT_EQ(second.calls, 0);
    EXPECT_EQ(third.calls, 0);  // one would be free, but it is not its turn
    free(keep.base, 5);
    EXPECT_EQ(second.calls, 1);
    EXPECT_EQ(second.irql, DISPATCH_LEVEL);
    EXPECT_EQ(third.calls, 1);
    free(second.base, 4);
    free(third.base, 1);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_KeepObjectHoldsTheChannelUntilItIsFreed) {
  expect_no_bugcheck([&] {
    get_adapter();
    Control holding(KeepObject);
    allocate(holding, 2);
    allocate(keep, 1, another_device());
    EXPECT_EQ(keep.calls, 0);
    at_dispatch([&] { dma->FreeAdapterChannel(adapter); });  // with its registers
    EXPECT_EQ(keep.calls, 1);
    free(keep.base, 1);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_DeallocateObjectGivesEverythingBack) {
  config.map_registers = 2;
  expect_no_bugcheck([&] {
    get_adapter();
    Control once(DeallocateObject);
    for (int i = 0; i < 3; ++i) allocate(once, 2);
    EXPECT_EQ(once.calls, 3);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_TheRoutineOfOneDeviceAtATimeIsE6_0B) {
  config.map_registers = 2;
  expect_bugcheck(0xE6, 0x0B, [&] {
    get_adapter();
    Control second(DeallocateObjectKeepRegisters), third(DeallocateObjectKeepRegisters);
    allocate(keep, 2);
    allocate(second, 1);
    allocate(third, 1);
  });
}

TEST_F(HalPacket, R_DMA_7_InsideAdapterControlIsE6_0B) {
  expect_bugcheck(0xE6, 0x0B, [&] {
    get_adapter();
    Control inner(DeallocateObject);
    keep.then = [&] { dma->AllocateAdapterChannel(adapter, pdo, 1, Control::enter, &inner); };
    allocate(keep, 1);
  });
}

TEST_F(HalPacket, V_E6_0C_MoreRegistersThanTheAdapterHas) {
  config.map_registers = 8;
  expect_bugcheck(0xE6, 0x0C, [&] {
    get_adapter();
    allocate(keep, 9);
  });
}

TEST_F(HalPacket, V_E6_15_MoreRegistersThanItsDriverWasGranted) {
  expect_bugcheck(0xE6, 0x15, [&] {
    get_adapter();
    allocate(keep, registers + 1);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], registers + 1);
}

TEST_F(HalPacket, R_DMA_7_MoreRegistersThanThereAreIsInsufficientResourcesWithoutTheVerifier) {
  config.map_registers = 8;
  config.verifier = false;
  expect_no_bugcheck([&] {
    get_adapter();
    EXPECT_EQ(allocate(keep, 9), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(keep.calls, 0);
  });
}

TEST_F(HalPacket, R_DMA_7_AScatteringMasterMapsAsMuchAsLiesTogether) {
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(3 * PAGE_SIZE, 1000);
    PMDL mdl = locked(data, 2 * PAGE_SIZE);
    allocate(keep, 3);
    std::vector<ULONG> pieces;
    const std::string incoming(2 * PAGE_SIZE, 'i');
    for (ULONG done = 0; done < 2 * PAGE_SIZE;) {
      ULONG length = static_cast<ULONG>(2 * PAGE_SIZE) - done;
      const PHYSICAL_ADDRESS at = dma->MapTransfer(adapter, mdl, keep.base, data + done, &length, FALSE);
      EXPECT_EQ(static_cast<std::uint64_t>(at.QuadPart) % PAGE_SIZE, (1000 + done) % PAGE_SIZE);
      EXPECT_TRUE(hardware.dma_write(static_cast<std::uint64_t>(at.QuadPart), &incoming[done], length));
      pieces.push_back(length);
      done += length;
    }
    EXPECT_EQ(pieces, (std::vector<ULONG>{PAGE_SIZE - 1000, PAGE_SIZE, 1000}));
    EXPECT_EQ(events.count("kind=transfer"), 3u);
    EXPECT_EQ(events.count("bytes=1000 write=1"), 1u);
    EXPECT_EQ(events.count("ntos.dma.unmap"), 0u);
    EXPECT_TRUE(dma->FlushAdapterBuffers(adapter, mdl, keep.base, data, 2 * PAGE_SIZE, FALSE));
    EXPECT_TRUE(hardware.iommu().empty());
    EXPECT_EQ(events.count("ntos.dma.unmap"), 3u);
    EXPECT_EQ(std::string(data, 2 * PAGE_SIZE), incoming);
    free(keep.base, 3);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_AMasterThatCannotScatterSeesNeighbours) {
  expect_no_bugcheck([&] {
    get_adapter(false);
    char* data = buffer(3 * PAGE_SIZE, 1000);
    PMDL mdl = locked(data, 2 * PAGE_SIZE);
    allocate(keep, 3);
    ULONG length = 2 * PAGE_SIZE;
    const PHYSICAL_ADDRESS at = dma->MapTransfer(adapter, mdl, keep.base, data, &length, TRUE);
    EXPECT_EQ(length, static_cast<ULONG>(2 * PAGE_SIZE));
    std::memcpy(data, "begin", 5);
    std::memcpy(data + 2 * PAGE_SIZE - 3, "end", 3);
    std::string seen(2 * PAGE_SIZE, 0);
    EXPECT_TRUE(hardware.dma_read(static_cast<std::uint64_t>(at.QuadPart), seen.data(), seen.size()));
    EXPECT_EQ(seen, std::string(data, 2 * PAGE_SIZE));
    dma->FlushAdapterBuffers(adapter, mdl, keep.base, data, length, TRUE);
    EXPECT_FALSE(hardware.dma_read(static_cast<std::uint64_t>(at.QuadPart), seen.data(), 1));
    free(keep.base, 3);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_RegistersServeTransferAfterTransfer) {
  expect_no_bugcheck([&] {
    get_adapter(false);
    char* data = buffer(4 * PAGE_SIZE);
    PMDL mdl = locked(data, 4 * PAGE_SIZE);
    allocate(keep, 2);
    for (ULONG i = 0; i < 4; i += 2) {
      ULONG length = 2 * PAGE_SIZE;
      dma->MapTransfer(adapter, mdl, keep.base, data + i * PAGE_SIZE, &length, FALSE);
      EXPECT_EQ(length, static_cast<ULONG>(2 * PAGE_SIZE));
      dma->FlushAdapterBuffers(adapter, mdl, keep.base, data + i * PAGE_SIZE, length, FALSE);
    }
    free(keep.base, 2);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_V_E6_0C_AMasterThatCannotScatterGetsAllOfItsTransferOrNothing) {
  expect_bugcheck(0xE6, 0x0C, [&] {
    get_adapter(false);
    char* data = buffer(4 * PAGE_SIZE, 100);
    PMDL mdl = locked(data, 2 * PAGE_SIZE);
    allocate(keep, 2);
    ULONG length = 2 * PAGE_SIZE;  // in three pages
    dma->MapTransfer(adapter, mdl, keep.base, data, &length, FALSE);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], 3u);
}

TEST_F(HalPacket, R_DMA_7_WithoutMemoryForCopiesThereIsNoChannel) {
  config.dma_bounce = true;
  expect_no_bugcheck([&] {
    get_adapter();
    const std::size_t before = hardware.pages_allocated();
    hardware.page_limit = before + 1;
    EXPECT_EQ(allocate(keep, 2), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(keep.calls, 0);
    EXPECT_EQ(hardware.pages_allocated(), before);
    hardware.page_limit = before + 2;
    EXPECT_EQ(allocate(keep, 2), STATUS_SUCCESS);
    EXPECT_EQ(keep.calls, 1);
    free(keep.base, 2);
    EXPECT_EQ(hardware.pages_allocated(), before);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_AChannelFreedBeforeItsRoutineHasReturnedGoesWithItsRegisters) {
  config.map_registers = 2;
  expect_no_bugcheck([&] {
    get_adapter();
    Control holding(KeepObject);
    holding.then = [&] { dma->FreeAdapterChannel(adapter); };
    allocate(holding, 2);
    EXPECT_EQ(allocate(keep, 2, another_device()), STATUS_SUCCESS);
    EXPECT_EQ(keep.calls, 1);
    free(keep.base, 2);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, V_E6_08_ReleasedWhileADeviceWaitsForTheChannel) {
  config.map_registers = 2;
  expect_bugcheck(0xE6, 0x08, [&] {
    get_adapter();
    allocate(keep, 2);
    Control second(DeallocateObject);
    allocate(second, 1, another_device());
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_WithCopiesDataIsThereOnlyAfterTheFlush) {
  config.dma_bounce = true;
  expect_no_bugcheck([&] {
    get_adapter();
    char* data = buffer(PAGE_SIZE);
    PMDL mdl = locked(data, 100);
    allocate(keep, 1);
    ULONG length = 100;
    const PHYSICAL_ADDRESS at = dma->MapTransfer(adapter, mdl, keep.base, data, &length, FALSE);
    const std::string incoming(100, 'n');
    EXPECT_TRUE(hardware.dma_write(static_cast<std::uint64_t>(at.QuadPart), incoming.data(), 100));
    EXPECT_EQ(data[0], 0);
    dma->FlushAdapterBuffers(adapter, mdl, keep.base, data, 100, FALSE);
    EXPECT_EQ(std::string(data, 100), incoming);
    free(keep.base, 1);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, R_DMA_7_A32BitMasterGetsCopiesOfPagesBeyondItsReach) {
  hardware.first_physical_page = 0x100000 - 8192;  // half of the memory lies above 4 GiB
  expect_no_bugcheck([&] {
    get_adapter(true, false);
    char* data = buffer(8 * PAGE_SIZE);
    PMDL mdl = locked(data, 8 * PAGE_SIZE);
    bool beyond = false, within = false;
    for (int i = 0; i < 8; ++i) {
      (hardware.physical_page(data + i * PAGE_SIZE) >= 0x100000 ? beyond : within) = true;
    }
    ASSERT_TRUE(beyond && within);
    Lists lists;
    at_dispatch([&] { dma->GetScatterGatherList(adapter, pdo, mdl, data, 8 * PAGE_SIZE, Lists::take, &lists, FALSE); });
    ASSERT_EQ(lists.got.size(), 1u);
    std::size_t done = 0;
    const std::string incoming(8 * PAGE_SIZE, 'h');
    for (ULONG i = 0; i < lists.got[0]->NumberOfElements; ++i) {
      const SCATTER_GATHER_ELEMENT& element = lists.got[0]->Elements[i];
      EXPECT_LE(element.Address.QuadPart + element.Length, 0x1'0000'0000);
      EXPECT_TRUE(
          hardware.dma_write(static_cast<std::uint64_t>(element.Address.QuadPart), &incoming[done], element.Length));
      done += element.Length;
    }
    EXPECT_NE(std::string(data, 8 * PAGE_SIZE), incoming);
    at_dispatch([&] { dma->PutScatterGatherList(adapter, lists.got[0], FALSE); });
    EXPECT_EQ(std::string(data, 8 * PAGE_SIZE), incoming);
    dma->PutDmaAdapter(adapter);
  });
}

TEST_F(HalPacket, V_E6_10_FreedWithoutAFlush) {
  expect_bugcheck(0xE6, 0x10, [&] {
    get_adapter();
    char* data = buffer(PAGE_SIZE);
    PMDL mdl = locked(data, 100);
    allocate(keep, 1);
    ULONG length = 100;
    dma->MapTransfer(adapter, mdl, keep.base, data, &length, FALSE);
    free(keep.base, 1);
  });
}

TEST_F(HalPacket, V_E6_05_AnotherNumberOfRegistersFreed) {
  expect_bugcheck(0xE6, 0x05, [&] {
    get_adapter();
    allocate(keep, 3);
    free(keep.base, 2);
  });
}

TEST_F(HalPacket, V_E6_05_RegistersFreedTwice) {
  expect_bugcheck(0xE6, 0x05, [&] {
    get_adapter();
    allocate(keep, 3);
    free(keep.base, 3);
    free(keep.base, 3);
  });
}

TEST_F(HalPacket, V_E6_04_AChannelFreedThatIsNotAllocated) {
  expect_bugcheck(0xE6, 0x04, [&] {
    get_adapter();
    at_dispatch([&] { dma->FreeAdapterChannel(adapter); });
  });
}

/// Maps 100 bytes through one register, then `then(mdl, data)`.
class HalPacketMapped : public HalPacket {
 protected:
  void map_and(const std::function<void(PMDL, char*)>& then) {
    get_adapter();
    char* data = buffer(PAGE_SIZE);
    PMDL mdl = locked(data, 200);
    allocate(keep, 2);
    ULONG length = 100;
    dma->MapTransfer(adapter, mdl, keep.base, data, &length, FALSE);
    then(mdl, data);
  }
  void map(PMDL mdl, char* at, ULONG length) { dma->MapTransfer(adapter, mdl, keep.base, at, &length, FALSE); }
};

TEST_F(HalPacketMapped, V_E6_00_MoreFlushedThanMapped) {
  expect_bugcheck(0xE6, 0x00, [&] {
    map_and([&](PMDL mdl, char* data) { dma->FlushAdapterBuffers(adapter, mdl, keep.base, data, 200, FALSE); });
  });
}

TEST_F(HalPacketMapped, V_E6_16_FlushedThatIsNotMapped) {
  expect_bugcheck(0xE6, 0x16, [&] {
    map_and([&](PMDL mdl, char* data) { dma->FlushAdapterBuffers(adapter, mdl, keep.base, data + 100, 50, FALSE); });
  });
}

TEST_F(HalPacketMapped, V_E6_16_FlushedTheOtherWay) {
  expect_bugcheck(0xE6, 0x16, [&] {
    map_and([&](PMDL mdl, char* data) { dma->FlushAdapterBuffers(adapter, mdl, keep.base, data, 100, TRUE); });
  });
}

TEST_F(HalPacketMapped, V_E6_20_FlushedWithRegistersThatAreFree) {
  expect_bugcheck(0xE6, 0x20, [&] {
    map_and([&](PMDL mdl, char* data) { dma->FlushAdapterBuffers(adapter, mdl, data, data, 100, FALSE); });
  });
}

TEST_F(HalPacketMapped, V_E6_1D_MappedTwice) {
  expect_bugcheck(0xE6, 0x1D, [&] { map_and([&](PMDL mdl, char* data) { map(mdl, data + 99, 10); }); });
}

TEST_F(HalPacketMapped, V_E6_21_NothingToMap) {
  expect_bugcheck(0xE6, 0x21, [&] { map_and([&](PMDL mdl, char* data) { map(mdl, data + 100, 0); }); });
}

TEST_F(HalPacketMapped, R_DMA_9_V_E6_1B_OutsideTheMdl) {
  expect_bugcheck(0xE6, 0x1B, [&] { map_and([&](PMDL mdl, char* data) { map(mdl, data + 200, 1); }); });
}

TEST_F(HalPacketMapped, V_E6_1F_BeyondTheEndOfTheMdl) {
  expect_bugcheck(0xE6, 0x1F, [&] { map_and([&](PMDL mdl, char* data) { map(mdl, data + 150, 51); }); });
}

TEST_F(HalPacketMapped, V_E6_0D_MoreMappedThanAllocatedWithoutAFlush) {
  expect_bugcheck(0xE6, 0x0D, [&] {
    map_and([&](PMDL mdl, char* data) {
      map(mdl, data + 100, 10);
      map(mdl, data + 110, 10);
    });
  });
}

}  // namespace
}  // namespace p2p::test
