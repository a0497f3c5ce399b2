// Rules KsIrql...Callbacks, KsTimed...Callbacks and KsTimedPinSetDeviceState: how callbacks return.
#include "sw/ks/ddk.h"

#include "sw/ks/callback.h"

#include <string>

#include "ntos/ks_support.h"

namespace p2p::ks {

namespace {
/// Documented for callbacks; of changes of state Windows says "within the required time" and no more.
constexpr ULONGLONG kLimitMs = 500;

struct Rules {
  std::uint32_t irql_code;
  const char* irql_rule;
  std::uint32_t time_code;
  const char* time_rule;
};
constexpr Rules kRules[] = {
    {0x81006, "KsIrqlDeviceCallbacks", 0x82002, "KsTimedDeviceCallbacks"},
    {0x81007, "KsIrqlFilterCallbacks", 0x82003, "KsTimedFilterCallbacks"},
    {0x81008, "KsIrqlPinCallbacks", 0x82004, "KsTimedPinCallbacks"},
    {0x81008, "KsIrqlPinCallbacks", 0x82001, "KsTimedPinSetDeviceState"},
};
}  // namespace

CallbackWatch::CallbackWatch(CallbackOf object, const char* name)
    : object_(object),
      name_(name),
      irql_(KeGetCurrentIrql()),
      began_(KeQueryInterruptTime()),
      drawn_(ntos::callback_begins(name)) {}

CallbackWatch::~CallbackWatch() {
  if (drawn_) ntos::callback_ends();
}

void CallbackWatch::returned() const {
  const Rules& rules = kRules[static_cast<std::size_t>(object_)];
  const KIRQL irql = KeGetCurrentIrql();
  if (irql != irql_) {
    ntos::bug_check(
        0xC4, rules.irql_code, irql_, irql, 0, rules.irql_rule,
        std::string(name_) + " returned at IRQL " + std::to_string(irql) + ", called at " + std::to_string(irql_));
  }
  const ULONGLONG took = milliseconds_since(began_);
  if (took <= kLimitMs) return;
  violation(rules.time_code, took, kLimitMs, 0, rules.time_rule,
            std::string(name_) + " took " + std::to_string(took) + " ms, 500 at most are allowed");
}

}  // namespace p2p::ks
