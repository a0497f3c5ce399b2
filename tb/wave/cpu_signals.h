// Each CPU in the waveform: IRQL, what it runs, and which function of a driver.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ntos/cpu_watch.h"
#include "sim/wave_signals.h"

namespace p2p::tb {

/// sw.cpuN.irql: "PASSIVE", "APC", "DISPATCH", "DIRQL 9". sw.cpuN.context: "idle", the thread's name, "ISR", "DPC".
/// sw.cpuN.function: the innermost function of a driver that was called there and has not returned, empty if none.
class CpuSignals final : public ntos::CpuWatch {
 public:
  /// A function's name from its first instruction; asked once for each.
  using Namer = std::function<std::string(const ntos::CallFrame&)>;
  CpuSignals(sim::WaveSignals& signals, unsigned cpus, Namer namer);

  void irql_is(unsigned cpu, unsigned irql) override;
  void thread_runs(unsigned cpu, std::uint64_t id, std::string_view name) override;
  void function_begins(unsigned cpu, ntos::Entry entry, const ntos::CallFrame& where) override;
  void function_ends(unsigned cpu) override;
  unsigned count() const { return static_cast<unsigned>(cpus_.size()); }

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Call {
    ntos::Entry entry;
    const std::string* function;
  };
  struct Cpu {
    Signal irql, context, function;
    std::uint64_t thread = 0;
    std::string thread_name = "idle";
    std::vector<Call> interrupts;  // ISRs and DPC routines, and what these have called; innermost last
  };
  const std::string& name_of(const ntos::CallFrame& where);
  std::vector<Call>& calls(Cpu& cpu);
  void show(Cpu& cpu);

  sim::WaveSignals& signals_;
  Namer namer_;
  std::vector<Cpu> cpus_;
  std::map<std::uint64_t, std::vector<Call>> threads_;  // by id; calls of threads, which may wait and move
  std::map<std::pair<std::string, std::uint64_t>, std::string> names_;
};

}  // namespace p2p::tb
