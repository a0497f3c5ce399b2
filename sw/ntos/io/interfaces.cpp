// Device interfaces: what a device offers, under a name made from the device and the class.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/irql.h"

namespace p2p::io {

namespace {
constexpr ULONG kTag = 0x666E4944;  // "DInf"

struct Interface {
  GUID interface_class;
  PDEVICE_OBJECT device;
  std::u16string link;       // "\\??\\PCI#…#{class}"
  std::u16string reference;  // reference string, may be empty
  bool enabled = false;
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

}  // extern "C"
