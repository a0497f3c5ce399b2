// Pin types, nodes and connections that a filter adds to its own description at run time.
#include "sw/ks/ddk.h"

#include <cstring>

#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
/// The filter's own copy of its descriptor, to which tables can be added; the factory's stays as it is.
KSFILTER_DESCRIPTOR& own_descriptor(Filter& filter) {
  if (filter.descriptor == nullptr) {
    filter.descriptor = std::make_unique<KSFILTER_DESCRIPTOR>(*filter.pub.Descriptor);
    filter.pub.Descriptor = filter.descriptor.get();
  }
  return *filter.descriptor;
}

/// Puts a copy of the table with `added_count` entries behind it in the table's place. Old tables stay: pins point to
/// them.
template <class Entry>
void append(Filter& filter, const Entry*& table, ULONG& count, ULONG entry_bytes, const Entry* added,
            ULONG added_count) {
  auto& copy = filter.tables.emplace_back(std::size_t{count + added_count} * entry_bytes);
  const std::size_t old_bytes = std::size_t{count} * entry_bytes;
  if (count != 0) std::memcpy(copy.data(), table, old_bytes);
  std::memcpy(copy.data() + old_bytes, added, std::size_t{added_count} * sizeof *added);
  table = reinterpret_cast<const Entry*>(copy.data());
  count += added_count;
}
}  // namespace

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

NTSTATUS NTAPI KsFilterCreatePinFactory(PKSFILTER FilterPointer, const KSPIN_DESCRIPTOR_EX* const PinDescriptor,
                                        PULONG PinID) {
  require_passive("KsFilterCreatePinFactory");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  KSFILTER_DESCRIPTOR& descriptor = own_descriptor(filter);
  if (descriptor.PinDescriptorSize == 0) descriptor.PinDescriptorSize = sizeof(KSPIN_DESCRIPTOR_EX);
  *PinID = descriptor.PinDescriptorsCount;
  append(filter, descriptor.PinDescriptors, descriptor.PinDescriptorsCount, descriptor.PinDescriptorSize, PinDescriptor,
         1);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterCreateNode(PKSFILTER FilterPointer, const KSNODE_DESCRIPTOR* const NodeDescriptor,
                                  PULONG NodeID) {
  require_passive("KsFilterCreateNode");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  KSFILTER_DESCRIPTOR& descriptor = own_descriptor(filter);
  if (descriptor.NodeDescriptorSize == 0) descriptor.NodeDescriptorSize = sizeof(KSNODE_DESCRIPTOR);
  *NodeID = descriptor.NodeDescriptorsCount;
  append(filter, descriptor.NodeDescriptors, descriptor.NodeDescriptorsCount, descriptor.NodeDescriptorSize,
         NodeDescriptor, 1);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterAddTopologyConnections(PKSFILTER FilterPointer, ULONG NewConnectionsCount,
                                              const KSTOPOLOGY_CONNECTION* const NewTopologyConnections) {
  require_passive("KsFilterAddTopologyConnections");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  KSFILTER_DESCRIPTOR& descriptor = own_descriptor(filter);
  append(filter, descriptor.Connections, descriptor.ConnectionsCount, sizeof(KSTOPOLOGY_CONNECTION),
         NewTopologyConnections, NewConnectionsCount);
  return STATUS_SUCCESS;
}

}  // extern "C"
