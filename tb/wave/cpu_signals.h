// Each CPU in the waveform: IRQL, what it runs, and which function of a driver.
#pragma once

#include <functional>
#include <map>
#include <optional>
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
  /// A function's name from its first instruction; asked once for each, and only while there is a waveform.
  using Namer = std::function<std::string(const ntos::CallFrame&)>;
  CpuSignals(sim::WaveSignals& signals, unsigned cpus, Namer namer);

  void irql_is(unsigned cpu, unsigned irql) override;
  void thread_runs(unsigned cpu, std::uint64_t id, std::string_view name) override;
  void function_begins(unsigned cpu, ntos::Entry entry, const ntos::CallFrame& where) override;
  void function_ends(unsigned cpu) override;
  /// A waveform begins: shows what was not worth finding out before.
  void refresh();
  unsigned count() const { return static_cast<unsigned>(cpus_.size()); }

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Function {
    ntos::CallFrame first_instruction;
    std::optional<std::string> name;
  };
  struct Call {
    ntos::Entry entry;
    Function* function;
  };
  struct Cpu {
    Signal irql, context, function;
    std::uint64_t thread = 0;
    std::string thread_name = "idle";
    std::vector<Call> interrupts;  // ISRs and DPC routines, and what these have called; innermost last
  };
  Function& function_at(const ntos::CallFrame& where);
  const std::string& name_of(Function& function);
  std::vector<Call>& calls(Cpu& cpu);
  void show(Cpu& cpu);

  sim::WaveSignals& signals_;
  Namer namer_;
  std::vector<Cpu> cpus_;
  std::map<std::uint64_t, std::vector<Call>> threads_;  // by id; calls of threads, which may wait and move
  std::map<std::pair<std::string, std::uint64_t>, Function> functions_;
};

}  // namespace p2p::tb
