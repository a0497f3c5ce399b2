// What an FST file declares: its signals' names, widths, words for their values, handles.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace p2p::sim {

struct FstDeclarations {
  struct Signal {
    std::string path;  ///< scopes and name with dots between, without the range
    std::string name;  ///< as declared: "state_q [2:0]"
    unsigned bits = 0;
    std::uint32_t handle = 0;       ///< the same for each name of a signal
    std::uint64_t enumeration = 0;  ///< its number; 0: none
  };
  struct Enumeration {
    std::string name;
    std::vector<std::string> words, values;  ///< values as binary digits
  };
  std::vector<Signal> signals;
  std::map<std::uint64_t, Enumeration> enumerations;  ///< by number
};

/// Of a file that was closed, with values in it or none. Throws std::runtime_error with one line if it is no FST file.
FstDeclarations read_declarations(const std::string& file);

}  // namespace p2p::sim
