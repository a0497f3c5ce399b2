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

/// A copy of `count` entries of `old_bytes` each, with room for `added` more. Old tables stay: pins point to them.
UCHAR* grow(Filter& filter, const void* table, ULONG count, ULONG entry_bytes, ULONG added) {
  auto& copy = filter.tables.emplace_back(std::size_t{count + added} * entry_bytes);
  if (count != 0) std::memcpy(copy.data(), table, std::size_t{count} * entry_bytes);
  return copy.data();
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
  UCHAR* table =
      grow(filter, descriptor.PinDescriptors, descriptor.PinDescriptorsCount, descriptor.PinDescriptorSize, 1);
  std::memcpy(table + std::size_t{descriptor.PinDescriptorsCount} * descriptor.PinDescriptorSize, PinDescriptor,
              sizeof *PinDescriptor);
  descriptor.PinDescriptors = reinterpret_cast<const KSPIN_DESCRIPTOR_EX*>(table);
  *PinID = descriptor.PinDescriptorsCount++;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterCreateNode(PKSFILTER FilterPointer, const KSNODE_DESCRIPTOR* const NodeDescriptor,
                                  PULONG NodeID) {
  require_passive("KsFilterCreateNode");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  KSFILTER_DESCRIPTOR& descriptor = own_descriptor(filter);
  if (descriptor.NodeDescriptorSize == 0) descriptor.NodeDescriptorSize = sizeof(KSNODE_DESCRIPTOR);
  UCHAR* table =
      grow(filter, descriptor.NodeDescriptors, descriptor.NodeDescriptorsCount, descriptor.NodeDescriptorSize, 1);
  std::memcpy(table + std::size_t{descriptor.NodeDescriptorsCount} * descriptor.NodeDescriptorSize, NodeDescriptor,
              sizeof *NodeDescriptor);
  descriptor.NodeDescriptors = reinterpret_cast<const KSNODE_DESCRIPTOR*>(table);
  *NodeID = descriptor.NodeDescriptorsCount++;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterAddTopologyConnections(PKSFILTER FilterPointer, ULONG NewConnectionsCount,
                                              const KSTOPOLOGY_CONNECTION* const NewTopologyConnections) {
  require_passive("KsFilterAddTopologyConnections");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  KSFILTER_DESCRIPTOR& descriptor = own_descriptor(filter);
  UCHAR* table = grow(filter, descriptor.Connections, descriptor.ConnectionsCount, sizeof(KSTOPOLOGY_CONNECTION),
                      NewConnectionsCount);
  std::memcpy(table + std::size_t{descriptor.ConnectionsCount} * sizeof(KSTOPOLOGY_CONNECTION), NewTopologyConnections,
              std::size_t{NewConnectionsCount} * sizeof(KSTOPOLOGY_CONNECTION));
  descriptor.Connections = reinterpret_cast<const KSTOPOLOGY_CONNECTION*>(table);
  descriptor.ConnectionsCount += NewConnectionsCount;
  return STATUS_SUCCESS;
}

}  // extern "C"
