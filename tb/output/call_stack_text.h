// A bug check's call stack for people: function, file and line.
#pragma once

#include <string>
#include <vector>

#include "ntos/kernel.h"

namespace p2p::tb {

struct CallSite {
  std::string module;    ///< file name without its folder
  std::string function;  ///< "??" if nobody knows
  std::string location;  ///< "file:line", empty without debug information
  bool driver = false;   ///< not the program, nor a library of the system
};

/// `program`: the path of this program, whose frames are the kernel's. Asks addr2line, where installed, for lines.
std::vector<CallSite> call_sites(const std::vector<ntos::CallFrame>& stack, const std::string& program);

}  // namespace p2p::tb
