#include "tb/debug/gdb_command.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tb/run/become.h"
#include "tb/run/options.h"

namespace p2p::tb {

namespace fs = std::filesystem;

namespace {
/// Beside the program: PREFIX/bin/pin2pin has it in PREFIX/share/pin2pin.
fs::path commands_file(const fs::path& program) {
  fs::path file = program.parent_path().parent_path() / "share/pin2pin/pin2pin_gdb.py";
  if (!fs::exists(file)) throw UsageError(file.string() + ": not there; expected as a part of the installation");
  return file;
}
}  // namespace

void become_gdb(const std::vector<std::string>& arguments) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  std::vector<std::string> words{"gdb", "-q", "-x", commands_file(program).string(), "--args", program.string()};
  std::copy_if(arguments.begin(), arguments.end(), std::back_inserter(words),
               [](const std::string& word) { return word != "--gdb"; });
  become(std::move(words), "--gdb");
}

}  // namespace p2p::tb
