#include <gtest/gtest.h>

#include <vector>

#include "sim/pci_function.h"
#include "sim/pci_root.h"

namespace p2p::sim {
namespace {

struct Cpu : sc_core::sc_module {
  explicit Cpu(const sc_core::sc_module_name& n) : sc_core::sc_module(n), socket("socket"), dma("dma") {}
  tlm_utils::simple_initiator_socket<Cpu> socket, dma;
  static tlm::tlm_response_status read(tlm_utils::simple_initiator_socket<Cpu>& port, std::uint64_t address) {
    unsigned char data[4] = {};
    tlm::tlm_generic_payload t;
    t.set_command(tlm::TLM_READ_COMMAND);
    t.set_address(address);
    t.set_data_ptr(data);
    t.set_data_length(4);
    t.set_streaming_width(4);
    sc_core::sc_time delay;
    port->b_transport(t, delay);
    return t.get_response_status();
  }
};

struct Answer : sc_core::sc_module {
  explicit Answer(const sc_core::sc_module_name& n) : sc_core::sc_module(n), socket("socket") {
    socket.register_b_transport(this, &Answer::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& t, sc_core::sc_time&) {
    seen.push_back(t.get_address());
    t.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm_utils::simple_target_socket<Answer> socket;
  std::vector<std::uint64_t> seen;
};

class PciTest : public ::testing::Test {
 protected:
  explicit PciTest(bool firmware = true)
      : function(
            "function", 16, firmware, [this](bool level) { levels.push_back(level); },
            [this](std::uint16_t vector) { messages.push_back(vector); }),
        root("root", {&function}),
        cpu("cpu"),
        registers("registers"),
        memory("memory") {
    cpu.socket.bind(root.cpu);
    cpu.dma.bind(function.device_dma);
    function.registers.bind(registers.socket);
    function.dma.bind(memory.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // ports are bound from here on
  }
  tlm::tlm_response_status cpu_read(std::uint64_t address) { return Cpu::read(cpu.socket, address); }
  tlm::tlm_response_status device_read(std::uint64_t address) { return Cpu::read(cpu.dma, address); }

  /// As an operating system does it.
  void enable_messages(std::uint16_t vector) {
    function.config_write(pci::kMessageAddress, 4, kMessageWindow);
    function.config_write(pci::kMessageData, 2, vector);
    function.config_write(pci::kMessageControl, 2, pci::kMessageEnable);
  }

  std::vector<bool> levels;
  std::vector<std::uint16_t> messages;
  PciFunction function;
  PciRoot root;
  Cpu cpu;
  Answer registers, memory;
};

class PciBareTest : public PciTest {
 protected:
  PciBareTest() : PciTest(false) {}
};

TEST_F(PciTest, IdentityAndHeader) {
  EXPECT_EQ(function.config_read(0x00, 4), (std::uint32_t{kPciDeviceId} << 16) | kPciVendorId);
  EXPECT_EQ(function.config_read(0x08, 4), (kPciClassCode << 8) | kPciRevision);
  EXPECT_EQ(function.config_read(0x0E, 1), 0u) << "header type 0, single function";
  EXPECT_NE(function.config_read(pci::kStatus, 2) & pci::kHasCapabilities, 0u);
  EXPECT_EQ(function.config_read(pci::kCapabilityPointer, 1), pci::kPowerCapability);
  EXPECT_EQ(function.config_read(pci::kPowerCapability, 4), 0x00034801u) << "power management 1.2";
  EXPECT_EQ(function.config_read(pci::kMessageCapability, 4), 0x00800005u) << "MSI, one message, 64 bit, the last";
  EXPECT_EQ(function.config_read(0x3C, 2), 0x0110u) << "pin A, line 16";
  const PciFunctionInfo info = function.info();
  EXPECT_EQ(info.vendor_id, kPciVendorId);
  EXPECT_EQ(info.bar0_physical, kFirmwareBar0Base);
  EXPECT_EQ(info.bar0_bytes, 4096u);
  EXPECT_EQ(info.interrupt_line, 16u);
  function.config_write(0x00, 4, 0);
  function.config_write(0x08, 4, 0);
  EXPECT_EQ(function.config_read(0x00, 2), kPciVendorId) << "read only";
  EXPECT_EQ(function.config_read(0x08, 4), (kPciClassCode << 8) | kPciRevision);
}

TEST_F(PciTest, WithMessagesEachRiseOfThePinIsOneAndNoLineMoves) {
  enable_messages(0x61);
  function.set_interrupt_pin(true);
  function.set_interrupt_pin(true);
  function.set_interrupt_pin(false);
  function.set_interrupt_pin(true);
  EXPECT_EQ(messages, (std::vector<std::uint16_t>{0x61, 0x61}));
  EXPECT_TRUE(levels.empty());
  EXPECT_TRUE(memory.seen.empty()) << "messages are no memory accesses";
}

TEST_F(PciTest, AMessageIsSentForWhatWasPendingWhenTheyWereEnabled) {
  function.set_interrupt_pin(true);
  enable_messages(0x62);
  EXPECT_EQ(messages, std::vector<std::uint16_t>{0x62});
  EXPECT_EQ(levels, (std::vector<bool>{true, false}));
  function.config_write(pci::kMessageControl, 2, 0);
  EXPECT_EQ(levels, (std::vector<bool>{true, false, true})) << "the line again";
}

TEST_F(PciTest, WithoutBusMasteringAMessageWaits) {
  enable_messages(0x61);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace);
  function.set_interrupt_pin(true);
  EXPECT_TRUE(messages.empty());
  function.config_write(pci::kCommand, 2, pci::kMemorySpace | pci::kBusMaster);
  EXPECT_EQ(messages, std::vector<std::uint16_t>{0x61});
}

TEST_F(PciTest, OddAccessesReadAllOnesAndWriteNothing) {
  EXPECT_EQ(function.config_read(0x01, 2), ~0u);
  EXPECT_EQ(function.config_read(0x00, 3), ~0u);
  EXPECT_EQ(function.config_read(0x100, 4), ~0u);
  const std::uint32_t before = function.config_read(0x10, 4);
  function.config_write(0x11, 2, 0xFFFF);
  EXPECT_EQ(function.config_read(0x10, 4), before);
}

TEST_F(PciTest, Bar0SizingProtocol) {
  function.config_write(pci::kCommand, 2, 0);
  function.config_write(pci::kBar0, 4, ~0u);
  EXPECT_EQ(function.config_read(pci::kBar0, 4), 0xFFFFF000u) << "4 KiB, memory, 32 bit, not prefetchable";
  for (unsigned bar = 0x14; bar <= 0x24; bar += 4) {
    function.config_write(bar, 4, ~0u);
    EXPECT_EQ(function.config_read(bar, 4), 0u) << "not implemented";
  }
  function.config_write(pci::kBar0, 4, 0xD0001000u);
  EXPECT_EQ(function.info().bar0_physical, 0xD0001000u);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace);
  EXPECT_EQ(cpu_read(0xD0001020), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(registers.seen, std::vector<std::uint64_t>{0x20});
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_ADDRESS_ERROR_RESPONSE) << "it has moved";
}

TEST_F(PciTest, TheDecoderRoutesOnlyTheBar) {
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base + 0xFFC), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base + 0x1000), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base - 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(registers.seen, (std::vector<std::uint64_t>{0, 0xFFC}));
  EXPECT_EQ(root.count(), 1u);
  EXPECT_EQ(root.function(1), nullptr);
}

TEST_F(PciTest, MemorySpaceAndBusMasterEnablesAreHonoured) {
  function.config_write(pci::kCommand, 2, pci::kBusMaster);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(device_read(0x1000), tlm::TLM_OK_RESPONSE);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(device_read(0x1000), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(memory.seen.size(), 1u);
}

TEST_F(PciTest, InD3OnlyConfigurationSpaceAnswers) {
  function.set_interrupt_pin(true);
  function.config_write(pci::kPowerControl, 2, pci::kD3Hot);
  EXPECT_EQ(function.config_read(pci::kPowerControl, 2), pci::kD3Hot);
  EXPECT_EQ(function.config_read(pci::kBar0, 4), kFirmwareBar0Base);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(device_read(0x1000), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_FALSE(function.interrupt_line_level());
}

TEST_F(PciTest, BackFromD3TheConfigurationIsLost) {
  function.config_write(pci::kPowerControl, 2, pci::kD3Hot);
  function.config_write(pci::kPowerControl, 2, pci::kD0);
  EXPECT_EQ(function.config_read(pci::kPowerControl, 2), pci::kD0);
  EXPECT_EQ(function.config_read(pci::kCommand, 2), 0u);
  EXPECT_EQ(function.config_read(pci::kBar0, 4), 0u);
  EXPECT_EQ(function.config_read(pci::kInterruptLine, 1), 0u);
  EXPECT_EQ(function.config_read(0x00, 4), (std::uint32_t{kPciDeviceId} << 16) | kPciVendorId);
  function.config_write(pci::kBar0, 4, kFirmwareBar0Base);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace | pci::kBusMaster);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(device_read(0x1000), tlm::TLM_OK_RESPONSE);
}

TEST_F(PciTest, StatesItDoesNotHaveAreNotEntered) {
  for (std::uint32_t state : {1u, 2u}) {
    function.config_write(pci::kPowerControl, 2, state);
    EXPECT_EQ(function.config_read(pci::kPowerControl, 2), pci::kD0);
  }
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_OK_RESPONSE);
}

TEST_F(PciBareTest, ResetStateAnswersNothing) {
  EXPECT_EQ(function.config_read(pci::kCommand, 2), 0u);
  EXPECT_EQ(cpu_read(kFirmwareBar0Base), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(device_read(0x1000), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(PciTest, InterruptDisableGatesTheLineButNotItsStatus) {
  function.set_interrupt_pin(true);
  EXPECT_TRUE(function.interrupt_line_level());
  EXPECT_NE(function.config_read(pci::kStatus, 2) & pci::kInterruptStatus, 0u);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace | pci::kInterruptDisable);
  EXPECT_FALSE(function.interrupt_line_level());
  EXPECT_NE(function.config_read(pci::kStatus, 2) & pci::kInterruptStatus, 0u);
  function.config_write(pci::kCommand, 2, pci::kMemorySpace);
  function.set_interrupt_pin(false);
  function.set_interrupt_pin(false);
  EXPECT_EQ(levels, (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(function.config_read(pci::kStatus, 2) & pci::kInterruptStatus, 0u);
}

}  // namespace
}  // namespace p2p::sim
