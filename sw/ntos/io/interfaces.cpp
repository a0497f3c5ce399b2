// Device interfaces: what a device offers, under a name made from the device and the class.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "sw/ntos/io/device.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
constexpr ULONG kTag = 0x666E4944;  // "DInf"

/// One value of an interface, under a DEVPROPKEY and a locale.
struct Property {
  DEVPROPKEY key;
  LCID locale;
  DEVPROPTYPE type;
  std::vector<UCHAR> data;
};

struct Interface {
  GUID interface_class;
  PDEVICE_OBJECT device;
  std::u16string link;       // "\\??\\PCI#…#{class}"
  std::u16string reference;  // reference string, may be empty
  bool enabled = false;
  std::vector<Property> properties{};
  std::u16string full() const { return reference.empty() ? link : link + u"\\" + reference; }
};
std::vector<Interface> g_interfaces;
unsigned g_next_device = 1;
std::map<PDEVICE_OBJECT, unsigned> g_device_numbers;

bool same_class(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

std::u16string link_of(unsigned device_number, const GUID& guid) {
  char text[96];
  std::snprintf(text, sizeof text, "\\??\\PCI#DEV_%04u#{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                device_number, static_cast<unsigned>(guid.Data1), guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1],
                guid.Data4[2], guid.Data4[3], guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]);
  std::u16string link;
  for (const char* c = text; *c != 0; ++c) link += static_cast<char16_t>(*c);
  return link;
}

/// A copy in paged pool with `zeros` terminating characters; nullptr without memory.
PWSTR to_pool(const std::u16string& text, std::size_t zeros) {
  const std::size_t bytes = (text.size() + zeros) * sizeof(WCHAR);
  auto* copy = static_cast<PWSTR>(ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag));
  // ExAllocatePool2 gives zeros.
  if (copy != nullptr) std::copy(text.begin(), text.end(), reinterpret_cast<char16_t*>(copy));
  return copy;
}

Interface* interface_of(const UNICODE_STRING& link) {
  const std::u16string name = lower(to_u16(link));
  for (Interface& entry : g_interfaces) {
    if (lower(entry.full()) == name) return &entry;
  }
  return nullptr;
}

bool names(const Property& property, const DEVPROPKEY& key, LCID locale) {
  return same_class(property.key.fmtid, key.fmtid) && property.key.pid == key.pid && property.locale == locale;
}
}  // namespace

PDEVICE_OBJECT interface_device(std::u16string_view path, std::u16string* remainder) {
  for (const Interface& entry : g_interfaces) {
    if (!entry.enabled || lower(path.substr(0, entry.link.size())) != lower(entry.link)) continue;
    *remainder = path.substr(entry.link.size());
    return entry.device;
  }
  return nullptr;
}

void forget_interfaces(PDEVICE_OBJECT device) {
  std::erase_if(g_interfaces, [device](const Interface& entry) { return entry.device == device; });
  g_device_numbers.erase(device);
}

std::vector<std::u16string> enabled_interfaces(const GUID& interface_class) {
  std::vector<std::u16string> links;
  for (const Interface& entry : g_interfaces) {
    if (entry.enabled && same_class(entry.interface_class, interface_class)) links.push_back(entry.full());
  }
  return links;
}

}  // namespace p2p::io

using namespace p2p;
using namespace p2p::io;

extern "C" {

// STATUS_OBJECT_NAME_EXISTS, a success, if it is registered already; the name is given either way.
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, CONST GUID* InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName) {
  const bool physical =
      ob::is_object(PhysicalDeviceObject, ob::Kind::kDevice) && state_of(PhysicalDeviceObject).attached_to == nullptr;
  verify(physical, 0x24D, value_of(__builtin_return_address(0)), 0, value_of(PhysicalDeviceObject),
         "IoRegisterDeviceInterface", "IoRegisterDeviceInterface of a device that is no PDO");
  auto [number, fresh] = g_device_numbers.try_emplace(PhysicalDeviceObject, g_next_device);
  if (fresh) ++g_next_device;
  Interface entry{*InterfaceClassGuid, PhysicalDeviceObject, link_of(number->second, *InterfaceClassGuid),
                  ReferenceString != nullptr ? to_u16(*ReferenceString) : std::u16string()};
  const std::u16string full = entry.full();
  PWSTR buffer = to_pool(full, 1);
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const bool known =
      std::any_of(g_interfaces.begin(), g_interfaces.end(), [&](const Interface& i) { return i.full() == full; });
  if (!known) g_interfaces.push_back(std::move(entry));
  SymbolicLinkName->Buffer = buffer;
  SymbolicLinkName->Length = static_cast<USHORT>(full.size() * sizeof(WCHAR));
  SymbolicLinkName->MaximumLength = static_cast<USHORT>(SymbolicLinkName->Length + sizeof(WCHAR));
  return known ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

// STATUS_OBJECT_NAME_EXISTS if enabled already, STATUS_OBJECT_NAME_NOT_FOUND if disabled already or unknown.
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
  const std::u16string name = lower(to_u16(*SymbolicLinkName));
  for (Interface& entry : g_interfaces) {
    if (lower(entry.full()) != name) continue;
    const bool enable = Enable != FALSE;
    if (entry.enabled == enable) return enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    entry.enabled = enable;
    return STATUS_SUCCESS;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

// A list of zero-terminated names with one more zero at its end, for the caller to free; of one device if given.
NTSTATUS NTAPI IoGetDeviceInterfaces(CONST GUID* InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                                     PWSTR* SymbolicLinkList) {
  std::u16string list;
  for (const Interface& entry : g_interfaces) {
    if (!same_class(entry.interface_class, *InterfaceClassGuid)) continue;
    if (PhysicalDeviceObject != nullptr && entry.device != PhysicalDeviceObject) continue;
    if (!entry.enabled && (Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE) == 0) continue;
    list += entry.full();
    list += u'\0';
  }
  *SymbolicLinkList = to_pool(list, 1);
  return *SymbolicLinkList != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// A value without data is removed. STATUS_OBJECT_NAME_NOT_FOUND: no such interface, or nothing to remove.
// STATUS_INVALID_PARAMETER: a size without data.
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY* PropertyKey,
                                                LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data) {
  UNREFERENCED_PARAMETER(Flags);  // PLUGPLAY_PROPERTY_PERSISTENT: nothing outlives a run
  Interface* entry = interface_of(*SymbolicLinkName);
  if (entry == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (Data == nullptr && Size != 0) return STATUS_INVALID_PARAMETER;
  const std::size_t removed =
      std::erase_if(entry->properties, [&](const Property& property) { return names(property, *PropertyKey, Lcid); });
  if (Data == nullptr || Type == DEVPROP_TYPE_EMPTY)
    return removed != 0 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
  const auto* bytes = static_cast<const UCHAR*>(Data);
  entry->properties.push_back({*PropertyKey, Lcid, Type, std::vector<UCHAR>(bytes, bytes + Size)});
  return STATUS_SUCCESS;
}

// STATUS_OBJECT_NAME_NOT_FOUND: no such interface or value; STATUS_BUFFER_TOO_SMALL: *RequiredSize says how much.
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY* PropertyKey,
                                                LCID Lcid, ULONG Flags, ULONG Size, PVOID Data, PULONG RequiredSize,
                                                PDEVPROPTYPE Type) {
  UNREFERENCED_PARAMETER(Flags);  // reserved
  const Interface* entry = interface_of(*SymbolicLinkName);
  if (entry == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  for (const Property& property : entry->properties) {
    if (!names(property, *PropertyKey, Lcid)) continue;
    *RequiredSize = static_cast<ULONG>(property.data.size());
    *Type = property.type;
    if (Size < property.data.size()) return STATUS_BUFFER_TOO_SMALL;
    if (!property.data.empty()) std::memcpy(Data, property.data.data(), property.data.size());
    return STATUS_SUCCESS;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

}  // extern "C"
