// ntos/inspect.h: processors, threads, DPCs.
#include "ntos/inspect.h"

#include "sw/ntos/ddk.h"

#include <algorithm>

#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/fiber.h"
#include "sw/ntos/ke/wait_state.h"

namespace p2p::ntos {

namespace {
const char* kind_of(const DISPATCHER_HEADER& object) {
  switch (object.Type) {
    case 0:
    case 1:
      return "an event";
    case 2:
      return "a mutex";
    case 5:
      return "a semaphore";
    case 6:
      return "a thread";
    case 8:
    case 9:
      return "a timer";
    default:
      return "an object";
  }
}

std::string waits_for(const ke::Wait& wait) {
  if (wait.count == 0) return "waits";
  if (wait.count == 1) return std::string("waits for ") + kind_of(*wait.blocks[0].object);
  return "waits for " + std::string(wait.all ? "all of " : "one of ") + std::to_string(wait.count) + " objects";
}

std::string doing(const ke::Thread& thread) {
  if (thread.ended) return "has ended";
  if (thread.cpu != nullptr) return "runs on CPU " + std::to_string(thread.cpu->number);
  if (thread.ready) return "ready";
  return thread.wait != nullptr ? waits_for(*thread.wait) : "waits";
}

template <class Work>
void for_each_queued(const ke::Cpu& cpu, const Work& work) {
  for (const LIST_ENTRY* entry = cpu.dpc_queue.Flink; entry != &cpu.dpc_queue; entry = entry->Flink)
    work(*CONTAINING_RECORD(entry, KDPC, DpcListEntry));
}
}  // namespace

std::vector<CpuState> cpu_states() {
  std::vector<CpuState> states;
  for (unsigned i = 0; i < ke::scheduler().cpu_count(); ++i) {
    const ke::Cpu& cpu = ke::scheduler().cpu(i);
    CpuState& state = states.emplace_back();
    state.number = i;
    state.irql = cpu.irql;
    state.thread = cpu.current->name;
    state.routine = cpu.routine.kind == ke::Routine::kIsr ? "ISR" : cpu.routine.kind == ke::Routine::kDpc ? "DPC" : "";
    if (cpu.running_dpc != nullptr) state.running_dpc = ke::dpc_id(cpu.running_dpc);
    for_each_queued(cpu, [&state](const KDPC& dpc) { state.dpcs.push_back(ke::dpc_id(&dpc)); });
    state.locks = static_cast<unsigned>(cpu.locks.size());
    state.spins = cpu.spinning_on != nullptr;
  }
  return states;
}

std::vector<ThreadState> thread_states() {
  std::vector<ThreadState> states;
  for (const ke::Thread* thread : ke::all_threads()) {
    const unsigned irql = thread->cpu != nullptr ? static_cast<unsigned>(thread->cpu->irql) : thread->saved_irql;
    states.push_back({thread->id, thread->name, thread->priority, irql, doing(*thread), thread->current_irp});
  }
  return states;
}

std::vector<DpcState> dpc_states() {
  std::vector<DpcState> states;
  const auto add = [&states](const KDPC& dpc, unsigned cpu, bool running) {
    states.push_back(
        {ke::dpc_id(&dpc), cpu, running, ke::place_of(reinterpret_cast<std::uintptr_t>(dpc.DeferredRoutine))});
  };
  for (unsigned i = 0; i < ke::scheduler().cpu_count(); ++i) {
    const ke::Cpu& cpu = ke::scheduler().cpu(i);
    if (cpu.running_dpc != nullptr) add(*cpu.running_dpc, i, true);
    for_each_queued(cpu, [&](const KDPC& dpc) { add(dpc, i, false); });
  }
  std::stable_sort(states.begin(), states.end(), [](const DpcState& a, const DpcState& b) { return a.id < b.id; });
  return states;
}

const ParkedContext* parked_context(std::uint64_t thread) {
  for (const ke::Thread* candidate : ke::all_threads())
    if (candidate->id == thread && !candidate->ended) return ke::fiber_parked(candidate);
  return nullptr;
}

}  // namespace p2p::ntos
