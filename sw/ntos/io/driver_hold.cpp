#include "sw/ntos/ddk.h"

#include "sw/ntos/io/driver_hold.h"

#include <map>

namespace p2p::io {

namespace {
struct Holds {
  unsigned count = 0;
  PKEVENT none_left = nullptr;
};
std::map<PDRIVER_OBJECT, Holds>& holds() {
  static auto* const all = new std::map<PDRIVER_OBJECT, Holds>;  // looked up, never walked
  return *all;
}
}  // namespace

void hold_driver(PDRIVER_OBJECT driver) { ++holds()[driver].count; }

void release_driver(PDRIVER_OBJECT driver) {
  auto found = holds().find(driver);
  if (--found->second.count != 0) return;
  PKEVENT waiter = found->second.none_left;
  holds().erase(found);
  if (waiter != nullptr) KeSetEvent(waiter, 0, FALSE);
}

void wait_until_unloadable(PDRIVER_OBJECT driver) {
  auto found = holds().find(driver);
  if (found == holds().end()) return;
  KEVENT none_left;
  KeInitializeEvent(&none_left, NotificationEvent, FALSE);
  found->second.none_left = &none_left;
  KeWaitForSingleObject(&none_left, Executive, KernelMode, FALSE, nullptr);
}

}  // namespace p2p::io
