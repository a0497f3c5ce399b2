#include "sim/pci_function.h"

#include <utility>

namespace p2p::sim {
namespace {

constexpr std::uint8_t kInterruptPinA = 1;

bool is_config_access(unsigned offset, unsigned bytes) {
  return (bytes == 1 || bytes == 2 || bytes == 4) && offset % bytes == 0 && offset + bytes <= 256;
}

bool is_message(const tlm::tlm_generic_payload& transaction) {
  return transaction.is_write() && transaction.get_data_length() == 4 &&
         transaction.get_address() - kMessageWindow < kMessageWindowBytes;
}

}  // namespace

PciFunction::PciFunction(const sc_core::sc_module_name& name, unsigned interrupt_line, bool enabled_by_firmware,
                         std::function<void(bool)> line_changed, std::function<void(std::uint16_t)> message)
    : sc_core::sc_module(name),
      cpu("cpu"),
      registers("registers"),
      device_dma("device_dma"),
      dma("dma"),
      interrupt_line_(interrupt_line),
      line_changed_(std::move(line_changed)),
      message_(std::move(message)) {
  cpu.register_b_transport(this, &PciFunction::cpu_transport);
  device_dma.register_b_transport(this, &PciFunction::dma_transport);
  put16(0x00, kPciVendorId);
  put16(0x02, kPciDeviceId);
  config_[0x08] = kPciRevision;
  config_[0x09] = static_cast<std::uint8_t>(kPciClassCode);
  config_[0x0A] = static_cast<std::uint8_t>(kPciClassCode >> 8);
  config_[0x0B] = static_cast<std::uint8_t>(kPciClassCode >> 16);
  put16(0x2C, kPciVendorId);
  put16(0x2E, kPciDeviceId);
  config_[0x3D] = kInterruptPinA;
  config_[pci::kInterruptLine] = static_cast<std::uint8_t>(interrupt_line);
  put32(pci::kBar0, kFirmwareBar0Base);  // low bits 0: memory, 32 bit, not prefetchable
  put16(pci::kStatus, pci::kHasCapabilities);
  config_[pci::kCapabilityPointer] = pci::kPowerCapability;
  config_[pci::kPowerCapability] = pci::kPowerManagementId;
  config_[pci::kPowerCapability + 1] = pci::kMessageCapability;
  config_[pci::kPowerCapability + 2] = pci::kPowerManagementVersion;  // neither D1 nor D2, no PME#
  config_[pci::kMessageCapability] = pci::kMessageId;
  put16(pci::kMessageControl, pci::kMessageAddress64);
  if (enabled_by_firmware) put16(pci::kCommand, pci::kMemorySpace | pci::kBusMaster);

  writable_[pci::kCommand] = pci::kMemorySpace | pci::kBusMaster;
  writable_[pci::kCommand + 1] = pci::kInterruptDisable >> 8;
  writable_[0x0C] = 0xFF;  // cache line size: software may keep its value here
  constexpr auto kBarMask = static_cast<std::uint32_t>(~(kBar0Bytes - 1));
  for (unsigned i = 0; i < 4; ++i) writable_[pci::kBar0 + i] = static_cast<std::uint8_t>(kBarMask >> (8 * i));
  writable_[pci::kInterruptLine] = 0xFF;
  writable_[pci::kMessageControl] = pci::kMessageEnable;
  writable_[pci::kMessageAddress] = 0xFC;                                        // a message is a whole, aligned word
  for (unsigned i = 1; i < 10; ++i) writable_[pci::kMessageAddress + i] = 0xFF;  // address and data
}

void PciFunction::put16(unsigned offset, std::uint16_t value) {
  config_[offset] = static_cast<std::uint8_t>(value);
  config_[offset + 1] = static_cast<std::uint8_t>(value >> 8);
}

void PciFunction::put32(unsigned offset, std::uint32_t value) {
  put16(offset, static_cast<std::uint16_t>(value));
  put16(offset + 2, static_cast<std::uint16_t>(value >> 16));
}

std::uint32_t PciFunction::config_read(unsigned offset, unsigned bytes) const {
  if (!is_config_access(offset, bytes)) return ~0u;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint32_t{config_[offset + i]} << (8 * i);
  return value;
}

void PciFunction::config_write(unsigned offset, unsigned bytes, std::uint32_t value) {
  if (!is_config_access(offset, bytes)) return;
  if (offset == pci::kPowerControl) set_power_state(static_cast<std::uint16_t>(value & pci::kPowerStateMask));
  for (unsigned i = 0; i < bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(value >> (8 * i));
    const std::uint8_t mask = writable_[offset + i];
    config_[offset + i] = static_cast<std::uint8_t>((config_[offset + i] & ~mask) | (byte & mask));
  }
  update_line();
}

std::uint16_t PciFunction::command() const { return static_cast<std::uint16_t>(config_read(pci::kCommand, 2)); }

bool PciFunction::powered() const { return (config_read(pci::kPowerControl, 2) & pci::kPowerStateMask) == pci::kD0; }

void PciFunction::set_power_state(std::uint16_t state) {
  if (state != pci::kD0 && state != pci::kD3Hot) return;  // there is no such state: the write goes nowhere
  const bool changes = powered() != (state == pci::kD0);
  if (state == pci::kD0 && changes) reset_configuration();
  put16(pci::kPowerControl, state);
  if (changes && power_changed_) power_changed_(state == pci::kD0);
}

/// What software may write is as after power-on, before any firmware.
void PciFunction::reset_configuration() {
  for (unsigned i = 0; i < config_.size(); ++i) config_[i] &= static_cast<std::uint8_t>(~writable_[i]);
}

std::uint32_t PciFunction::bar0() const {
  return config_read(pci::kBar0, 4) & static_cast<std::uint32_t>(~(kBar0Bytes - 1));
}

PciFunctionInfo PciFunction::info() const {
  return {.vendor_id = kPciVendorId,
          .device_id = kPciDeviceId,
          .revision = kPciRevision,
          .class_code = kPciClassCode,
          .bar0_physical = bar0(),
          .bar0_bytes = kBar0Bytes,
          .interrupt_line = interrupt_line_};
}

bool PciFunction::decodes(std::uint64_t physical) const {
  return powered() && (command() & pci::kMemorySpace) != 0 && physical >= bar0() && physical - bar0() < kBar0Bytes;
}

void PciFunction::set_interrupt_pin(bool level) {
  pin_level_ = level;
  update_line();
}

void PciFunction::update_line() {
  const std::uint16_t status = static_cast<std::uint16_t>(config_read(pci::kStatus, 2) & ~pci::kInterruptStatus);
  put16(pci::kStatus, static_cast<std::uint16_t>(status | (pin_level_ ? pci::kInterruptStatus : 0)));
  const bool messages = (config_read(pci::kMessageControl, 2) & pci::kMessageEnable) != 0;
  if (!pin_level_ || !messages) signalled_ = false;
  if (messages && pin_level_ && !signalled_ && powered()) signal_message();
  const bool level = pin_level_ && !messages && powered() && (command() & pci::kInterruptDisable) == 0;
  if (level == line_level_) return;
  line_level_ = level;
  line_changed_(level);
}

void PciFunction::signal_message() {
  std::array<std::uint8_t, 4> data = {config_[pci::kMessageData], config_[pci::kMessageData + 1], 0, 0};
  tlm::tlm_generic_payload write;
  write.set_command(tlm::TLM_WRITE_COMMAND);
  write.set_address(config_read(pci::kMessageAddress, 4) | std::uint64_t{config_read(pci::kMessageAddress + 4, 4)}
                                                               << 32);
  write.set_data_ptr(data.data());
  write.set_data_length(data.size());
  write.set_streaming_width(data.size());
  sc_core::sc_time delay;
  dma_transport(write, delay);
  signalled_ = write.is_response_ok();  // without bus mastering it waits
}

void PciFunction::cpu_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t address = transaction.get_address();
  if (!decodes(address)) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  transaction.set_address(address - bar0());
  registers->b_transport(transaction, delay);
  transaction.set_address(address);
}

void PciFunction::dma_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  if (!powered() || (command() & pci::kBusMaster) == 0) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (is_message(transaction)) {
    const unsigned char* data = transaction.get_data_ptr();
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    message_(static_cast<std::uint16_t>(data[0] | data[1] << 8));
    return;
  }
  dma->b_transport(transaction, delay);
}

}  // namespace p2p::sim
