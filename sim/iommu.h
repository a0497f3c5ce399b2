// The IOMMU of one PCI function as a TLM-2.0 interposer: logical pages, which the device puts on the bus, become
// physical pages with permissions. A miss or a wrong permission refuses the whole burst: nothing of it reaches memory.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "sim/hardware.h"
#include "sim/machine.h"

namespace p2p::sim {

class Iommu : public sc_core::sc_module {
 public:
  /// `bus_cycle` stamps faults with the cycle in hand; `on_fault`, if any, is told of each.
  Iommu(const sc_core::sc_module_name& name, std::function<std::uint64_t()> bus_cycle,
        std::function<void(const DmaFault&)> on_fault = {});
  tlm_utils::simple_target_socket<Iommu> device;     ///< logical addresses
  tlm_utils::simple_initiator_socket<Iommu> memory;  ///< physical addresses

  /// Maps, or maps anew. kNone unmaps.
  void map(std::uint64_t logical_page, std::uint64_t physical_page, DmaAccess access);
  void unmap(std::uint64_t logical_page);
  std::size_t mapped_pages() const { return pages_.size(); }

  /// Refused bursts; each is also a `dma.fault` event and TLM_ADDRESS_ERROR_RESPONSE.
  std::uint64_t fault_count() const { return fault_count_; }
  const DmaFault* first_fault() const { return first_fault_ ? &*first_fault_ : nullptr; }

 private:
  struct Page {
    std::uint64_t physical;
    DmaAccess access;
  };
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  const Page* lookup(std::uint64_t logical_page, bool write) const;
  bool allows(std::uint64_t address, std::uint64_t bytes, bool write) const;
  void fault(std::uint64_t address, std::uint64_t bytes, bool write);

  std::function<std::uint64_t()> bus_cycle_;
  std::function<void(const DmaFault&)> on_fault_;
  std::unordered_map<std::uint64_t, Page> pages_;  // looked up only, never walked: order cannot show
  std::uint64_t fault_count_ = 0;
  std::optional<DmaFault> first_fault_;
};

}  // namespace p2p::sim
