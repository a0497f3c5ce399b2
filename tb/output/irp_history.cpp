#include "tb/output/irp_history.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

namespace p2p::tb {

std::vector<IrpEvent> irp_history(const std::string& events_file, std::uint64_t irp) {
  std::ifstream file(events_file);
  if (!file) throw std::runtime_error(events_file + ": cannot be read");
  std::vector<IrpEvent> history;
  const std::string mark = "\"irp\":" + std::to_string(irp);  // most lines are of others: look before parsing
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(mark);
    if (at == std::string::npos || (line[at + mark.size()] != ',' && line[at + mark.size()] != '}')) continue;
    const auto event = nlohmann::ordered_json::parse(line);
    IrpEvent entry{event["cycle"], event["ns"], event["src"].get<std::string>() + " " + event["ev"].get<std::string>(),
                   ""};
    for (const auto& [name, value] : event.items()) {
      if (name == "cycle" || name == "ns" || name == "src" || name == "ev" || name == "irp") continue;
      if (!entry.fields.empty()) entry.fields += ' ';
      entry.fields += name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    history.push_back(std::move(entry));
  }
  return history;
}

}  // namespace p2p::tb
