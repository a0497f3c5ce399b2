// The kernel's side of ntos/cpu_watch.h: one look at a pointer while nobody watches.
#pragma once

#include "ntos/cpu_watch.h"

namespace p2p::ke {

inline ntos::CpuWatch* cpu_watch = nullptr;

/// While it lives, the caller's CPU runs a driver's function, whose code is at `code`.
class WatchedFunction {
 public:
  WatchedFunction(ntos::Entry entry, std::uint64_t code) : watched_(cpu_watch != nullptr) {
    if (watched_) [[unlikely]]
      begin(entry, code);
  }
  ~WatchedFunction() {
    if (watched_) [[unlikely]]
      end();
  }
  WatchedFunction(const WatchedFunction&) = delete;
  WatchedFunction& operator=(const WatchedFunction&) = delete;

 private:
  static void begin(ntos::Entry entry, std::uint64_t code);
  static void end();
  bool watched_;
};

}  // namespace p2p::ke
