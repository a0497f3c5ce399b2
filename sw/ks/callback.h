// Calls of a minidriver's callbacks, and Driver Verifier's rules about how they return. Needs sw/ks/ddk.h before it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sw/ks/objects.h"

namespace p2p::ks {

/// Whose rules a callback is measured by. Changes of state have one of their own.
enum class CallbackOf : std::uint8_t { kDevice, kFilter, kPin, kPinState };

/// Taken before the call, asked after it.
class CallbackWatch {
 public:
  CallbackWatch(CallbackOf object, const char* name);
  ~CallbackWatch();
  CallbackWatch(const CallbackWatch&) = delete;
  CallbackWatch& operator=(const CallbackWatch&) = delete;
  /// Bug check 0xC4 if the callback returned at another IRQL (0x81006 to 0x81008) or, with Driver Verifier on, after
  /// more than 500 ms (0x82001 to 0x82004).
  void returned() const;

 private:
  CallbackOf object_;
  const char* name_;
  KIRQL irql_;
  ULONGLONG began_;
  bool drawn_;  // somebody draws what the CPUs do
};

/// What `call` returns; `call` is a call of a minidriver's callback, `name` says which.
template <class Call>
auto call_driver(CallbackOf object, const char* name, const Call& call) {
  const CallbackWatch watch(object, name);
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    watch.returned();
  } else {
    const auto result = call();
    watch.returned();
    return result;
  }
}

/// Milliseconds of simulated time since `began`, a KeQueryInterruptTime.
inline ULONGLONG milliseconds_since(ULONGLONG began) { return (KeQueryInterruptTime() - began) / 10000; }

}  // namespace p2p::ks
