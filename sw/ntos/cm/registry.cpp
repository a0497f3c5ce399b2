#include "sw/ntos/ddk.h"

#include "sw/ntos/cm/registry.h"

#include <algorithm>
#include <set>

#include "sw/ntos/ke/machine.h"

namespace p2p::cm {

namespace {
constexpr std::u16string_view kRegistry = u"\\Registry";

struct Registry {
  const Hardware* hardware = nullptr;  // of the run it belongs to
  KeyPointer root;
  std::set<std::u16string> configured;  // keys that have got what the configuration gives
};
Registry& registry() {
  static auto* const tree = new Registry;
  return *tree;
}

std::u16string wide(std::string_view text) { return {text.begin(), text.end()}; }

template <class T>
void append(std::vector<std::uint8_t>& bytes, const T* from, std::size_t count) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(from);
  bytes.insert(bytes.end(), begin, begin + count * sizeof(T));
}

Value value_from(const ntos::RegistryValue& from) {
  Value value;
  value.name = wide(from.name);
  if (const auto* number = std::get_if<std::uint32_t>(&from.data)) {
    value.type = REG_DWORD;
    append(value.data, number, 1);
  } else if (const auto* big = std::get_if<std::uint64_t>(&from.data)) {
    value.type = REG_QWORD;
    append(value.data, big, 1);
  } else if (const auto* text = std::get_if<std::string>(&from.data)) {
    value.type = REG_SZ;
    const std::u16string string = wide(*text);
    append(value.data, string.c_str(), string.size() + 1);
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&from.data)) {
    value.type = REG_MULTI_SZ;
    for (const std::string& one : *texts) {
      const std::u16string string = wide(one);
      append(value.data, string.c_str(), string.size() + 1);
    }
    append(value.data, u"", 1);
  } else {
    value.type = REG_BINARY;
    value.data = std::get<std::vector<std::uint8_t>>(from.data);
  }
  return value;
}

/// Values of the configuration whose key is `name`, or lies below it, go below `key`; once.
void configure(const KeyPointer& key, std::string_view name) {
  for (const ntos::RegistryValue& value : ke::state().config.registry) {
    const std::u16string path = wide(value.key);
    const std::u16string prefix = fold(wide(name));
    if (fold(path).compare(0, prefix.size(), prefix) != 0) continue;
    if (path.size() != prefix.size() && path[prefix.size()] != u'\\') continue;
    set_value(*make(key, std::u16string_view(path).substr(prefix.size())), value_from(value));
  }
}
}  // namespace

std::u16string fold(std::u16string_view name) {
  std::u16string folded(name);
  for (char16_t& c : folded) c = static_cast<char16_t>(RtlUpcaseUnicodeChar(static_cast<WCHAR>(c)));
  return folded;
}

KeyPointer root() {
  Registry& r = registry();
  if (r.root == nullptr || r.hardware != ke::state().hardware) {
    r = {ke::state().hardware, std::make_shared<Key>(), {}};
    r.root->name = u"REGISTRY";
    configure(r.root, "\\Registry");
  }
  return r.root;
}

KeyPointer make(KeyPointer from, std::u16string_view path, bool* created) {
  bool is_new = false;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(u'\\'), path.size());
    const std::u16string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name.empty()) continue;
    KeyPointer& child = from->keys[fold(name)];
    is_new = child == nullptr;
    if (is_new) {
      child = std::make_shared<Key>();
      child->name = name;
      child->parent = from.get();
    }
    from = child;
  }
  if (created != nullptr) *created = is_new;
  return from;
}

KeyPointer find(KeyPointer from, std::u16string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(u'\\'), path.size());
    const std::u16string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name.empty()) continue;
    const auto child = from->keys.find(fold(name));
    if (child == from->keys.end()) return nullptr;
    from = child->second;
  }
  return from;
}

KeyPointer find_absolute(std::u16string_view path) {
  if (fold(path.substr(0, kRegistry.size())) != fold(kRegistry)) return nullptr;
  path.remove_prefix(kRegistry.size());
  if (!path.empty() && path.front() != u'\\') return nullptr;
  return find(root(), path);
}

const Value* find_value(const Key& key, std::u16string_view name) {
  const auto found = key.values.find(fold(name));
  return found == key.values.end() ? nullptr : &found->second;
}

void set_value(Key& key, Value value) { key.values[fold(value.name)] = std::move(value); }

bool delete_value(Key& key, std::u16string_view name) { return key.values.erase(fold(name)) != 0; }

bool delete_key(Key& key) {
  if (!key.keys.empty()) return false;
  key.deleted = true;
  if (key.parent != nullptr) key.parent->keys.erase(fold(key.name));
  return true;
}

KeyPointer service_key(std::u16string_view driver) {
  const std::u16string path = std::u16string(kServices.substr(kRegistry.size())) + u'\\' + std::u16string(driver);
  KeyPointer key = make(root(), path);
  if (registry().configured.insert(fold(path)).second) configure(key, "service");
  return key;
}

KeyPointer device_key(unsigned function, bool software) {
  const std::u16string number = wide(std::to_string(function));
  const std::u16string path =
      software
          ? u"Machine\\System\\CurrentControlSet\\Control\\Class\\{6994AD05-93EF-11D0-A3CC-00A0C9223196}\\" + number
          : u"Machine\\System\\CurrentControlSet\\Enum\\PCI\\" + number + u"\\Device Parameters";
  KeyPointer key = make(root(), path);
  if (registry().configured.insert(fold(path)).second) configure(key, software ? "software" : "device");
  return key;
}

}  // namespace p2p::cm
