#include "sim/bus_faults.h"

namespace p2p::sim {

AxiResponse BusFaults::check(std::uint64_t address, bool write) {
  AxiResponse response = AxiResponse::kOkay;
  for (Armed& armed : faults_) {
    const BusFault& fault = armed.fault;
    if (!(write ? fault.on_write : fault.on_read)) continue;
    if (address < fault.first_address || address > fault.last_address) continue;
    const std::uint64_t index = armed.use.matching++;
    if (index < fault.skip || index - fault.skip >= fault.count) continue;
    if (response == AxiResponse::kOkay) response = fault.response;
    if (response == fault.response) ++armed.use.answered;
  }
  return response;
}

}  // namespace p2p::sim
