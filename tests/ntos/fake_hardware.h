// A machine without a chip behind sim/hardware.h, for tests of the kernel and of what stands on it. Time is SystemC's;
// the bus clock has 10 ns. Registers answer from handlers a test sets, lines are moved by hand.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/hardware.h"

namespace p2p::test {

class FakeHardware final : public Hardware {
 public:
  static constexpr std::uint64_t kBusPeriodPs = 10'000;
  static constexpr std::uint64_t kBar0 = 0xF000'0000, kBar0Bytes = 0x1000;
  static constexpr unsigned kLine = 16;

  FakeHardware();
  ~FakeHardware() override;
  FakeHardware(const FakeHardware&) = delete;
  FakeHardware& operator=(const FakeHardware&) = delete;

  // -- what tests set and see ----------------------------------------------------------------------------------------
  std::function<std::uint64_t(std::uint64_t physical, unsigned bytes)> on_read;  ///< default: all ones
  std::function<void(std::uint64_t physical, unsigned bytes, std::uint64_t value)> on_write;
  std::uint64_t mmio_ps = 100'000;             ///< what a register access takes on the bus
  std::size_t page_limit = 16384;              ///< pages that can be allocated at a time
  std::uint64_t first_physical_page = 0x1000;  ///< of host memory; set before anything is allocated
  /// Moves a line now; tells the kernel.
  void set_line(unsigned line, bool level);
  /// The device writes `vector` into the interrupt window.
  void send_message(unsigned vector) { sink_->interrupt_message(static_cast<std::uint16_t>(vector)); }
  /// Calls `action` from a process of the machine after `ps` of simulated time.
  void after_ps(std::uint64_t ps, std::function<void()> action);
  /// sc_start() until nothing is left to do or somebody stops the machine.
  static void run();
  static void run_for_ps(std::uint64_t ps);
  const std::string& stop_reason() const { return stop_reason_; }
  std::size_t pages_allocated() const { return allocated_; }
  struct Mapping {
    std::uint64_t physical_page;
    DmaAccess access;
  };
  /// The IOMMU's table: logical page to mapping.
  const std::map<std::uint64_t, Mapping>& iommu() const { return iommu_; }
  /// Device-side access through the IOMMU; false at the first byte that no mapping allows.
  bool dma_write(std::uint64_t logical, const void* data, std::size_t bytes);
  bool dma_read(std::uint64_t logical, void* data, std::size_t bytes);

  // -- Hardware ------------------------------------------------------------------------------------------------------
  std::uint64_t now_ps() const override;
  std::uint64_t bus_cycle() const override { return now_ps() / kBusPeriodPs; }
  std::uint64_t mmio_read(std::uint64_t physical, unsigned bytes) override;
  void mmio_write(std::uint64_t physical, unsigned bytes, std::uint64_t value) override;
  unsigned pci_function_count() const override { return 1; }
  PciFunctionInfo pci_function(unsigned function) const override;
  std::uint32_t config_read(unsigned function, unsigned offset, unsigned bytes) override;
  void config_write(unsigned function, unsigned offset, unsigned bytes, std::uint32_t value) override;
  void* allocate_pages(std::size_t count) override;
  void free_pages(void* base, std::size_t count) override;
  bool is_host_memory(const void* address) const override;
  std::uint64_t physical_page(const void* address) const override;
  void* page_pointer(std::uint64_t physical_page) const override;
  void iommu_map(unsigned function, std::uint64_t logical_page, std::uint64_t physical_page, DmaAccess access) override;
  void iommu_unmap(unsigned function, std::uint64_t logical_page) override;
  void set_interrupt_sink(InterruptSink* sink) override { sink_ = sink; }
  bool interrupt_line(unsigned line) const override;
  void stop(std::string_view reason) override;

 private:
  bool dma(std::uint64_t logical, void* data, std::size_t bytes, DmaAccess access);
  std::uint8_t* arena_;
  std::vector<bool> used_;  // by page of the arena
  std::size_t allocated_ = 0;
  std::map<unsigned, bool> lines_;
  std::map<std::uint64_t, Mapping> iommu_;
  std::array<std::uint8_t, 256> config_ = {};
  InterruptSink* sink_ = nullptr;
  std::string stop_reason_;
};

}  // namespace p2p::test
