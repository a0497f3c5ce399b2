#include "tb/run/driver_module.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "tb/run/options.h"

namespace p2p::tb {

namespace fs = std::filesystem;

namespace {
/// In the order they are looked at, each once.
std::vector<fs::path> driver_folders(const std::string& program) {
  std::vector<fs::path> folders;
  const auto add = [&folders](const fs::path& folder) {
    const fs::path whole = fs::absolute(folder).lexically_normal();
    if (std::find(folders.begin(), folders.end(), whole) == folders.end()) folders.push_back(whole);
  };
  if (const char* path = std::getenv("PIN2PIN_DRIVER_PATH"); path != nullptr) {
    std::istringstream list(path);
    for (std::string folder; std::getline(list, folder, ':');) {
      if (!folder.empty()) add(folder);
    }
  }
  add(fs::path("lib") / "drivers");
  add(fs::path("build") / "lib" / "drivers");
  const fs::path prefix = fs::canonical(program).parent_path().parent_path();
  add(prefix / "lib" / "drivers");
  add(prefix / "lib" / "pin2pin" / "drivers");
  return folders;
}

fs::path find_module(const std::string& name, const std::string& program) {
  if (name.find('/') != std::string::npos) {
    if (fs::exists(name)) return name;
    throw UsageError("--driver " + name + ": does not exist; expected a driver module");
  }
  std::string looked;
  for (const fs::path& folder : driver_folders(program)) {
    if (fs::path file = folder / (name + ".so"); fs::exists(file)) return file;
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  throw UsageError("--driver " + name + ": no " + name + ".so in " + looked +
                   "; expected a driver that pin2pin_add_driver built, or a path");
}
}  // namespace

void* load_driver_entry(const std::string& name, const std::string& program) {
  const fs::path path = find_module(name, program);
  void* module = dlopen(fs::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw UsageError("--driver " + name + ": " + dlerror());
  void* entry = dlsym(module, "DriverEntry");
  if (entry == nullptr) throw UsageError("--driver " + name + ": " + path.string() + " exports no DriverEntry");
  return entry;
}

std::string driver_service_name(const std::string& name) {
  return name.find('/') == std::string::npos ? name : fs::path(name).stem().string();
}

}  // namespace p2p::tb
