// DMA adapters: what a device may reach, and from when to when. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>

namespace p2p::hal {

/// A DMA_ADAPTER with what the HAL knows of it. Logical addresses equal physical ones for locked buffers, and are
/// contiguous from 2 GiB on for common buffers; either way the IOMMU lets the device through only while mapped.
struct Adapter {
  DMA_ADAPTER dma;  // first: drivers hold a pointer to it
  unsigned function;
  ULONG map_registers;  // limit
  ULONG map_registers_used;
  unsigned common_buffers, lists;
  bool released;
};

struct Waiting {
  ULONG pages;
  std::function<void()> start;
};

/// The PCI function behind a PDO; registered by the bus driver.
void set_function_of(PDEVICE_OBJECT pdo, unsigned function);
bool function_of(PDEVICE_OBJECT pdo, unsigned* function);
void reset();

}  // namespace p2p::hal
