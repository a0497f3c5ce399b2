#include "sim/pci_root.h"

#include <string>

namespace p2p::sim {

PciRoot::PciRoot(const sc_core::sc_module_name& name, const std::vector<PciFunction*>& functions)
    : sc_core::sc_module(name), cpu("cpu") {
  cpu.register_b_transport(this, &PciRoot::b_transport);
  for (PciFunction* function : functions) {
    const std::string socket_name = "function" + std::to_string(slots_.size());
    auto socket = std::make_unique<tlm_utils::simple_initiator_socket<PciRoot>>(socket_name.c_str());
    socket->bind(function->cpu);
    slots_.push_back({function, std::move(socket)});
  }
}

PciFunction* PciRoot::function(unsigned index) const {
  return index < slots_.size() ? slots_[index].function : nullptr;
}

void PciRoot::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  for (Slot& slot : slots_) {
    if (slot.function->decodes(transaction.get_address())) {
      (*slot.socket)->b_transport(transaction, delay);
      return;
    }
  }
  transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

}  // namespace p2p::sim
