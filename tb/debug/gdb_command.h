// `pin2pin run --gdb`: the same run, under gdb with the commands of pin2pin_gdb.py.
#pragma once

#include <string>
#include <vector>

namespace p2p::tb {

/// Becomes gdb, found on PATH, on this program with `arguments`, those after its name, without --gdb. Throws UsageError
/// if gdb or the file with the commands is not there.
[[noreturn]] void become_gdb(const std::vector<std::string>& arguments);

}  // namespace p2p::tb
