// The registry as a tree in memory: what the run's configuration says, and what drivers write on top. Nothing outlives
// the run. Names compare without case, as on Windows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::cm {

/// `type`: REG_SZ, REG_DWORD …; strings in `data` are UTF-16 with their terminator.
struct Value {
  std::u16string name;
  std::uint32_t type = 0;
  std::vector<std::uint8_t> data;
};

struct Key {
  std::u16string name;
  bool deleted = false;
  std::map<std::u16string, std::shared_ptr<Key>> keys;  // by folded name
  std::map<std::u16string, Value> values;               // by folded name
  Key* parent = nullptr;
};
using KeyPointer = std::shared_ptr<Key>;

std::u16string fold(std::u16string_view name);

/// \Registry, holding what KernelConfig::registry gives for absolute keys. Made at its first use in a run.
KeyPointer root();
/// A key below `from` by a path like `Services\vcapdrv`; nullptr if it is not there.
KeyPointer find(KeyPointer from, std::u16string_view path);
/// The same, made where missing. `created`: whether the last component was.
KeyPointer make(KeyPointer from, std::u16string_view path, bool* created = nullptr);
/// An absolute path from `\Registry`; nullptr for any other, or if it is not there.
KeyPointer find_absolute(std::u16string_view path);

/// nullptr if there is none. The empty name is the key's default value.
const Value* find_value(const Key& key, std::u16string_view name);
void set_value(Key& key, Value value);
bool delete_value(Key& key, std::u16string_view name);
/// False if the key has subkeys. Open handles then name a deleted key.
bool delete_key(Key& key);

/// `Services\<driver>` with what the configuration gives for "service"; made by loading the driver.
KeyPointer service_key(std::u16string_view driver);
/// Key of a PCI function's device: its hardware key with "device", or its driver's (software) key with "software".
KeyPointer device_key(unsigned function, bool software);

/// Absolute paths of what RTL_REGISTRY_SERVICES … stand for.
inline constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services";
inline constexpr std::u16string_view kControl = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control";
inline constexpr std::u16string_view kWindowsNt =
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion";
inline constexpr std::u16string_view kDeviceMap = u"\\Registry\\Machine\\Hardware\\DeviceMap";

}  // namespace p2p::cm
