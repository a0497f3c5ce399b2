// What AVStream says about a filter's pin types (KSPROPSETID_Pin) and topology (KSPROPSETID_Topology).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
Filter& filter_of(PIRP irp) { return *filter_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject); }

void append(std::vector<UCHAR>& out, const void* bytes, std::size_t count) {
  if (count == 0) return;
  const std::size_t end = out.size();
  out.resize(end + count);
  std::memcpy(out.data() + end, bytes, count);
}

/// The list as clients see it: KSMULTIPLE_ITEM and the attributes, each on an 8-byte boundary.
void append_attributes(std::vector<UCHAR>& out, const KSATTRIBUTE_LIST& list) {
  const std::size_t begin = out.size();
  KSMULTIPLE_ITEM head{0, list.Count};
  append(out, &head, sizeof head);
  for (const KSATTRIBUTE* attribute : attributes_of(&list)) {
    append(out, attribute, attribute->Size);
    out.resize((out.size() + 7) & ~std::size_t{7});
  }
  head.Size = static_cast<ULONG>(out.size() - begin);
  std::memcpy(out.data() + begin, &head, sizeof head);
}

/// The descriptor KSP_PIN names, or nullptr.
const KSPIN_DESCRIPTOR_EX* named(PIRP irp, PKSIDENTIFIER request) {
  return pin_descriptor(filter_of(irp), reinterpret_cast<PKSP_PIN>(request)->PinId);
}

/// A getter of one value of the descriptor.
template <class Value>
NTSTATUS get_value(PIRP irp, PKSIDENTIFIER request, PVOID data, Value (*value)(const KSPIN_DESCRIPTOR_EX&)) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const Value result = value(*descriptor);
  return give(irp, data, &result, sizeof result);
}

NTSTATUS NTAPI get_ctypes(PIRP irp, PKSIDENTIFIER, PVOID data) {
  return give(irp, data, &filter_of(irp).pub.Descriptor->PinDescriptorsCount, sizeof(ULONG));
}
NTSTATUS NTAPI get_cinstances(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const ULONG id = reinterpret_cast<PKSP_PIN>(request)->PinId;
  const KSPIN_CINSTANCES instances{descriptor->InstancesPossible, KsFilterGetChildPinCount(&filter_of(irp).pub, id)};
  return give(irp, data, &instances, sizeof instances);
}
NTSTATUS NTAPI get_necessary(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  return get_value<ULONG>(irp, request, data, [](const KSPIN_DESCRIPTOR_EX& pin) { return pin.InstancesNecessary; });
}
NTSTATUS NTAPI get_dataflow(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  return get_value<KSPIN_DATAFLOW>(irp, request, data,
                                   [](const KSPIN_DESCRIPTOR_EX& pin) { return pin.PinDescriptor.DataFlow; });
}
NTSTATUS NTAPI get_communication(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  return get_value<KSPIN_COMMUNICATION>(irp, request, data,
                                        [](const KSPIN_DESCRIPTOR_EX& pin) { return pin.PinDescriptor.Communication; });
}
NTSTATUS NTAPI get_category(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  if (descriptor->PinDescriptor.Category == nullptr) return STATUS_NOT_FOUND;
  return give(irp, data, descriptor->PinDescriptor.Category, sizeof(GUID));
}
NTSTATUS NTAPI get_dataranges(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const KSPIN_DESCRIPTOR& pin = descriptor->PinDescriptor;
  const bool constrained = request->Id == KSPROPERTY_PIN_CONSTRAINEDDATARANGES && pin.ConstrainedDataRangesCount != 0;
  const ULONG count = constrained ? static_cast<ULONG>(pin.ConstrainedDataRangesCount) : pin.DataRangesCount;
  std::vector<UCHAR> items;
  for (const PinRange& range : pin_ranges(constrained ? pin.ConstrainedDataRanges : pin.DataRanges, count)) {
    append(items, range.range, range.range->FormatSize);
    items.resize((items.size() + 7) & ~std::size_t{7});
    if (range.list != nullptr) append_attributes(items, *range.list);
  }
  return give_list(irp, data, items, count);  // R-ATT-2: a list of attributes is an item of its own
}

/// R-KS-6: a pin that lists none has the standard one.
NTSTATUS give_identifiers(PIRP irp, void* data, const KSIDENTIFIER* list, ULONG count, const GUID& set, ULONG id) {
  std::vector<UCHAR> bytes;
  if (count != 0) {
    append(bytes, list, count * sizeof(KSIDENTIFIER));
    return give_list(irp, data, bytes, count);
  }
  KSIDENTIFIER standard{};
  standard.Set = set;
  standard.Id = id;
  append(bytes, &standard, sizeof standard);
  return give_list(irp, data, bytes, 1);
}
NTSTATUS NTAPI get_interfaces(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  return give_identifiers(irp, data, descriptor->PinDescriptor.Interfaces, descriptor->PinDescriptor.InterfacesCount,
                          KSINTERFACESETID_Standard, KSINTERFACE_STANDARD_STREAMING);
}
NTSTATUS NTAPI get_mediums(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  return give_identifiers(irp, data, descriptor->PinDescriptor.Mediums, descriptor->PinDescriptor.MediumsCount,
                          KSMEDIUMSETID_Standard, KSMEDIUM_STANDARD_DEVIO);
}
NTSTATUS NTAPI get_intersection(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  return data_intersection(filter_of(irp), irp, reinterpret_cast<PKSP_PIN>(request), data);
}
NTSTATUS NTAPI propose_format(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const KSPIN_DESCRIPTOR_EX* descriptor = named(irp, request);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  ClientFormat format;
  const ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  const NTSTATUS parsed = parse_format(data, room, &format);
  if (!NT_SUCCESS(parsed)) return parsed;
  return format_in_ranges(format, descriptor->PinDescriptor) ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

// -- topology ---------------------------------------------------------------------------------------------------------

NTSTATUS NTAPI get_categories(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSFILTER_DESCRIPTOR& descriptor = *filter_of(irp).pub.Descriptor;
  std::vector<UCHAR> list;
  append(list, descriptor.Categories, descriptor.CategoriesCount * sizeof(GUID));
  return give_list(irp, data, list, descriptor.CategoriesCount);
}
NTSTATUS NTAPI get_nodes(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSFILTER_DESCRIPTOR& descriptor = *filter_of(irp).pub.Descriptor;
  std::vector<UCHAR> list;
  for (ULONG i = 0; i < descriptor.NodeDescriptorsCount; ++i) {
    const auto* node = reinterpret_cast<const KSNODE_DESCRIPTOR*>(
        reinterpret_cast<const char*>(descriptor.NodeDescriptors) + std::size_t{i} * descriptor.NodeDescriptorSize);
    append(list, node->Type, sizeof(GUID));
  }
  if (descriptor.NodeDescriptorsCount == 0 && descriptor.Connections == nullptr &&
      descriptor.PinDescriptorsCount != 0) {
    append(list, &GUID_NULL, sizeof(GUID));  // R-KS-4: the default topology's one node
    return give_list(irp, data, list, 1);
  }
  return give_list(irp, data, list, descriptor.NodeDescriptorsCount);
}
NTSTATUS NTAPI get_connections(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSFILTER_DESCRIPTOR& descriptor = *filter_of(irp).pub.Descriptor;
  std::vector<UCHAR> list;
  if (descriptor.Connections != nullptr) {
    append(list, descriptor.Connections, descriptor.ConnectionsCount * sizeof(KSTOPOLOGY_CONNECTION));
    return give_list(irp, data, list, descriptor.ConnectionsCount);
  }
  // R-KS-4: pin i is connected to pin i of the one node, in the direction of its data.
  for (ULONG i = 0; i < descriptor.PinDescriptorsCount; ++i) {
    const bool in = pin_descriptor(filter_of(irp), i)->PinDescriptor.DataFlow == KSPIN_DATAFLOW_IN;
    const ULONG outside = static_cast<ULONG>(KSFILTER_NODE);
    const KSTOPOLOGY_CONNECTION connection{in ? outside : 0, i, in ? 0 : outside, i};
    append(list, &connection, sizeof connection);
  }
  return give_list(irp, data, list, descriptor.PinDescriptorsCount);
}

// -- tables -----------------------------------------------------------------------------------------------------------

constexpr KSPROPERTY_ITEM item(ULONG id, PFNKSHANDLER get, ULONG least_request, ULONG least_data,
                               PFNKSHANDLER set = nullptr) {
  KSPROPERTY_ITEM entry{};
  entry.PropertyId = id;
  entry.GetPropertyHandler = get;
  entry.MinProperty = least_request;
  entry.MinData = least_data;
  entry.SetPropertyHandler = set;
  return entry;
}

const KSPROPERTY_ITEM kPinItems[] = {
    item(KSPROPERTY_PIN_CINSTANCES, get_cinstances, sizeof(KSP_PIN), sizeof(KSPIN_CINSTANCES)),
    item(KSPROPERTY_PIN_CTYPES, get_ctypes, sizeof(KSPROPERTY), sizeof(ULONG)),
    item(KSPROPERTY_PIN_DATAFLOW, get_dataflow, sizeof(KSP_PIN), sizeof(KSPIN_DATAFLOW)),
    item(KSPROPERTY_PIN_DATARANGES, get_dataranges, sizeof(KSP_PIN), 0),
    item(KSPROPERTY_PIN_DATAINTERSECTION, get_intersection, sizeof(KSP_PIN) + sizeof(KSMULTIPLE_ITEM), 0),
    item(KSPROPERTY_PIN_INTERFACES, get_interfaces, sizeof(KSP_PIN), 0),
    item(KSPROPERTY_PIN_MEDIUMS, get_mediums, sizeof(KSP_PIN), 0),
    item(KSPROPERTY_PIN_COMMUNICATION, get_communication, sizeof(KSP_PIN), sizeof(KSPIN_COMMUNICATION)),
    item(KSPROPERTY_PIN_NECESSARYINSTANCES, get_necessary, sizeof(KSP_PIN), sizeof(ULONG)),
    item(KSPROPERTY_PIN_CATEGORY, get_category, sizeof(KSP_PIN), sizeof(GUID)),
    item(KSPROPERTY_PIN_CONSTRAINEDDATARANGES, get_dataranges, sizeof(KSP_PIN), 0),
    item(KSPROPERTY_PIN_PROPOSEDATAFORMAT, nullptr, sizeof(KSP_PIN), sizeof(KSDATAFORMAT), propose_format),
};
const KSPROPERTY_ITEM kTopologyItems[] = {
    item(KSPROPERTY_TOPOLOGY_CATEGORIES, get_categories, sizeof(KSPROPERTY), 0),
    item(KSPROPERTY_TOPOLOGY_NODES, get_nodes, sizeof(KSPROPERTY), 0),
    item(KSPROPERTY_TOPOLOGY_CONNECTIONS, get_connections, sizeof(KSPROPERTY), 0),
};
const KSPROPERTY_SET kSets[] = {
    {&KSPROPSETID_Pin, SIZEOF_ARRAY(kPinItems), kPinItems, 0, nullptr},
    {&KSPROPSETID_Topology, SIZEOF_ARRAY(kTopologyItems), kTopologyItems, 0, nullptr},
};
}  // namespace

const SetTable<KSPROPERTY_SET> kFilterProperties = {kSets, SIZEOF_ARRAY(kSets), sizeof(KSPROPERTY_ITEM)};

}  // namespace p2p::ks
