// The machine around the chip: host memory behind an IOMMU, a PCI function, bus bridges, interrupt routing, the video
// player. Plain C++ (no SystemC here); the chip itself is added by MachineWith<Observer> in sim/machine_with.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/bus_faults.h"
#include "sim/chip_signals.h"
#include "sim/config.h"
#include "sim/hardware.h"
#include "sim/video_player.h"
#include "sim/wave_signals.h"

namespace p2p::sim {

class AxilMaster;
class AxiSlave;
class BusListener;
class ChipBase;

/// Interrupt line of the capture function, as in PciFunctionInfo and InterruptSink.
constexpr unsigned kInterruptLine = 16;

/// Why a machine stopped whose MachineConfig::time_limit_ps was over.
constexpr std::string_view kTimeLimitReached = "the time limit of the run was reached";

/// What passed between the chip and memory.
struct DmaCounters {
  std::uint64_t write_bursts = 0, write_beats = 0, write_bytes = 0;
  std::uint64_t read_bursts = 0, read_beats = 0;
  std::uint64_t error_responses = 0;     ///< bursts answered SLVERR or DECERR
  std::uint64_t unsupported_bursts = 0;  ///< of these: narrow, not INCR, or WLAST at the wrong beat
};

/// The IOMMU's first refusal.
struct DmaFault {
  std::uint64_t address = 0;  ///< logical
  std::uint64_t bytes = 0;
  bool write = false;
  std::uint64_t bus_cycle = 0;
};

/// One per process (SystemC elaborates once). Construct before sc_start.
class Machine : public Hardware {
 public:
  ~Machine() override;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // -- Hardware ------------------------------------------------------------------------------------------------------
  std::uint64_t now_ps() const override;
  std::uint64_t bus_cycle() const override;
  std::uint64_t mmio_read(std::uint64_t physical, unsigned bytes) override;
  void mmio_write(std::uint64_t physical, unsigned bytes, std::uint64_t value) override;
  unsigned pci_function_count() const override;
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
  void set_interrupt_sink(InterruptSink* sink) override;
  bool interrupt_line(unsigned line) const override;
  /// Also from inside the clock loop (an observer): then the run stops with the cycle in hand.
  void stop(std::string_view reason) override;

  // -- for whoever drives the run (tb)
  // -----------------------------------------------------------------------------------
  const MachineConfig& config() const;
  VideoPlayer& player();
  /// sc_start for this long. sc_start(duration) itself does not bound the chip's run-ahead, and must not be used;
  /// sc_start() until somebody stops the run is fine.
  void run_for(std::uint64_t duration_ps);
  /// Errors the memory side gives the chip on purpose.
  BusFaults& bus_faults();
  std::uint64_t pixel_cycle() const;  ///< pixel clock edges so far, as bus_cycle()
  DmaCounters dma_counters() const;
  std::uint64_t dma_fault_count() const;
  /// nullptr while the IOMMU has refused nothing.
  const DmaFault* first_dma_fault() const;
  /// Empty while nobody has called stop().
  const std::string& stop_reason() const;
  /// The registers inside the chip, as they are now; none without a chip.
  std::vector<ChipSignal> chip_signals() const;
  /// Signals in the waveform beside the chip's; nullptr if there can be no waveform.
  WaveSignals* wave_signals();
  /// Is told what passes over the chip's buses; nullptr: nobody.
  void set_bus_listener(BusListener* listener);
  /// `call` is made once, between two edges and by none of the simulated threads, when the time has come to `time_ps`,
  /// or else at the next opportunity; of several that are due the earliest first.
  void call_at(std::uint64_t time_ps, std::function<void()> call);
  /// A waveform of every signal from the next edge on; from within call_at, with MachineConfig::traceable. Throws
  /// std::runtime_error with one line if the file cannot be written.
  void begin_trace(const std::string& file);
  /// Finishes the waveform; the run goes on.
  void end_trace();
  /// Writes out and closes the waveform; also done by the destructor. No cycle can run afterwards.
  void close_trace();

 protected:
  /// Throws std::invalid_argument with one line if the configuration makes no sense.
  explicit Machine(const MachineConfig& config);
  /// Called by MachineWith, which owns the chip, when it has been built and before it goes.
  void attach_chip(ChipBase& chip);
  void detach_chip();
  AxiSlave& memory_bridge();
  AxilMaster& register_bridge();
  Attention& attention();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace p2p::sim
