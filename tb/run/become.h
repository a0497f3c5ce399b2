// Another program in place of this one: GTKWave, gdb.
#pragma once

#include <string>
#include <vector>

namespace p2p::tb {

/// Runs `words`, the first found in PATH, in place of this process. Throws UsageError if that cannot be done: one line
/// that begins with `who` and names the package expected, which is called as the program.
[[noreturn]] void become(std::vector<std::string> words, const std::string& who);

}  // namespace p2p::tb
