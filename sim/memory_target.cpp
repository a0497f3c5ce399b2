#include "sim/memory_target.h"

namespace p2p::sim {

MemoryTarget::MemoryTarget(const sc_core::sc_module_name& name, HostMemory& memory)
    : sc_core::sc_module(name), socket("socket"), memory_(memory) {
  socket.register_b_transport(this, &MemoryTarget::b_transport);
}

void MemoryTarget::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& /*delay*/) {
  const std::uint64_t address = transaction.get_address();
  auto* data = reinterpret_cast<std::byte*>(transaction.get_data_ptr());
  const std::size_t length = transaction.get_data_length();
  const unsigned char* enables = transaction.get_byte_enable_ptr();
  if (transaction.get_streaming_width() < length) {
    transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  bool inside = true;
  if (transaction.is_read()) {
    inside = memory_.read(address, {data, length});
  } else if (transaction.is_write() && enables == nullptr) {
    inside = memory_.write(address, {data, length});
  } else if (transaction.is_write()) {
    const std::size_t enable_length = transaction.get_byte_enable_length();
    std::byte none{};
    inside = memory_.read(address, {&none, 1}) && memory_.read(address + length - 1, {&none, 1});
    for (std::size_t i = 0; inside && i < length; ++i) {
      if (enables[i % enable_length] == TLM_BYTE_ENABLED) memory_.write(address + i, {data + i, 1});
    }
  }
  transaction.set_response_status(inside ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

}  // namespace p2p::sim
