#include "sim/axi_to_tlm.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "sim/trace_sink.h"

namespace p2p::sim {
namespace {

static_assert(std::endian::native == std::endian::little, "beats are copied to memory as they are");
constexpr unsigned kBeatBytes = 8;
constexpr unsigned kMaxBurstBytes = 256 * kBeatBytes;

}  // namespace

AxiToTlm::AxiToTlm(const sc_core::sc_module_name& name, BusFaults& faults, std::function<std::uint64_t()> ahead_ps)
    : sc_core::sc_module(name), socket("socket"), faults_(faults), ahead_ps_(std::move(ahead_ps)) {}

AxiResponse AxiToTlm::transport(tlm::tlm_command command, std::uint64_t address, unsigned char* data, unsigned length,
                                unsigned char* enables) {
  transaction_.set_command(command);
  transaction_.set_address(address);
  transaction_.set_data_ptr(data);
  transaction_.set_data_length(length);
  transaction_.set_streaming_width(length);
  transaction_.set_byte_enable_ptr(enables);
  transaction_.set_byte_enable_length(enables != nullptr ? length : 0);
  transaction_.set_dmi_allowed(false);
  transaction_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::sc_time::from_value(ahead_ps_());
  socket->b_transport(transaction_, delay);
  if (transaction_.is_response_ok()) return AxiResponse::kOkay;
  return transaction_.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE ? AxiResponse::kDecodeError
                                                                               : AxiResponse::kSlaveError;
}

AxiResponse AxiToTlm::check(std::uint64_t address, bool write) {
  const AxiResponse forced = faults_.check(address, write);
  if (forced != AxiResponse::kOkay) {
    const char* const response = forced == AxiResponse::kDecodeError ? "DECERR" : "SLVERR";
    trace_sink().event("sim", "bus.error", {{"address", address}, {"write", write}, {"response", response}});
  }
  return forced;
}

AxiResponse AxiToTlm::write(std::uint64_t address, std::span<const std::uint64_t> beats,
                            std::span<const std::uint8_t> strobes, bool all_strobes) {
  const AxiResponse forced = check(address, true);
  if (forced != AxiResponse::kOkay) return forced;
  // TLM takes a mutable pointer for writes too; the target does not write through it.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<std::uint64_t*>(beats.data()));
  const auto length = static_cast<unsigned>(beats.size()) * kBeatBytes;
  if (all_strobes) {
    const AxiResponse response = transport(tlm::TLM_WRITE_COMMAND, address, data, length, nullptr);
    if (response == AxiResponse::kOkay) bytes_written_ += length;
    return response;
  }
  std::array<unsigned char, kMaxBurstBytes> enables;
  unsigned first = length, end = 0, enabled = 0;
  for (unsigned i = 0; i < length; ++i) {
    const bool on = ((strobes[i / kBeatBytes] >> (i % kBeatBytes)) & 1u) != 0;
    enables[i] = on ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
    if (!on) continue;
    first = std::min(first, i);
    end = i + 1;
    ++enabled;
  }
  // A burst without any strobe still has to be to a place the device may write to.
  if (enabled == 0) return transport(tlm::TLM_WRITE_COMMAND, address, data, length, enables.data());
  const bool solid = enabled == end - first;
  const AxiResponse response = transport(tlm::TLM_WRITE_COMMAND, address + first, data + first, end - first,
                                         solid ? nullptr : enables.data() + first);
  if (response == AxiResponse::kOkay) bytes_written_ += enabled;
  return response;
}

AxiResponse AxiToTlm::read(std::uint64_t address, std::span<std::uint64_t> beats) {
  const AxiResponse forced = check(address, false);
  if (forced != AxiResponse::kOkay) return forced;
  return transport(tlm::TLM_READ_COMMAND, address, reinterpret_cast<unsigned char*>(beats.data()),
                   static_cast<unsigned>(beats.size()) * kBeatBytes, nullptr);
}

}  // namespace p2p::sim
