#include "tb/wave/cpu_signals.h"

#include <algorithm>

namespace p2p::tb {

namespace {
std::string irql_words(unsigned irql) {
  switch (irql) {
    case 0:
      return "PASSIVE";
    case 1:
      return "APC";
    case 2:
      return "DISPATCH";
    case 15:
      return "HIGH";
    default:
      return "DIRQL " + std::to_string(irql);
  }
}
bool interrupts(ntos::Entry entry) { return entry == ntos::Entry::kIsr || entry == ntos::Entry::kDpc; }
}  // namespace

CpuSignals::CpuSignals(sim::WaveSignals& signals, unsigned cpus, Namer namer)
    : signals_(signals), namer_(std::move(namer)) {
  for (unsigned i = 0; i < cpus; ++i) {
    const std::string scope = "sw.cpu" + std::to_string(i) + ".";
    Cpu& cpu = cpus_.emplace_back();
    cpu.irql = signals.add_words(scope + "irql");
    cpu.context = signals.add_words(scope + "context");
    cpu.function = signals.add_words(scope + "function");
    signals.set(cpu.irql, irql_words(0));
    show(cpu);
  }
}

void CpuSignals::irql_is(unsigned cpu, unsigned irql) { signals_.set(cpus_.at(cpu).irql, irql_words(irql)); }

void CpuSignals::thread_runs(unsigned cpu, std::uint64_t id, std::string_view name) {
  Cpu& on = cpus_.at(cpu);
  on.thread = id;
  on.thread_name = id == 0 ? "idle" : name;
  show(on);
}

void CpuSignals::function_begins(unsigned cpu, ntos::Entry entry, const ntos::CallFrame& where) {
  Cpu& on = cpus_.at(cpu);
  (interrupts(entry) ? on.interrupts : calls(on)).push_back({entry, &function_at(where)});
  show(on);
}

void CpuSignals::function_ends(unsigned cpu) {
  Cpu& on = cpus_.at(cpu);
  if (std::vector<Call>& stack = calls(on); !stack.empty()) stack.pop_back();
  show(on);
}

/// Where the calls of what `cpu` runs now stand.
std::vector<CpuSignals::Call>& CpuSignals::calls(Cpu& cpu) {
  return cpu.interrupts.empty() ? threads_[cpu.thread] : cpu.interrupts;
}

void CpuSignals::show(Cpu& cpu) {
  const auto routine = std::find_if(cpu.interrupts.rbegin(), cpu.interrupts.rend(),
                                    [](const Call& call) { return interrupts(call.entry); });
  signals_.set(cpu.context, routine == cpu.interrupts.rend()      ? std::string_view(cpu.thread_name)
                            : routine->entry == ntos::Entry::kIsr ? "ISR"
                                                                  : "DPC");
  if (!signals_.recorded()) return;  // a name takes a while to find
  const std::vector<Call>& stack = calls(cpu);
  signals_.set(cpu.function, stack.empty() ? std::string_view() : name_of(*stack.back().function));
}

void CpuSignals::refresh() {
  for (Cpu& cpu : cpus_) show(cpu);
}

CpuSignals::Function& CpuSignals::function_at(const ntos::CallFrame& where) {
  if (where.module.empty())
    return functions_.try_emplace({where.symbol, 0}, Function{where, where.symbol}).first->second;
  return functions_.try_emplace({where.module, where.offset}, Function{where, {}}).first->second;
}

const std::string& CpuSignals::name_of(Function& function) {
  if (!function.name) function.name = namer_(function.first_instruction);
  return *function.name;
}

}  // namespace p2p::tb
