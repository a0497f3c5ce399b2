#include "sim/machine.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "sim/axi_slave.h"
#include "sim/axi_to_tlm.h"
#include "sim/axil_master.h"
#include "sim/chip_base.h"
#include "sim/host_memory.h"
#include "sim/iommu.h"
#include "sim/memory_target.h"
#include "sim/pci_function.h"
#include "sim/pci_root.h"
#include "sim/tlm_to_axil.h"
#include "sim/trace_sink.h"

namespace p2p::sim {
namespace {

const MachineConfig& checked(const MachineConfig& config) {
  const auto require = [](bool holds, const char* message) {
    if (!holds) throw std::invalid_argument(message);
  };
  require(config.bus_period_ps >= 2, "bus_period_ps: at least 2 expected");
  require(config.pixel_period_ps >= 2, "pixel_period_ps: at least 2 expected");
  require(config.batch >= 1, "batch: at least 1 expected");
  require(config.memory_bytes >= kPageBytes, "memory_bytes: at least one page expected");
  require(config.reset_cycles >= 1, "reset_cycles: at least 1 expected");
  for (const Latency& latency : {config.timing.b_latency, config.timing.r_latency, config.timing.axil_gap}) {
    require(latency.min <= latency.max, "timing: a latency's min is above its max");
  }
  return config;
}

/// The CPUs' port to the bus.
struct CpuPort : sc_core::sc_module {
  explicit CpuPort(const sc_core::sc_module_name& module_name) : sc_core::sc_module(module_name), socket("socket") {}
  tlm_utils::simple_initiator_socket<CpuPort> socket;
};

}  // namespace

struct Machine::Parts {
  Parts(const MachineConfig& requested, Machine& machine)
      : config(checked(requested)),
        player(config.video, config.pixel_period_ps, attention),
        memory(config.memory_bytes, config.seed),
        memory_target("memory", memory),
        iommu(
            "iommu", [&machine] { return machine.bus_cycle(); },
            [this](const DmaFault& fault) {
              if (sink != nullptr) sink->device_access_refused(0, fault.address, fault.bytes, fault.write);
            }),
        function(
            "function0", kInterruptLine, config.firmware_enables_device, [this](bool level) { route_interrupt(level); },
            [this](std::uint16_t vector) { route_message(vector); }),
        root("root", {&function}),
        cpu("cpu"),
        axi_to_tlm("axi_to_tlm", faults, [this] { return chip != nullptr ? chip->ahead_ps() : 0; }),
        axi_slave(config.timing, config.seed, axi_to_tlm),
        axil_master(config.timing, config.seed, attention),
        tlm_to_axil("tlm_to_axil", axil_master, kBar0Bytes) {
    cpu.socket.bind(root.cpu);
    function.registers.bind(tlm_to_axil.socket);
    axi_to_tlm.socket.bind(function.device_dma);
    function.dma.bind(iommu.device);
    iommu.memory.bind(memory_target.socket);
    // Without power the chip forgets everything.
    function.set_power_callback([this](bool on) {
      if (chip != nullptr) chip->hold_reset(!on);
    });
  }

  void route_interrupt(bool level) const {
    trace_sink().event("sim", "irq.line", {{"line", kInterruptLine}, {"level", level}});
    if (sink != nullptr) sink->interrupt_line_changed(kInterruptLine, level);
  }

  void route_message(std::uint16_t vector) const {
    trace_sink().event("sim", "irq.message", {{"vector", vector}});
    if (sink != nullptr) sink->interrupt_message(vector);
  }

  /// In the chip's process, at the time of the cycle that raised attention. The order is part of determinism.
  void deliver() {
    function.set_interrupt_pin(chip->interrupt_level());
    tlm_to_axil.deliver();
    player.deliver_finished();
    if (!player.error().empty() && !stopping) request_stop(player.error());
    if (stopping) sc_core::sc_stop();
  }

  void request_stop(std::string_view reason) {
    if (stop_reason.empty()) stop_reason = reason;
    stopping = true;
    if (chip != nullptr) chip->halt();
  }

  MachineConfig config;
  Attention attention;
  BusFaults faults;
  VideoPlayer player;
  HostMemory memory;
  MemoryTarget memory_target;
  Iommu iommu;
  PciFunction function;
  PciRoot root;
  CpuPort cpu;
  AxiToTlm axi_to_tlm;
  AxiSlave axi_slave;
  AxilMaster axil_master;
  TlmToAxil tlm_to_axil;
  sc_core::sc_event end_of_run{"end_of_run"};
  ChipBase* chip = nullptr;
  InterruptSink* sink = nullptr;
  std::string stop_reason;
  bool stopping = false;
};

Machine::Machine(const MachineConfig& config) : parts_(std::make_unique<Parts>(config, *this)) {}
Machine::~Machine() = default;

void Machine::attach_chip(ChipBase& chip) {
  parts_->chip = &chip;
  chip.set_callbacks({[this] { parts_->deliver(); }, [this] { stop(kTimeLimitReached); },
                      [this] {
                        stop("the chip stopped the simulation at bus cycle " + std::to_string(bus_cycle()) +
                             ": an assertion, $error, $fatal or $finish, whose words are on standard output");
                      }});
}

void Machine::detach_chip() { parts_->chip = nullptr; }
AxiSlave& Machine::memory_bridge() { return parts_->axi_slave; }
AxilMaster& Machine::register_bridge() { return parts_->axil_master; }
Attention& Machine::attention() { return parts_->attention; }

// -- time ------------------------------------------------------------------------------------------------------------

std::uint64_t Machine::now_ps() const {
  return parts_->chip != nullptr ? parts_->chip->now_ps() : sc_core::sc_time_stamp().value();
}

std::uint64_t Machine::bus_cycle() const { return now_ps() / parts_->config.bus_period_ps; }
std::uint64_t Machine::pixel_cycle() const { return now_ps() / parts_->config.pixel_period_ps; }

// -- CPU side bus accesses -------------------------------------------------------------------------------------------

std::uint64_t Machine::mmio_read(std::uint64_t physical, unsigned bytes) {
  std::uint64_t value = 0;
  tlm::tlm_generic_payload transaction;
  transaction.set_command(tlm::TLM_READ_COMMAND);
  transaction.set_address(physical);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  transaction.set_data_length(bytes);
  transaction.set_streaming_width(bytes);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  if (bytes == 0 || bytes > sizeof value) throw std::logic_error("mmio_read: 1, 2, 4 or 8 bytes expected");
  parts_->cpu.socket->b_transport(transaction, delay);
  const std::uint64_t ones = ~std::uint64_t{0} >> (64 - 8 * bytes);
  return transaction.is_response_ok() ? value & ones : ones;
}

void Machine::mmio_write(std::uint64_t physical, unsigned bytes, std::uint64_t value) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(tlm::TLM_WRITE_COMMAND);
  transaction.set_address(physical);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  transaction.set_data_length(bytes);
  transaction.set_streaming_width(bytes);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  if (bytes == 0 || bytes > sizeof value) throw std::logic_error("mmio_write: 1, 2, 4 or 8 bytes expected");
  parts_->cpu.socket->b_transport(transaction, delay);
}

unsigned Machine::pci_function_count() const { return parts_->root.count(); }

PciFunctionInfo Machine::pci_function(unsigned function) const {
  const PciFunction* found = parts_->root.function(function);
  if (found == nullptr) throw std::out_of_range("pci_function: no such function");
  return found->info();
}

std::uint32_t Machine::config_read(unsigned function, unsigned offset, unsigned bytes) {
  const PciFunction* found = parts_->root.function(function);
  return found != nullptr ? found->config_read(offset, bytes) : ~0u;
}

void Machine::config_write(unsigned function, unsigned offset, unsigned bytes, std::uint32_t value) {
  PciFunction* found = parts_->root.function(function);
  if (found != nullptr) found->config_write(offset, bytes, value);
}

// -- memory ----------------------------------------------------------------------------------------------------------

void* Machine::allocate_pages(std::size_t count) { return parts_->memory.allocate(count); }
void Machine::free_pages(void* base, std::size_t count) { parts_->memory.free(base, count); }
bool Machine::is_host_memory(const void* address) const { return parts_->memory.contains(address); }
std::uint64_t Machine::physical_page(const void* address) const { return parts_->memory.physical_page(address); }
void* Machine::page_pointer(std::uint64_t page) const { return parts_->memory.page_pointer(page); }

void Machine::iommu_map(unsigned function, std::uint64_t logical_page, std::uint64_t physical_page, DmaAccess access) {
  if (function >= pci_function_count()) throw std::out_of_range("iommu_map: no such function");
  parts_->iommu.map(logical_page, physical_page, access);
}

void Machine::iommu_unmap(unsigned function, std::uint64_t logical_page) {
  if (function >= pci_function_count()) throw std::out_of_range("iommu_unmap: no such function");
  parts_->iommu.unmap(logical_page);
}

// -- interrupts, stopping --------------------------------------------------------------------------------------------

void Machine::set_interrupt_sink(InterruptSink* sink) { parts_->sink = sink; }

bool Machine::interrupt_line(unsigned line) const {
  return line == kInterruptLine && parts_->function.interrupt_line_level();
}

void Machine::stop(std::string_view reason) {
  if (parts_->stopping) return;
  parts_->request_stop(reason);
  // From inside the clock loop the stop waits until the kernel's time is that of the cycle in hand: deliver() does it.
  if (parts_->chip == nullptr || !parts_->chip->in_loop()) sc_core::sc_stop();
}

// -- for whoever drives the run --------------------------------------------------------------------------------------

const MachineConfig& Machine::config() const { return parts_->config; }

void Machine::run_for(std::uint64_t duration_ps) {
  const sc_core::sc_time duration = sc_core::sc_time::from_value(duration_ps);
  parts_->end_of_run.notify(duration);  // nobody waits for it: the chip stops there because it is scheduled
  sc_core::sc_start(duration);
}

VideoPlayer& Machine::player() { return parts_->player; }
BusFaults& Machine::bus_faults() { return parts_->faults; }
std::uint64_t Machine::dma_fault_count() const { return parts_->iommu.fault_count(); }
const DmaFault* Machine::first_dma_fault() const { return parts_->iommu.first_fault(); }
const std::string& Machine::stop_reason() const { return parts_->stop_reason; }

DmaCounters Machine::dma_counters() const {
  const AxiCounters& bus = parts_->axi_slave.counters();
  return {.write_bursts = bus.write_bursts,
          .write_beats = bus.write_beats,
          .write_bytes = parts_->axi_to_tlm.bytes_written(),
          .read_bursts = bus.read_bursts,
          .read_beats = bus.read_beats,
          .error_responses = bus.error_responses,
          .unsupported_bursts = bus.unsupported_bursts};
}

std::vector<ChipSignal> Machine::chip_signals() const {
  return parts_->chip != nullptr ? parts_->chip->signals() : std::vector<ChipSignal>();
}

WaveSignals* Machine::wave_signals() { return parts_->chip != nullptr ? parts_->chip->wave_signals() : nullptr; }

void Machine::set_bus_listener(BusListener* listener) {
  parts_->axi_slave.set_listener(listener);
  parts_->axil_master.set_listener(listener);
}

void Machine::call_at(std::uint64_t time_ps, std::function<void()> call) {
  if (parts_->chip != nullptr) parts_->chip->call_at(time_ps, std::move(call));
}

void Machine::begin_trace(const std::string& file) {
  if (parts_->chip != nullptr) parts_->chip->begin_trace(file);
}

void Machine::end_trace() {
  if (parts_->chip != nullptr) parts_->chip->end_trace();
}

void Machine::close_trace() {
  if (parts_->chip == nullptr) return;
  parts_->chip->halt();
  parts_->chip->end_trace();
}

}  // namespace p2p::sim
