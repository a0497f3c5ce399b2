// Power states of a PCI function: its power management capability, and its configuration over D3.
#include "sw/ntos/ddk.h"

#include <array>
#include <map>

#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/pci_capability.h"
#include "sw/ntos/pnp/pci_messages.h"

namespace p2p::pnp {

namespace {
constexpr unsigned kCommand = 0x04, kBars = 0x10, kInterruptLine = 0x3C;
constexpr std::uint32_t kMemorySpace = 2, kBusMaster = 4, kInterruptDisable = 0x400;  // of COMMAND

struct Saved {
  std::uint32_t command, interrupt_line;
  std::array<std::uint32_t, 6> bars;
};
std::map<unsigned, Saved>& saved() {
  static auto* const all = new std::map<unsigned, Saved>;
  return *all;
}

std::uint32_t read(unsigned function, unsigned offset, unsigned bytes) {
  return ke::hardware().config_read(function, offset, bytes);
}
void write(unsigned function, unsigned offset, unsigned bytes, std::uint32_t value) {
  ke::hardware().config_write(function, offset, bytes, value);
}

void save(unsigned function) {
  Saved state{read(function, kCommand, 2), read(function, kInterruptLine, 1), {}};
  for (unsigned i = 0; i < state.bars.size(); ++i) state.bars[i] = read(function, kBars + 4 * i, 4);
  saved()[function] = state;
}

void restore(unsigned function) {
  auto found = saved().find(function);
  if (found == saved().end()) return;
  for (unsigned i = 0; i < found->second.bars.size(); ++i) write(function, kBars + 4 * i, 4, found->second.bars[i]);
  write(function, kInterruptLine, 1, found->second.interrupt_line);
  program_messages(function);
  write(function, kCommand, 2, found->second.command);
  saved().erase(found);
}
}  // namespace

DEVICE_POWER_STATE function_power(unsigned function) {
  const unsigned capability = find_capability(function, kPowerManagementCapability);
  if (capability == 0) return PowerDeviceD0;
  return static_cast<DEVICE_POWER_STATE>(PowerDeviceD0 + (read(function, capability + 4, 2) & 3));
}

void enable_function(unsigned function) {
  write(function, kCommand, 2, (read(function, kCommand, 2) | kMemorySpace | kBusMaster) & ~kInterruptDisable);
}

void disable_function(unsigned function) {
  write(function, kCommand, 2, (read(function, kCommand, 2) & ~(kMemorySpace | kBusMaster)) | kInterruptDisable);
}

void set_function_power(unsigned function, DEVICE_POWER_STATE state) {
  const unsigned capability = find_capability(function, kPowerManagementCapability);
  const auto level = static_cast<std::uint32_t>(state - PowerDeviceD0);
  if (state == PowerDeviceD3) save(function);
  if (capability != 0) {
    const unsigned control = capability + 4;
    write(function, control, 2, (read(function, control, 2) & ~std::uint32_t{3}) | level);
  }
  if (state == PowerDeviceD0) restore(function);
}

}  // namespace p2p::pnp
