#include "tb/output/live_view.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "live_view_script.h"
#include "tb/run/options.h"

namespace p2p::tb {

namespace {
constexpr const char* kProgram = "gtkwave";
constexpr const char* kPeriodMs = "500";

bool installed() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + kProgram).c_str(), X_OK) == 0) return true;
  return false;
}

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != 0;
}

[[noreturn]] void fail(int error) {
  throw std::runtime_error(std::string("--live: cannot start ") + kProgram + ": " + std::strerror(error));
}

/// A file that has no name, for the one process that is handed it.
int script_file() {
  const std::string_view script = kLiveViewScript;
  const int file = memfd_create("live_view.tcl", 0);
  if (file < 0 || write(file, script.data(), script.size()) != static_cast<ssize_t>(script.size())) fail(errno);
  return file;
}
}  // namespace

void check_display(const std::string& what) {
  if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))
    throw UsageError(what + ": nothing to show a window on; expected DISPLAY or WAYLAND_DISPLAY to be set");
}

void check_live_view() {
  if (!installed())
    throw UsageError("--live: gtkwave is not in PATH; expected the package " + std::string(kProgram) +
                     " to be installed");
  check_display("--live");
}

void open_live_view(const std::string& folder) {
  const int file = script_file();
  const std::string script = "/proc/self/fd/" + std::to_string(file);
  std::string words[] = {kProgram, "trace.fst", "trace.gtkw", "--repscript", script, "--repperiod", kPeriodMs};
  char* arguments[std::size(words) + 1] = {};
  for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // Ctrl-C ends the run, not the view
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
  pid_t process = 0;
  const int error = posix_spawnp(&process, kProgram, &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(file);
  if (error != 0) fail(error);
}

}  // namespace p2p::tb
