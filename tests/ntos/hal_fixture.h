// A DMA adapter of the fake machine's function, and locked buffers.
#pragma once

#include "tests/ntos/kernel_fixture.h"

#include <algorithm>
#include <cstring>

#include "sw/ntos/pnp/drivers.h"

namespace p2p::test {

/// Runs `body` at DISPATCH_LEVEL.
template <class Body>
void at_dispatch(Body body) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  body();
  KeLowerIrql(old);
}

class HalTest : public KernelTest {
 protected:
  static DEVICE_DESCRIPTION description(bool scatter_gather = true, bool reaches_64_bits = true) {
    DEVICE_DESCRIPTION device = {};
    device.Version = DEVICE_DESCRIPTION_VERSION;
    device.Master = TRUE;
    device.ScatterGather = scatter_gather;
    device.Dma32BitAddresses = TRUE;
    device.Dma64BitAddresses = reaches_64_bits;
    device.InterfaceType = PCIBus;
    device.MaximumLength = 1 << 20;
    return device;
  }
  /// The adapter of the machine's function. Inside run() only.
  PDMA_ADAPTER get_adapter(bool scatter_gather = true, bool reaches_64_bits = true) {
    pdo = pnp::pdo_of(0);
    DEVICE_DESCRIPTION device = description(scatter_gather, reaches_64_bits);
    adapter = IoGetDmaAdapter(pdo, &device, &registers);
    EXPECT_NE(adapter, nullptr);
    if (adapter != nullptr) dma = adapter->DmaOperations;
    return adapter;
  }
  /// `bytes` at `offset` in a fresh page-aligned block.
  char* buffer(std::size_t bytes, std::size_t offset = 0) {
    const std::size_t whole = std::max<std::size_t>(bytes + offset, PAGE_SIZE);
    return static_cast<char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, whole, 'tseT')) + offset;
  }
  static PMDL locked(char* data, std::size_t bytes) {
    PMDL mdl = IoAllocateMdl(data, static_cast<ULONG>(bytes), FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    return mdl;
  }
  /// Pages of the buffer, as the IOMMU may or may not know them.
  bool mapped(const char* data) { return hardware.iommu().contains(hardware.physical_page(data)); }

  PDEVICE_OBJECT pdo = nullptr;
  PDMA_ADAPTER adapter = nullptr;
  PDMA_OPERATIONS dma = nullptr;
  ULONG registers = 0;
};

/// Calls of a list control routine.
struct Lists {
  static VOID NTAPI take(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST list, PVOID context) {
    auto* self = static_cast<Lists*>(context);
    self->irqls.push_back(KeGetCurrentIrql());
    self->got.push_back(list);
    if (self->then) self->then(list);
  }
  std::vector<PSCATTER_GATHER_LIST> got;
  std::vector<KIRQL> irqls;
  std::function<void(PSCATTER_GATHER_LIST)> then;
};

}  // namespace p2p::test
