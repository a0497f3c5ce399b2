#include "sw/ntos/pnp/pci_messages.h"

#include "sw/ntos/ddk.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "sw/ntos/cm/registry.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/pci_capability.h"

namespace p2p::pnp {

namespace {
constexpr unsigned kVectorsAFunction = 32;  // as many as MSI can ask for; the data's low bits tell them apart
constexpr std::uint32_t kEnable = 1, kAddress64 = 0x80;

std::map<unsigned, MessageVectors>& assigned() {
  static auto* const all = new std::map<unsigned, MessageVectors>;
  return *all;
}

std::uint32_t setting(unsigned function, std::u16string_view name, std::uint32_t otherwise) {
  const cm::KeyPointer key =
      cm::find(cm::device_key(function, false), u"Interrupt Management\\MessageSignaledInterruptProperties");
  const cm::Value* value = key != nullptr ? cm::find_value(*key, name) : nullptr;
  if (value == nullptr || value->type != REG_DWORD || value->data.size() != sizeof(std::uint32_t)) return otherwise;
  std::uint32_t number = 0;
  std::memcpy(&number, value->data.data(), sizeof number);
  return number;
}
}  // namespace

void assign_messages(unsigned function) {
  MessageVectors& messages = assigned()[function] = {};
  const unsigned capability = find_capability(function, kMessageCapability);
  if (capability == 0 || setting(function, u"MSISupported", 0) != 1) return;
  const std::uint32_t asked = 1u << (ke::hardware().config_read(function, capability + 2, 2) >> 1 & 7);
  const std::uint32_t limit = std::max(setting(function, u"MessageNumberLimit", asked), 1u);
  messages.first = kFirstMessageVector + function * kVectorsAFunction;
  messages.count = std::min({asked, std::bit_floor(limit), std::uint32_t{kVectorsAFunction}});
}

MessageVectors messages_of(unsigned function) {
  auto found = assigned().find(function);
  return found != assigned().end() ? found->second : MessageVectors{};
}

void program_messages(unsigned function) {
  const unsigned capability = find_capability(function, kMessageCapability);
  if (capability == 0) return;
  const MessageVectors messages = messages_of(function);
  const auto write = [function, capability](unsigned offset, unsigned bytes, std::uint32_t value) {
    ke::hardware().config_write(function, capability + offset, bytes, value);
  };
  const std::uint32_t control = ke::hardware().config_read(function, capability + 2, 2) & ~(kEnable | 0x70u);
  write(2, 2, control);
  if (messages.count == 0) return;
  const bool wide = (control & kAddress64) != 0;
  write(4, 4, static_cast<std::uint32_t>(kMessageWindow));
  if (wide) write(8, 4, 0);
  write(wide ? 12 : 8, 2, messages.first);
  write(2, 2, control | static_cast<std::uint32_t>(std::countr_zero(messages.count)) << 4 | kEnable);
}

}  // namespace p2p::pnp
