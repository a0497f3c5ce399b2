// TLM-2.0 target for CPU accesses to the chip's registers: turns them into AXI4-Lite accesses and blocks the calling
// SystemC process until the chip has answered.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "sim/axil_master.h"

namespace p2p::sim {

/// Naturally aligned accesses of 1, 2, 4 or 8 bytes (8: two accesses, low half first) at offsets into the register
/// window. Accesses of several processes are served in the order they were made. SLVERR is TLM_GENERIC_ERROR_RESPONSE,
/// DECERR TLM_ADDRESS_ERROR_RESPONSE; the data of a failed read is all ones.
class TlmToAxil : public sc_core::sc_module {
 public:
  TlmToAxil(const sc_core::sc_module_name& name, AxilMaster& master, std::uint64_t window_bytes);
  tlm_utils::simple_target_socket<TlmToAxil> socket;

  /// From the chip's process, at the simulated time of the cycle in hand: wakes whoever waited for it.
  void deliver();

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  std::shared_ptr<RegisterAccess> submit(std::uint64_t offset, unsigned bytes, bool write, std::uint64_t value);
  bool is_supported(const tlm::tlm_generic_payload& transaction) const;

  AxilMaster& master_;
  std::uint64_t window_bytes_;
  sc_core::sc_event ended_;
};

}  // namespace p2p::sim
