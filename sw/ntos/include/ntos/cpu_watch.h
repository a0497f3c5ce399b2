// What the simulated CPUs do, told to whoever draws it. Plain C++, as kernel.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "ntos/kernel.h"

namespace p2p::ntos {

/// How a driver's code was entered.
enum class Entry { kDispatch, kCompletion, kCallback, kIsr, kDpc };

/// Every call comes at the simulated time of the change, from whoever caused it, and must not call the kernel.
class CpuWatch {
 public:
  virtual ~CpuWatch() = default;
  virtual void irql_is(unsigned cpu, unsigned irql) = 0;
  /// `cpu` runs this thread from now on. Idle threads have the id 0.
  virtual void thread_runs(unsigned cpu, std::uint64_t id, std::string_view name) = 0;
  /// A driver's function begins on `cpu`, called by what runs there or interrupting it; they end in turn, but on
  /// whatever CPU their thread is by then. `where`: its first instruction; without a module its symbol alone says what
  /// it is.
  virtual void function_begins(unsigned cpu, Entry entry, const CallFrame& where) = 0;
  virtual void function_ends(unsigned cpu) = 0;
};

/// Before the kernel boots: every CPU begins with its idle thread at PASSIVE_LEVEL. nullptr: nobody watches. `watch`
/// must outlive the run.
void set_cpu_watch(CpuWatch* watch);

}  // namespace p2p::ntos
