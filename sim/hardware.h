// The one interface through which the simulated kernel (sw/ntos) sees the machine. Implemented by sim::Machine.
// Plain C++: neither SystemC nor DDK headers are included here, so both worlds can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace p2p {

/// Called by the machine, from its own SystemC process, at the simulated time of the edge.
class InterruptSink {
 public:
  virtual ~InterruptSink() = default;
  /// `line` changed level. The sink must not block; it notifies CPUs.
  virtual void interrupt_line_changed(unsigned line, bool asserted) = 0;
  /// A message of a device has arrived: a write of `vector` to the interrupt window. The sink must not block.
  virtual void interrupt_message(std::uint16_t vector) { static_cast<void>(vector); }
  /// The IOMMU has refused a burst of PCI function `function`: `address` is the device's. The sink must not block.
  virtual void device_access_refused(unsigned function, std::uint64_t address, std::uint64_t bytes, bool write) {
    static_cast<void>(function), static_cast<void>(address), static_cast<void>(bytes), static_cast<void>(write);
  }
};

/// Vectors of interrupt messages begin here; below are the numbers of lines.
constexpr unsigned kFirstMessageVector = 0x60;

/// A device's writes to these addresses are interrupt messages, not memory accesses: the data is the vector.
constexpr std::uint64_t kMessageWindow = 0xFEE0'0000, kMessageWindowBytes = 0x10'0000;

/// What PnP enumeration reports about one PCI function.
struct PciFunctionInfo {
  std::uint16_t vendor_id;
  std::uint16_t device_id;
  std::uint8_t revision;
  std::uint32_t class_code;     ///< 24 bits: base class, sub-class, programming interface
  std::uint64_t bar0_physical;  ///< CPU physical address of BAR 0
  std::uint64_t bar0_bytes;
  unsigned interrupt_line;  ///< line number as passed to InterruptSink
};

/// Device-side page permissions of an IOMMU mapping.
enum class DmaAccess : std::uint8_t { kNone = 0, kRead = 1, kWrite = 2, kReadWrite = 3 };

constexpr std::size_t kPageBytes = 4096;

class Hardware {
 public:
  virtual ~Hardware() = default;

  // -- time ------------------------------------------------------------------------------------------------------
  /// Simulated time in picoseconds since power-on, and the same as whole bus clock cycles.
  virtual std::uint64_t now_ps() const = 0;
  virtual std::uint64_t bus_cycle() const = 0;

  // -- CPU side bus accesses; block the calling SystemC process until the bus answers ---------------------------------
  /// Reads `bytes` (1, 2, 4, 8; naturally aligned) at a CPU physical address. A bus error reads all ones.
  virtual std::uint64_t mmio_read(std::uint64_t physical, unsigned bytes) = 0;
  virtual void mmio_write(std::uint64_t physical, unsigned bytes, std::uint64_t value) = 0;
  /// PCI configuration space of function `function` (0-based enumeration order); returns all ones past the end.
  virtual unsigned pci_function_count() const = 0;
  virtual PciFunctionInfo pci_function(unsigned function) const = 0;
  virtual std::uint32_t config_read(unsigned function, unsigned offset, unsigned bytes) = 0;
  virtual void config_write(unsigned function, unsigned offset, unsigned bytes, std::uint32_t value) = 0;

  // -- host memory ---------------------------------------------------------------------------------------------------
  /// `count` zeroed pages, contiguous in CPU virtual address, scattered (deterministically) in physical address.
  /// nullptr when simulated memory is exhausted.
  virtual void* allocate_pages(std::size_t count) = 0;
  virtual void free_pages(void* base, std::size_t count) = 0;
  /// Is `address` inside simulated host memory?
  virtual bool is_host_memory(const void* address) const = 0;
  /// Physical page number of the page that holds `address`; the address must be host memory.
  virtual std::uint64_t physical_page(const void* address) const = 0;
  /// CPU pointer to the start of a physical page; nullptr if there is no such page.
  virtual void* page_pointer(std::uint64_t physical_page) const = 0;

  // -- IOMMU of function `function`; logical pages are what the device puts on the bus
  // ----------------------------------
  virtual void iommu_map(unsigned function, std::uint64_t logical_page, std::uint64_t physical_page,
                         DmaAccess access) = 0;
  virtual void iommu_unmap(unsigned function, std::uint64_t logical_page) = 0;

  // -- interrupts
  // ------------------------------------------------------------------------------------------------------
  virtual void set_interrupt_sink(InterruptSink* sink) = 0;
  virtual bool interrupt_line(unsigned line) const = 0;

  /// Stops the simulation at the current time (bug check, fatal check). `reason` is one line.
  virtual void stop(std::string_view reason) = 0;
};

}  // namespace p2p
