// Simulated threads of execution and simulated time, without SystemC's headers. fiber_systemc.cpp is the only file of
// sw/ntos that includes SystemC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace p2p::ke {

/// Wakes fibers that wait on it in the next delta cycle. Not a counter: waiting code always re-examines its condition.
class FiberEvent {
 public:
  FiberEvent();
  ~FiberEvent();
  FiberEvent(const FiberEvent&) = delete;
  FiberEvent& operator=(const FiberEvent&) = delete;
  void notify();

 private:
  friend void fiber_wait(FiberEvent& event);
  friend bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Starts `body` in a process of its own, at the current simulated time (at time 0 before the simulation starts).
void fiber_spawn(const std::string& name, std::function<void()> body);
/// Blocks the calling fiber.
void fiber_wait(FiberEvent& event);
/// As above, at most so long; true if the event came, false if the time ran out.
bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds);
void fiber_wait_ps(std::uint64_t picoseconds);
/// Never returns: what happens to a fiber after a bug check.
[[noreturn]] void fiber_park();
/// Is the caller inside a simulated process at all?
bool in_fiber();

}  // namespace p2p::ke
