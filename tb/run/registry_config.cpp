#include "tb/run/registry_config.h"

#include <cstdint>
#include <limits>

#include "tb/run/options.h"

namespace p2p::tb {

namespace {
[[noreturn]] void refuse(const std::string& file, const std::string& key, const char* why) {
  throw UsageError(file + ": registry." + key + ": " + why);
}

ntos::RegistryValue list_value(const std::string& file, const std::string& where, const toml::array& list) {
  ntos::RegistryValue value;
  if (!list.empty() && list.front().is_string()) {
    std::vector<std::string> texts;
    for (const toml::node& item : list) {
      if (!item.is_string()) refuse(file, where, "expected strings only");
      texts.push_back(item.as_string()->get());
    }
    value.data = std::move(texts);
    return value;
  }
  std::vector<std::uint8_t> bytes;
  for (const toml::node& item : list) {
    if (!item.is_integer() || item.as_integer()->get() < 0 || item.as_integer()->get() > 255) {
      refuse(file, where, "expected strings, or bytes from 0 to 255");
    }
    bytes.push_back(static_cast<std::uint8_t>(item.as_integer()->get()));
  }
  value.data = std::move(bytes);
  return value;
}

ntos::RegistryValue value_of(const std::string& file, const std::string& where, const toml::node& node) {
  ntos::RegistryValue value;
  if (const auto* number = node.as_integer()) {
    const std::int64_t n = number->get();
    if (n < std::numeric_limits<std::int32_t>::min() || n > std::numeric_limits<std::uint32_t>::max()) {
      value.data = static_cast<std::uint64_t>(n);
    } else {
      value.data = static_cast<std::uint32_t>(n);
    }
  } else if (const auto* text = node.as_string()) {
    value.data = text->get();
  } else if (const auto* flag = node.as_boolean()) {
    value.data = flag->get() ? std::uint32_t{1} : std::uint32_t{0};
  } else if (const auto* list = node.as_array()) {
    value = list_value(file, where, *list);
  } else {
    refuse(file, where, "expected an integer, a string, a boolean or a list");
  }
  return value;
}

void collect(const std::string& file, const std::string& key, const toml::table& table,
             std::vector<ntos::RegistryValue>& values) {
  for (const auto& [name, node] : table) {
    const std::string text(name.str());
    if (const toml::table* below = node.as_table()) {
      std::string subkey = key;
      subkey += '\\';
      subkey += text;
      collect(file, subkey, *below, values);
      continue;
    }
    std::string where = key;
    where += '.';
    where += text;
    ntos::RegistryValue value = value_of(file, where, node);
    value.key = key;
    value.name = text;
    values.push_back(std::move(value));
  }
}
}  // namespace

std::vector<ntos::RegistryValue> registry_values(const std::string& file, const toml::table& section) {
  std::vector<ntos::RegistryValue> values;
  for (const auto& [key, node] : section) {
    const std::string name(key.str());
    const toml::table* table = node.as_table();
    const bool known =
        name == "service" || name == "device" || name == "software" || name.rfind("\\Registry\\", 0) == 0;
    if (table == nullptr || !known) {
      refuse(file, name, "expected a section service, device, software or '\\Registry\\…'");
    }
    collect(file, name, *table, values);
  }
  return values;
}

}  // namespace p2p::tb
