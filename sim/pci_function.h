// The capture card as a PCI function: type 0 configuration space, BAR 0, bus mastering, the interrupt pin.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <functional>

#include "sim/hardware.h"

namespace p2p::sim {

// Identity of the simulated card. The vendor id ("P2") is not an assigned one: no real card answers to it.
constexpr std::uint16_t kPciVendorId = 0x5032;
constexpr std::uint16_t kPciDeviceId = 0x5643;  // "VC"
constexpr std::uint8_t kPciRevision = 0x01;
constexpr std::uint32_t kPciClassCode = 0x040000;  // multimedia, video device
constexpr std::uint64_t kBar0Bytes = 4096;
constexpr std::uint32_t kFirmwareBar0Base = 0xE0000000;  // where firmware put BAR 0

// Configuration space offsets and COMMAND / STATUS bits that are used here.
namespace pci {
constexpr unsigned kCommand = 0x04, kStatus = 0x06, kBar0 = 0x10, kCapabilityPointer = 0x34, kInterruptLine = 0x3C;
constexpr std::uint16_t kMemorySpace = 1u << 1, kBusMaster = 1u << 2, kInterruptDisable = 1u << 10;
constexpr std::uint16_t kInterruptStatus = 1u << 3, kHasCapabilities = 1u << 4;
// The power management capability: D0 and D3hot; coming back from D3hot resets the configuration (no No_Soft_Reset).
constexpr unsigned kPowerCapability = 0x40, kPowerControl = kPowerCapability + 4;
constexpr std::uint8_t kPowerManagementId = 0x01, kPowerManagementVersion = 3;
constexpr std::uint16_t kPowerStateMask = 3, kD0 = 0, kD3Hot = 3;
// The MSI capability: one message, 64-bit address, no masking.
constexpr unsigned kMessageCapability = 0x48, kMessageControl = kMessageCapability + 2,
                   kMessageAddress = kMessageCapability + 4, kMessageData = kMessageCapability + 12;
constexpr std::uint8_t kMessageId = 0x05;
constexpr std::uint16_t kMessageEnable = 1u << 0, kMessageAddress64 = 1u << 7;
}  // namespace pci

/// Sits in both directions: CPU accesses inside BAR 0 pass to the registers while memory space is enabled, the card's
/// DMA passes to the IOMMU while bus mastering is enabled; otherwise nobody answers (TLM_ADDRESS_ERROR_RESPONSE). In
/// D3hot only configuration space answers, and the interrupt pin is not heard. With MSI enabled the pin moves no line:
/// each of its rises is a message. The device's writes into the message window go to the interrupt controller.
class PciFunction : public sc_core::sc_module {
 public:
  /// `line_changed` is called with the level that interrupt routing sees, `message` with the data of a message.
  PciFunction(const sc_core::sc_module_name& name, unsigned interrupt_line, bool enabled_by_firmware,
              std::function<void(bool)> line_changed, std::function<void(std::uint16_t)> message);
  tlm_utils::simple_target_socket<PciFunction> cpu;           ///< CPU physical addresses
  tlm_utils::simple_initiator_socket<PciFunction> registers;  ///< offsets into BAR 0
  tlm_utils::simple_target_socket<PciFunction> device_dma;    ///< from the chip
  tlm_utils::simple_initiator_socket<PciFunction> dma;        ///< to the IOMMU

  /// Naturally aligned accesses of 1, 2 or 4 bytes; anything else reads all ones and writes nothing.
  std::uint32_t config_read(unsigned offset, unsigned bytes) const;
  void config_write(unsigned offset, unsigned bytes, std::uint32_t value);

  PciFunctionInfo info() const;
  /// Called with false when the function goes to D3hot, where the chip is in reset, and with true when it comes back.
  void set_power_callback(std::function<void(bool)> callback) { power_changed_ = std::move(callback); }
  /// Is memory space enabled and the address inside BAR 0?
  bool decodes(std::uint64_t physical) const;
  /// The chip's interrupt output.
  void set_interrupt_pin(bool level);
  bool interrupt_line_level() const { return line_level_; }

 private:
  std::uint16_t command() const;
  bool powered() const;
  void set_power_state(std::uint16_t state);
  void reset_configuration();
  std::uint32_t bar0() const;
  void put16(unsigned offset, std::uint16_t value);
  void put32(unsigned offset, std::uint32_t value);
  void update_line();
  void signal_message();
  void cpu_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void dma_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

  std::array<std::uint8_t, 256> config_{};
  std::array<std::uint8_t, 256> writable_{};
  unsigned interrupt_line_;
  std::function<void(bool)> line_changed_;
  std::function<void(std::uint16_t)> message_;
  std::function<void(bool)> power_changed_;
  bool pin_level_ = false;
  bool signalled_ = false;  // the rise that is now on the pin has been a message
  bool line_level_ = false;
};

}  // namespace p2p::sim
