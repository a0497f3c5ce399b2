#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/builtin_properties.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

/// A value of fixed size.
NTSTATUS give(PIRP irp, void* data, ULONG out_bytes, const void* value, ULONG bytes) {
  irp->IoStatus.Information = bytes;
  if (out_bytes == 0) return STATUS_BUFFER_OVERFLOW;
  if (out_bytes < bytes) {
    irp->IoStatus.Information = 0;
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::memcpy(data, value, bytes);
  return STATUS_SUCCESS;
}

/// KSMULTIPLE_ITEM and a list behind it.
NTSTATUS give_list(PIRP irp, void* data, ULONG out_bytes, const std::vector<UCHAR>& items, ULONG count) {
  std::vector<UCHAR> all(sizeof(KSMULTIPLE_ITEM));
  auto* head = reinterpret_cast<PKSMULTIPLE_ITEM>(all.data());
  head->Size = static_cast<ULONG>(all.size() + items.size());
  head->Count = count;
  all.insert(all.end(), items.begin(), items.end());
  if (out_bytes == sizeof(ULONG)) {  // only the size is wanted
    const ULONG size = static_cast<ULONG>(all.size());
    return give(irp, data, out_bytes, &size, sizeof size);
  }
  return give(irp, data, out_bytes, all.data(), static_cast<ULONG>(all.size()));
}

void append(std::vector<UCHAR>& out, const void* bytes, std::size_t count) {
  const auto* from = static_cast<const UCHAR*>(bytes);
  out.insert(out.end(), from, from + count);
}

NTSTATUS pin_factory_property(Filter& filter, PIRP irp, PKSPROPERTY request, ULONG in_bytes, void* data,
                              ULONG out_bytes) {
  if ((request->Flags & KSPROPERTY_TYPE_GET) == 0) return STATUS_NOT_FOUND;
  if (request->Id == KSPROPERTY_PIN_CTYPES) {
    return give(irp, data, out_bytes, &filter.pub.Descriptor->PinDescriptorsCount, sizeof(ULONG));
  }
  if (in_bytes < sizeof(KSP_PIN)) return STATUS_INVALID_BUFFER_SIZE;
  auto* pin_request = reinterpret_cast<PKSP_PIN>(request);
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, pin_request->PinId);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const KSPIN_DESCRIPTOR& pin = descriptor->PinDescriptor;
  switch (request->Id) {
    case KSPROPERTY_PIN_CINSTANCES: {
      KSPIN_CINSTANCES instances{descriptor->InstancesPossible, 0};
      for (const Pin* open : filter.pins) instances.CurrentCount += open->pub.Id == pin_request->PinId ? 1u : 0u;
      return give(irp, data, out_bytes, &instances, sizeof instances);
    }
    case KSPROPERTY_PIN_NECESSARYINSTANCES:
      return give(irp, data, out_bytes, &descriptor->InstancesNecessary, sizeof(ULONG));
    case KSPROPERTY_PIN_DATAFLOW:
      return give(irp, data, out_bytes, &pin.DataFlow, sizeof pin.DataFlow);
    case KSPROPERTY_PIN_COMMUNICATION:
      return give(irp, data, out_bytes, &pin.Communication, sizeof pin.Communication);
    case KSPROPERTY_PIN_CATEGORY:
      return pin.Category != nullptr ? give(irp, data, out_bytes, pin.Category, sizeof(GUID)) : STATUS_NOT_FOUND;
    case KSPROPERTY_PIN_DATARANGES: {
      std::vector<UCHAR> ranges;
      for (ULONG i = 0; i < pin.DataRangesCount; ++i) {
        append(ranges, pin.DataRanges[i], pin.DataRanges[i]->FormatSize);
        ranges.resize((ranges.size() + 7) & ~std::size_t{7});
      }
      return give_list(irp, data, out_bytes, ranges, pin.DataRangesCount);
    }
    case KSPROPERTY_PIN_INTERFACES: {
      std::vector<UCHAR> list;
      if (pin.InterfacesCount == 0) {
        KSPIN_INTERFACE standard{};
        standard.Set = KSINTERFACESETID_Standard;
        standard.Id = KSINTERFACE_STANDARD_STREAMING;
        append(list, &standard, sizeof standard);
        return give_list(irp, data, out_bytes, list, 1);
      }
      append(list, pin.Interfaces, pin.InterfacesCount * sizeof(KSPIN_INTERFACE));
      return give_list(irp, data, out_bytes, list, pin.InterfacesCount);
    }
    case KSPROPERTY_PIN_MEDIUMS: {
      std::vector<UCHAR> list;
      if (pin.MediumsCount == 0) {
        KSPIN_MEDIUM standard{};
        standard.Set = KSMEDIUMSETID_Standard;
        standard.Id = KSMEDIUM_STANDARD_DEVIO;
        append(list, &standard, sizeof standard);
        return give_list(irp, data, out_bytes, list, 1);
      }
      append(list, pin.Mediums, pin.MediumsCount * sizeof(KSPIN_MEDIUM));
      return give_list(irp, data, out_bytes, list, pin.MediumsCount);
    }
    case KSPROPERTY_PIN_DATAINTERSECTION:
      return data_intersection(filter, irp, pin_request, in_bytes, data, out_bytes);
    default:
      return STATUS_NOT_FOUND;
  }
}

NTSTATUS connection_property(Pin& pin, PIRP irp, PKSPROPERTY request, void* data, ULONG out_bytes) {
  const bool set = (request->Flags & KSPROPERTY_TYPE_SET) != 0;
  switch (request->Id) {
    case KSPROPERTY_CONNECTION_STATE: {
      if (!set) return give(irp, data, out_bytes, &pin.pub.DeviceState, sizeof(KSSTATE));
      if (out_bytes < sizeof(KSSTATE)) return STATUS_BUFFER_TOO_SMALL;
      KSSTATE state;
      std::memcpy(&state, data, sizeof state);
      if (state < KSSTATE_STOP || state > KSSTATE_RUN) return STATUS_INVALID_PARAMETER;
      Hold held(pin.filter->control);  // R-KMX-2
      return set_state(pin, state);
    }
    case KSPROPERTY_CONNECTION_DATAFORMAT:
      if (set) return STATUS_INVALID_DEVICE_REQUEST;  // changing a live format comes with a later version
      return give(irp, data, out_bytes, pin.pub.ConnectionFormat, pin.pub.ConnectionFormat->FormatSize);
    case KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX: {
      const KSALLOCATOR_FRAMING_EX* framing = pin.pub.Descriptor->AllocatorFraming;
      if (set || framing == nullptr) return STATUS_NOT_FOUND;  // R-ALC-1
      const std::size_t bytes = sizeof(KSALLOCATOR_FRAMING_EX) +
                                (framing->CountItems > 1 ? framing->CountItems - 1 : 0) * sizeof(KS_FRAMING_ITEM);
      return give(irp, data, out_bytes, framing, static_cast<ULONG>(bytes));
    }
    default:
      return STATUS_NOT_FOUND;
  }
}
}  // namespace

NTSTATUS builtin_property(Filter& filter, Pin* pin, PIRP irp, PKSPROPERTY request, ULONG in_bytes, void* data,
                          ULONG out_bytes) {
  if (same(request->Set, KSPROPSETID_Pin) && pin == nullptr) {
    return pin_factory_property(filter, irp, request, in_bytes, data, out_bytes);
  }
  if (same(request->Set, KSPROPSETID_Connection) && pin != nullptr)
    return connection_property(*pin, irp, request, data, out_bytes);
  return STATUS_PROPSET_NOT_FOUND;
}

}  // namespace p2p::ks
