// Simulated threads of execution and simulated time, without SystemC's headers. fiber_systemc.cpp is the only file of
// sw/ntos that includes SystemC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace p2p::ntos {
struct ParkedContext;
}

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
/// fiber_self() returns `self` inside it. When `body` returns, the fiber and its stack are gone.
void fiber_spawn(const std::string& name, void* self, std::function<void()> body);
/// What the calling fiber was spawned with; nullptr outside fibers (other processes of the machine, sc_main).
void* fiber_self();

/// Blocks the calling fiber. Every wait is a point of no return once fiber_halt() was called.
void fiber_wait(FiberEvent& event);
/// As above, at most so long; true if the event came, false if the time ran out.
bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds);

/// Where the fiber that was spawned with `self` waits, for a debugger; nullptr if it does not wait. As long as it does.
const ntos::ParkedContext* fiber_parked(const void* self);

/// Never returns: what happens to a fiber after a bug check, or to a thread that ended itself deep in its stack.
[[noreturn]] void fiber_park();
/// From now on no fiber comes out of a wait: the machine has stopped.
void fiber_halt();
bool fibers_halted();

}  // namespace p2p::ke
