#include "tb/run/driver_module.h"

#include <dlfcn.h>

#include <filesystem>

#include "tb/run/options.h"

namespace p2p::tb {

void* load_driver_entry(const std::string& name, const std::string& program) {
  namespace fs = std::filesystem;
  fs::path path = name;
  if (name.find('/') == std::string::npos)
    path = fs::canonical(program).parent_path().parent_path() / "lib" / "drivers" / (name + ".so");
  if (!fs::exists(path))
    throw UsageError("--driver " + name + ": " + path.string() + " does not exist; expected a driver module");
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw UsageError("--driver " + name + ": " + dlerror());
  void* entry = dlsym(module, "DriverEntry");
  if (entry == nullptr) throw UsageError("--driver " + name + ": " + path.string() + " exports no DriverEntry");
  return entry;
}

}  // namespace p2p::tb
