// HostMemory as a TLM-2.0 target, addressed by CPU physical address.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "sim/host_memory.h"

namespace p2p::sim {

/// Byte enables are honoured. Never waits and adds no delay: the bridges own the timing. An access outside memory is
/// refused whole with TLM_ADDRESS_ERROR_RESPONSE.
class MemoryTarget : public sc_core::sc_module {
 public:
  MemoryTarget(const sc_core::sc_module_name& name, HostMemory& memory);
  tlm_utils::simple_target_socket<MemoryTarget> socket;

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  HostMemory& memory_;
};

}  // namespace p2p::sim
