// Filter factories: what creates name, device interfaces, factories made at run time (R-KS-3, R-KS-4, R-PNP-4,
// R-PNP-5).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
bool equal_name(std::u16string_view a, std::u16string_view b) {
  UNICODE_STRING left{}, right{};
  left.Buffer = const_cast<PWSTR>(reinterpret_cast<PCWSTR>(a.data()));
  left.Length = left.MaximumLength = static_cast<USHORT>(a.size() * sizeof(WCHAR));
  right.Buffer = const_cast<PWSTR>(reinterpret_cast<PCWSTR>(b.data()));
  right.Length = right.MaximumLength = static_cast<USHORT>(b.size() * sizeof(WCHAR));
  return RtlEqualUnicodeString(&left, &right, TRUE) != FALSE;
}

std::u16string text_of(PCWSTR text) {
  std::u16string result;
  while (*text != 0) result += static_cast<char16_t>(*text++);
  return result;
}

/// The interfaces of the factory's categories have their names from now on; they are enabled later.
NTSTATUS register_interfaces(Factory& factory) {
  const std::u16string& name = factory.items.front().reference;
  UNICODE_STRING reference{};
  reference.Buffer = const_cast<PWSTR>(reinterpret_cast<PCWSTR>(name.data()));
  reference.Length = reference.MaximumLength = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  const KSFILTER_DESCRIPTOR* descriptor = factory.pub.FilterDescriptor;
  for (ULONG i = 0; i < descriptor->CategoriesCount; ++i) {
    UNICODE_STRING link{};
    const NTSTATUS status = IoRegisterDeviceInterface(factory.device->pub.PhysicalDeviceObject,
                                                      &descriptor->Categories[i], &reference, &link);
    if (!NT_SUCCESS(status)) return status;
    factory.links.push_back(link);
  }
  return STATUS_SUCCESS;
}

/// What a pin's descriptor asks for and nobody here does; nullptr: nothing.
const char* unsupported(const KSPIN_DESCRIPTOR_EX& pin) {
  if ((pin.Flags & KSPIN_FLAG_SPLITTER) != 0 && pin.PinDescriptor.DataFlow != KSPIN_DATAFLOW_OUT) {
    return "KSPIN_FLAG_SPLITTER: only output pins are split";
  }
  const std::vector<PinRange> ranges = pin_ranges(pin.PinDescriptor);
  if (!ranges.empty() && (ranges.back().range->Flags & KSDATARANGE_ATTRIBUTES) != 0 && ranges.back().list == nullptr) {
    return "KSDATARANGE_ATTRIBUTES: no list of attributes follows the last data range";
  }
  return nullptr;
}

/// Better no filter than one that behaves in another way than its descriptor says.
NTSTATUS check_pins(const Device& device, const KSFILTER_DESCRIPTOR& descriptor) {
  for (ULONG id = 0; id < descriptor.PinDescriptorsCount; ++id) {
    const auto* pin = reinterpret_cast<const KSPIN_DESCRIPTOR_EX*>(
        reinterpret_cast<const char*>(descriptor.PinDescriptors) + std::size_t{id} * descriptor.PinDescriptorSize);
    const char* reason = unsupported(*pin);
    if (reason == nullptr) continue;
    trace_sink().event("ks", "descriptor.refused", {{"device", device.id}, {"pin", id}, {"reason", reason}});
    return STATUS_NOT_SUPPORTED;
  }
  return STATUS_SUCCESS;
}

/// Does the name open this item? Parameters follow a backslash.
bool matches(const CreateItem& item, std::u16string_view name) {
  if ((item.flags & KSCREATE_ITEM_WILDCARD) != 0) return false;
  const std::size_t slash = name.find(u'\\');
  if (slash == std::u16string_view::npos) return equal_name(item.reference, name);
  return (item.flags & KSCREATE_ITEM_NOPARAMETERS) == 0 && equal_name(item.reference, name.substr(0, slash));
}
}  // namespace

NTSTATUS add_factory(Device& device, const KSFILTER_DESCRIPTOR* descriptor, PCWSTR reference, ULONG flags,
                     Factory** made) {
  if (descriptor->Version != KSFILTER_DESCRIPTOR_VERSION || descriptor->PinDescriptorSize % 8 != 0 ||
      (descriptor->PinDescriptorsCount != 0 && descriptor->PinDescriptorSize < sizeof(KSPIN_DESCRIPTOR_EX))) {
    return STATUS_INVALID_PARAMETER;  // R-KS-4
  }
  if ((flags & KSCREATE_ITEM_WILDCARD) != 0 && (flags & KSCREATE_ITEM_NOPARAMETERS) != 0) {
    return STATUS_INVALID_PARAMETER;
  }
  const NTSTATUS supported = check_pins(device, *descriptor);
  if (!NT_SUCCESS(supported)) return supported;
  auto factory = std::make_unique<Factory>();
  factory->device = &device;
  factory->pub.FilterDescriptor = descriptor;
  factory->pub.Bag = &factory->bag;
  factory->pub.Context = device.pub.Context;  // R-KS-1
  CreateItem item{{}, flags};
  if (reference != nullptr) {
    item.reference = text_of(reference);
  } else {
    UNICODE_STRING text;
    const NTSTATUS status = RtlStringFromGUID(*descriptor->ReferenceGuid, &text);
    if (!NT_SUCCESS(status)) return status;
    item.reference.assign(reinterpret_cast<const char16_t*>(text.Buffer), text.Length / sizeof(WCHAR));
    RtlFreeUnicodeString(&text);
  }
  for (const auto& other : device.factories) {
    for (const CreateItem& taken : other->items) {
      if (equal_name(taken.reference, item.reference)) return STATUS_OBJECT_NAME_COLLISION;
    }
  }
  factory->items.push_back(std::move(item));
  const NTSTATUS registered = register_interfaces(*factory);
  if (!NT_SUCCESS(registered)) {
    for (UNICODE_STRING& link : factory->links) RtlFreeUnicodeString(&link);
    return registered;
  }
  register_object(factory.get(), ObjectKind::kFactory);
  if (made != nullptr) *made = factory.get();
  device.factories.push_back(std::move(factory));
  return STATUS_SUCCESS;
}

Factory* find_factory(Device& device, std::u16string_view name) {
  Factory* wildcard = nullptr;
  for (const auto& factory : device.factories) {
    for (const CreateItem& item : factory->items) {
      if (matches(item, name)) return factory.get();
      if ((item.flags & KSCREATE_ITEM_WILDCARD) != 0 && wildcard == nullptr) wildcard = factory.get();
    }
  }
  return wildcard;
}

/// R-PNP-4: enables or disables the interfaces of the factory's categories.
void set_interfaces(Factory& factory, bool enable) {
  if (factory.enabled == enable) return;
  factory.enabled = enable;
  for (UNICODE_STRING& link : factory.links) IoSetDeviceInterfaceState(&link, enable);
}

void set_interfaces(Device& device, bool enable) {
  for (const auto& factory : device.factories) set_interfaces(*factory, enable);
}

void delete_factory(Factory* factory) {
  empty_bag(factory->bag);
  for (UNICODE_STRING& link : factory->links) RtlFreeUnicodeString(&link);
  unregister_object(factory);
  factory->device->factories.remove_if([factory](const auto& entry) { return entry.get() == factory; });
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

// R-PNP-5: the caller holds the device mutex. In or before PostStart the interfaces follow by themselves.
NTSTATUS NTAPI KsCreateFilterFactory(PDEVICE_OBJECT DeviceObject, const KSFILTER_DESCRIPTOR* Descriptor,
                                     PWSTR RefString, PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG CreateItemFlags,
                                     PFNKSFILTERFACTORYPOWER SleepCallback, PFNKSFILTERFACTORYPOWER WakeCallback,
                                     PKSFILTERFACTORY* FilterFactory) {
  UNREFERENCED_PARAMETER(SecurityDescriptor);
  require_passive("KsCreateFilterFactory");
  auto& device = *reinterpret_cast<ks::Device*>(KsGetDeviceForDeviceObject(DeviceObject));
  Factory* factory = nullptr;
  const NTSTATUS status = add_factory(device, Descriptor, RefString, CreateItemFlags, &factory);
  if (!NT_SUCCESS(status)) return status;
  factory->sleep = SleepCallback;
  factory->wake = WakeCallback;
  if (FilterFactory != nullptr) *FilterFactory = &factory->pub;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterFactoryAddCreateItem(PKSFILTERFACTORY FilterFactory, PWSTR RefString,
                                            PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG CreateItemFlags) {
  UNREFERENCED_PARAMETER(SecurityDescriptor);
  require_passive("KsFilterFactoryAddCreateItem");
  reinterpret_cast<Factory*>(FilterFactory)->items.push_back({text_of(RefString), CreateItemFlags});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsFilterFactorySetDeviceClassesState(PKSFILTERFACTORY FilterFactory, BOOLEAN NewState) {
  require_passive("KsFilterFactorySetDeviceClassesState");
  set_interfaces(*reinterpret_cast<Factory*>(FilterFactory), NewState != FALSE);
  return STATUS_SUCCESS;
}

PUNICODE_STRING NTAPI KsFilterFactoryGetSymbolicLink(PKSFILTERFACTORY FilterFactory) {
  require_passive("KsFilterFactoryGetSymbolicLink");
  auto& links = reinterpret_cast<Factory*>(FilterFactory)->links;
  return links.empty() ? nullptr : &links.front();
}

/// There is no cache of pins and media that somebody reads: the answer is all there is. PASSIVE_LEVEL.
/// STATUS_INVALID_PARAMETER: the factory has no device interface of a category of the descriptor.
NTSTATUS NTAPI KsFilterFactoryUpdateCacheData(PKSFILTERFACTORY FilterFactory,
                                              const KSFILTER_DESCRIPTOR* FilterDescriptor) {
  require_passive("KsFilterFactoryUpdateCacheData");
  const KSFILTER_DESCRIPTOR& own = *FilterFactory->FilterDescriptor;
  const KSFILTER_DESCRIPTOR& wanted = FilterDescriptor != nullptr ? *FilterDescriptor : own;
  for (ULONG i = 0; i < wanted.CategoriesCount; ++i) {
    bool registered = false;
    for (ULONG j = 0; j < own.CategoriesCount; ++j) {
      registered = registered || same(wanted.Categories[i], own.Categories[j]);
    }
    if (!registered) return STATUS_INVALID_PARAMETER;
  }
  return wanted.CategoriesCount != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// What KsDeleteFilterFactory expands to. STATUS_DEVICE_BUSY: filters are open.
NTSTATUS NTAPI KsFreeObjectCreateItemsByContext(KSDEVICE_HEADER Header, PVOID Context) {
  UNREFERENCED_PARAMETER(Header);
  require_passive("KsFreeObjectCreateItemsByContext");
  auto* factory = static_cast<Factory*>(Context);
  if (!factory->filters.empty()) return STATUS_DEVICE_BUSY;
  set_interfaces(*factory, false);
  delete_factory(factory);
  return STATUS_SUCCESS;
}

}  // extern "C"
