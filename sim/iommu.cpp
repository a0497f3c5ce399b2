#include "sim/iommu.h"

#include <algorithm>
#include <utility>

#include "sim/trace_sink.h"

namespace p2p::sim {

Iommu::Iommu(const sc_core::sc_module_name& name, std::function<std::uint64_t()> bus_cycle,
             std::function<void(const DmaFault&)> on_fault)
    : sc_core::sc_module(name),
      device("device"),
      memory("memory"),
      bus_cycle_(std::move(bus_cycle)),
      on_fault_(std::move(on_fault)) {
  device.register_b_transport(this, &Iommu::b_transport);
}

void Iommu::map(std::uint64_t logical_page, std::uint64_t physical_page, DmaAccess access) {
  if (access == DmaAccess::kNone) {
    pages_.erase(logical_page);
  } else {
    pages_[logical_page] = {physical_page, access};
  }
}

void Iommu::unmap(std::uint64_t logical_page) { pages_.erase(logical_page); }

const Iommu::Page* Iommu::lookup(std::uint64_t logical_page, bool write) const {
  const auto found = pages_.find(logical_page);
  if (found == pages_.end()) return nullptr;
  const auto needed = static_cast<unsigned>(write ? DmaAccess::kWrite : DmaAccess::kRead);
  return (static_cast<unsigned>(found->second.access) & needed) != 0 ? &found->second : nullptr;
}

bool Iommu::allows(std::uint64_t address, std::uint64_t bytes, bool write) const {
  const std::uint64_t last = address + bytes - 1;
  if (bytes == 0 || last < address) return false;
  for (std::uint64_t page = address / kPageBytes; page <= last / kPageBytes; ++page) {
    if (lookup(page, write) == nullptr) return false;
  }
  return true;
}

void Iommu::fault(std::uint64_t address, std::uint64_t bytes, bool write) {
  ++fault_count_;
  const DmaFault refused{address, bytes, write, bus_cycle_()};
  if (!first_fault_) first_fault_ = refused;
  trace_sink().event("sim", "dma.fault", {{"address", address}, {"bytes", bytes}, {"write", write}});
  if (on_fault_) on_fault_(refused);
}

void Iommu::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t address = transaction.get_address();
  const unsigned length = transaction.get_data_length();
  const bool write = transaction.is_write();
  if (!allows(address, length, write)) {
    fault(address, length, write);
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  unsigned char* const data = transaction.get_data_ptr();
  unsigned char* const enables = transaction.get_byte_enable_ptr();
  const unsigned enable_length = transaction.get_byte_enable_length();
  // One piece a page: neighbours in logical space are strangers in physical space.
  for (unsigned done = 0; done < length;) {
    const std::uint64_t logical = address + done;
    const std::uint64_t offset = logical % kPageBytes;
    const auto piece = static_cast<unsigned>(std::min<std::uint64_t>(length - done, kPageBytes - offset));
    transaction.set_address(lookup(logical / kPageBytes, write)->physical * kPageBytes + offset);
    transaction.set_data_ptr(data + done);
    transaction.set_data_length(piece);
    transaction.set_streaming_width(piece);
    if (enables != nullptr && enable_length == length) {
      transaction.set_byte_enable_ptr(enables + done);
      transaction.set_byte_enable_length(piece);
    }
    memory->b_transport(transaction, delay);
    done += piece;
    if (transaction.is_response_error()) break;
  }
  transaction.set_address(address);
  transaction.set_data_ptr(data);
  transaction.set_data_length(length);
  transaction.set_streaming_width(length);
  transaction.set_byte_enable_ptr(enables);
  transaction.set_byte_enable_length(enable_length);
}

}  // namespace p2p::sim
