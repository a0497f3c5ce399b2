#include "sim/tlm_to_axil.h"

#include <array>
#include <cstring>

namespace p2p::sim {
namespace {

constexpr unsigned kWordBytes = 4;
constexpr std::uint8_t kSlaveError = 2;
constexpr std::uint8_t kDecodeError = 3;

}  // namespace

TlmToAxil::TlmToAxil(const sc_core::sc_module_name& name, AxilMaster& master, std::uint64_t window_bytes)
    : sc_core::sc_module(name), socket("socket"), master_(master), window_bytes_(window_bytes), ended_("ended") {
  socket.register_b_transport(this, &TlmToAxil::b_transport);
}

void TlmToAxil::deliver() {
  if (master_.deliver()) ended_.notify();
}

bool TlmToAxil::is_supported(const tlm::tlm_generic_payload& transaction) const {
  const unsigned bytes = transaction.get_data_length();
  return (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) && transaction.get_address() % bytes == 0 &&
         transaction.get_streaming_width() >= bytes && transaction.get_byte_enable_ptr() == nullptr;
}

std::shared_ptr<RegisterAccess> TlmToAxil::submit(std::uint64_t offset, unsigned bytes, bool write,
                                                  std::uint64_t value) {
  const auto lane = static_cast<unsigned>(offset % kWordBytes);
  auto access = std::make_shared<RegisterAccess>();
  access->address = static_cast<std::uint16_t>(offset - lane);
  access->write = write;
  access->strobes = static_cast<std::uint8_t>(((1u << bytes) - 1u) << lane);
  access->data = static_cast<std::uint32_t>(value) << (8 * lane);
  master_.submit(access);
  return access;
}

void TlmToAxil::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  if (!is_supported(transaction)) {
    transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const unsigned bytes = transaction.get_data_length();
  const std::uint64_t offset = transaction.get_address();
  if (offset >= window_bytes_ || bytes > window_bytes_ - offset) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (delay != sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  const bool write = transaction.is_write();
  std::uint64_t value = 0;
  if (write) std::memcpy(&value, transaction.get_data_ptr(), bytes);
  // Both halves are queued at once, so that no other process comes between them.
  std::array<std::shared_ptr<RegisterAccess>, 2> halves;
  halves[0] = submit(offset, bytes < kWordBytes ? bytes : kWordBytes, write, value);
  if (bytes > kWordBytes) halves[1] = submit(offset + kWordBytes, kWordBytes, write, value >> 32);
  while (!halves[0]->done || (halves[1] && !halves[1]->done)) sc_core::wait(ended_);

  std::uint8_t worst = 0;
  for (const auto& half : halves) {
    if (half && half->response > worst) worst = half->response;
  }
  if (!write) {
    value = halves[0]->data >> (8 * (offset % kWordBytes));
    if (halves[1]) value |= std::uint64_t{halves[1]->data} << 32;
    if (worst >= kSlaveError) value = ~std::uint64_t{0};
    std::memcpy(transaction.get_data_ptr(), &value, bytes);
  }
  transaction.set_response_status(worst == kDecodeError  ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                  : worst == kSlaveError ? tlm::TLM_GENERIC_ERROR_RESPONSE
                                                         : tlm::TLM_OK_RESPONSE);
}

}  // namespace p2p::sim
