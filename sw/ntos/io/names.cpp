// The object namespace: devices and symbolic links.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <map>

#include "sw/ntos/io/device.h"
#include "sw/ntos/io/names.h"

namespace p2p::io {

namespace {
std::map<std::u16string, PDEVICE_OBJECT> g_devices;  // keys in lower case
std::map<std::u16string, std::u16string> g_links;
}  // namespace

std::u16string lower(std::u16string_view text) {
  std::u16string out(text);
  for (char16_t& c : out) {
    if (c >= u'A' && c <= u'Z') c = static_cast<char16_t>(c + 32);
  }
  return out;
}

std::u16string to_u16(const UNICODE_STRING& text) {
  std::u16string out(text.Length / sizeof(WCHAR), u'\0');
  std::memcpy(out.data(), text.Buffer, text.Length);
  return out;
}

bool is_named(std::u16string_view name) { return g_devices.contains(lower(name)); }
void name_device(const std::u16string& name, PDEVICE_OBJECT device) { g_devices[lower(name)] = device; }

void forget_device(PDEVICE_OBJECT device) {
  std::erase_if(g_devices, [device](const auto& entry) { return entry.second == device; });
  forget_interfaces(device);
}

namespace {
/// Lower case, and the kernel's name for what drivers also call \\DosDevices.
std::u16string canonical(std::u16string_view path) {
  constexpr std::u16string_view kOld = u"\\dosdevices\\", kNew = u"\\??\\";
  std::u16string name = lower(path);
  if (name.compare(0, kOld.size(), kOld) == 0) name.replace(0, kOld.size(), kNew);
  return name;
}

/// The entry of the longest part of `name` that ends where a component does; how long that is.
template <class Map>
typename Map::const_iterator longest(const Map& map, const std::u16string& name, std::size_t* length) {
  for (std::size_t end = name.size(); end != 0 && end != std::u16string::npos; end = name.rfind(u'\\', end - 1)) {
    auto found = map.find(name.substr(0, end));
    *length = end;
    if (found != map.end()) return found;
  }
  return map.end();
}
}  // namespace

bool add_link(const std::u16string& link, const std::u16string& target) {
  return g_links.try_emplace(canonical(link), target).second;
}
bool remove_link(const std::u16string& link) { return g_links.erase(canonical(link)) != 0; }

PDEVICE_OBJECT resolve(std::u16string_view path, std::u16string* remainder) {
  if (PDEVICE_OBJECT device = interface_device(path, remainder); device != nullptr) return device;
  std::u16string name = canonical(path);
  std::size_t length = 0;
  constexpr unsigned kMostLinks = 32;  // a link that leads to itself names nothing
  unsigned links = 0;
  for (auto link = longest(g_links, name, &length); link != g_links.end(); link = longest(g_links, name, &length)) {
    if (++links > kMostLinks) return nullptr;
    name.replace(0, length, canonical(link->second));
  }
  auto device = longest(g_devices, name, &length);
  if (device == g_devices.end() || state_of(device->second).delete_pending) return nullptr;
  *remainder = path.substr(path.size() - (name.size() - length));  // as it was written
  return device->second;
}

}  // namespace p2p::io
