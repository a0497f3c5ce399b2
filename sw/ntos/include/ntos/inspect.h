// What the simulated kernel holds at this moment, for people: a debugger asks while the process stands still, a report
// at the end of a run. Reads only. Lists are in the order of ids.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ntos/kernel.h"

namespace p2p::ntos {

struct CpuState {
  unsigned number = 0, irql = 0;
  std::string thread;               ///< whose context it is; "idle0" if none has it
  std::string routine;              ///< "ISR", "DPC", or empty
  std::uint64_t running_dpc = 0;    ///< id, as in events; 0: none
  std::vector<std::uint64_t> dpcs;  ///< that wait in its queue, first to run first
  unsigned locks = 0;               ///< spin locks it holds
  bool spins = false;               ///< it waits for another one
};

struct ThreadState {
  std::uint64_t id = 0;
  std::string name;
  int priority = 0;
  unsigned irql = 0;
  std::string doing;      ///< "runs on CPU 0", "ready", "waits for an event", "has ended"
  std::uint64_t irp = 0;  ///< of a dispatch or completion routine on its stack; 0: none
};

struct DpcState {
  std::uint64_t id = 0;
  unsigned cpu = 0;
  bool running = false;  ///< else it waits
  CallFrame routine;
};

struct IrpState {
  std::uint64_t id = 0;
  std::string driver;       ///< who has it
  std::string description;  ///< one line: what it is, where it is, how it got there
  bool in_flight = false;   ///< sent, and not back with whoever sent it
};

std::vector<CpuState> cpu_states();
std::vector<ThreadState> thread_states();
std::vector<DpcState> dpc_states();
/// Those that live, without those in drivers' own memory.
std::vector<IrpState> irp_states();

/// Where a thread that does not execute an instruction now will go on: the registers that a debugger needs to walk its
/// stack. x86-64, System V.
struct ParkedContext {
  std::uint64_t rip = 0, rsp = 0, rbp = 0, rbx = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
};
/// nullptr for the thread that executes, or if there is no such thread or it has ended.
const ParkedContext* parked_context(std::uint64_t thread);

}  // namespace p2p::ntos
