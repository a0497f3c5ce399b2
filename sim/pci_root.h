// The root of the PCI hierarchy: enumeration order, and the decoder that routes CPU physical addresses to BARs.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/pci_function.h"

namespace p2p::sim {

class PciRoot : public sc_core::sc_module {
 public:
  /// Functions are numbered from 0 in the order given. Not owned.
  PciRoot(const sc_core::sc_module_name& name, const std::vector<PciFunction*>& functions);
  tlm_utils::simple_target_socket<PciRoot> cpu;

  unsigned count() const { return static_cast<unsigned>(slots_.size()); }
  /// nullptr past the end.
  PciFunction* function(unsigned index) const;

 private:
  struct Slot {
    PciFunction* function;
    std::unique_ptr<tlm_utils::simple_initiator_socket<PciRoot>> socket;
  };
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  std::vector<Slot> slots_;
};

}  // namespace p2p::sim
