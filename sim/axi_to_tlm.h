// TLM-2.0 initiator for the chip's DMA: one b_transport a burst, at the chip's local time.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>

#include "sim/axi_slave.h"
#include "sim/bus_faults.h"

namespace p2p::sim {

/// TLM responses become AXI codes: an address nobody answers for is DECERR, any other error SLVERR.
/// The target must not wait: bursts come from inside the clock loop.
class AxiToTlm : public sc_core::sc_module, public BurstPort {
 public:
  /// `ahead_ps`: how far the chip is ahead of the kernel; passed on as TLM delay annotation.
  AxiToTlm(const sc_core::sc_module_name& name, BusFaults& faults, std::function<std::uint64_t()> ahead_ps);
  tlm_utils::simple_initiator_socket<AxiToTlm> socket;

  AxiResponse write(std::uint64_t address, std::span<const std::uint64_t> beats, std::span<const std::uint8_t> strobes,
                    bool all_strobes) override;
  AxiResponse read(std::uint64_t address, std::span<std::uint64_t> beats) override;

  /// Bytes whose strobes were set in bursts that memory accepted.
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  /// The response to force on a burst, which is an event then.
  AxiResponse check(std::uint64_t address, bool write);
  AxiResponse transport(tlm::tlm_command command, std::uint64_t address, unsigned char* data, unsigned length,
                        unsigned char* enables);

  BusFaults& faults_;
  std::function<std::uint64_t()> ahead_ps_;
  tlm::tlm_generic_payload transaction_;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace p2p::sim
