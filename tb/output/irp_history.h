// What happened to one IRP, out of events.jsonl.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace p2p::tb {

struct IrpEvent {
  std::uint64_t cycle = 0, ns = 0;
  std::string what;    ///< "ntos irp.call"
  std::string fields;  ///< "major=14"
};

/// Every event of the file that names the IRP, in order. Throws std::runtime_error if the file cannot be read.
std::vector<IrpEvent> irp_history(const std::string& events_file, std::uint64_t irp);

}  // namespace p2p::tb
