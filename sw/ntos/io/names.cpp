#include "sw/ntos/ddk.h"

#include <cstdio>
#include <cstring>
#include <map>

#include "sw/ntos/io/names.h"

namespace p2p::io {

namespace {
struct Interface {
  GUID interface_class;
  PDEVICE_OBJECT device;
  std::u16string link;       // "\\??\\PCI#…#{class}"
  std::u16string reference;  // reference string, may be empty
  bool enabled = false;
};
std::map<std::u16string, PDEVICE_OBJECT> g_devices;  // keys in lower case
std::map<std::u16string, std::u16string> g_links;
std::vector<Interface> g_interfaces;
unsigned g_next_device = 1;
std::map<PDEVICE_OBJECT, unsigned> g_device_numbers;

std::u16string lower(std::u16string_view text) {
  std::u16string out(text);
  for (char16_t& c : out) {
    if (c >= u'A' && c <= u'Z') c = static_cast<char16_t>(c + 32);
  }
  return out;
}

std::u16string ascii(const char* text) {
  std::u16string out;
  while (*text != 0) out += static_cast<char16_t>(*text++);
  return out;
}
}  // namespace

void reset_names() {
  g_devices.clear();
  g_links.clear();
  g_interfaces.clear();
  g_device_numbers.clear();
  g_next_device = 1;
}

std::u16string to_u16(const UNICODE_STRING& text) {
  std::u16string out(text.Length / sizeof(WCHAR), u'\0');
  std::memcpy(out.data(), text.Buffer, text.Length);
  return out;
}

void name_device(std::u16string name, PDEVICE_OBJECT device) { g_devices[lower(name)] = device; }

void forget_device(PDEVICE_OBJECT device) {
  std::erase_if(g_devices, [device](const auto& entry) { return entry.second == device; });
  std::erase_if(g_interfaces, [device](const Interface& entry) { return entry.device == device; });
  g_device_numbers.erase(device);
}

bool add_link(std::u16string link, std::u16string target) {
  return g_links.try_emplace(lower(link), std::move(target)).second;
}
bool remove_link(const std::u16string& link) { return g_links.erase(lower(link)) != 0; }

PDEVICE_OBJECT resolve(std::u16string_view path, std::u16string* remainder) {
  for (const Interface& entry : g_interfaces) {
    if (!entry.enabled || lower(path.substr(0, entry.link.size())) != lower(entry.link)) continue;
    *remainder = path.substr(entry.link.size());
    return entry.device;
  }
  std::u16string name = lower(path);
  if (auto link = g_links.find(name); link != g_links.end()) name = lower(link->second);
  if (auto device = g_devices.find(name); device != g_devices.end()) {
    remainder->clear();
    return device->second;
  }
  return nullptr;
}

std::vector<std::u16string> enabled_interfaces(const GUID& interface_class) {
  std::vector<std::u16string> links;
  for (const Interface& entry : g_interfaces) {
    if (!entry.enabled || std::memcmp(&entry.interface_class, &interface_class, sizeof(GUID)) != 0) continue;
    links.push_back(entry.reference.empty() ? entry.link : entry.link + u"\\" + entry.reference);
  }
  return links;
}

NTSTATUS register_interface(PDEVICE_OBJECT device, const GUID& guid, const UNICODE_STRING* reference,
                            PUNICODE_STRING link) {
  auto [number, fresh] = g_device_numbers.try_emplace(device, g_next_device);
  if (fresh) ++g_next_device;
  char text[96];
  std::snprintf(text, sizeof text, "\\??\\PCI#DEV_%04u#{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                number->second, static_cast<unsigned>(guid.Data1), guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1],
                guid.Data4[2], guid.Data4[3], guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]);
  Interface entry{guid, device, ascii(text), reference != nullptr ? to_u16(*reference) : std::u16string(), false};
  const std::u16string full = entry.reference.empty() ? entry.link : entry.link + u"\\" + entry.reference;
  bool known = false;
  for (const Interface& other : g_interfaces)
    known = known || (other.link == entry.link && other.reference == entry.reference);
  if (!known) g_interfaces.push_back(std::move(entry));
  const std::size_t bytes = full.size() * sizeof(WCHAR);
  auto* buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), 0x666E4944));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, full.data(), bytes);
  buffer[full.size()] = 0;
  link->Buffer = buffer;
  link->Length = static_cast<USHORT>(bytes);
  link->MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
  return known ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

NTSTATUS enable_interface(const std::u16string& full, bool enable) {
  for (Interface& entry : g_interfaces) {
    const std::u16string name = entry.reference.empty() ? entry.link : entry.link + u"\\" + entry.reference;
    if (lower(name) != lower(full)) continue;
    if (entry.enabled == enable) return enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    entry.enabled = enable;
    return STATUS_SUCCESS;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

}  // namespace p2p::io

extern "C" {

NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, CONST GUID* InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName) {
  return p2p::io::register_interface(PhysicalDeviceObject, *InterfaceClassGuid, ReferenceString, SymbolicLinkName);
}

NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
  return p2p::io::enable_interface(p2p::io::to_u16(*SymbolicLinkName), Enable != FALSE);
}

}  // extern "C"
