// What a driver may not leave behind when its image goes.
#pragma once

#include <string_view>

namespace p2p::ex {

/// While it lives the calling thread unloads the driver that holds `code`, its entry point.
class Unloading {
 public:
  explicit Unloading(const void* code);
  ~Unloading();
  Unloading(const Unloading&) = delete;
  Unloading& operator=(const Unloading&) = delete;
};
/// Is `module` (of module_of) being unloaded by another thread than the caller?
bool unloaded_by_another(const void* module);

/// The image of `driver` goes. What still needs it is a bug check: timers and DPCs (0xC7), and under the Verifier work
/// routines, system threads and lookaside lists (0xCE), locked pages (0xCB), pool (0xC4/0x62, or 0x60 if DriverEntry
/// failed). Nothing for a driver that is linked into the program.
void check_unloaded(const void* code, std::string_view driver);

}  // namespace p2p::ex
