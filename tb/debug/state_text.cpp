#include "tb/debug/state_text.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "ntos/inspect.h"
#include "sw/ks/inspect.h"
#include "tb/output/call_stack_text.h"

namespace p2p::tb {

namespace {

/// Columns as wide as what stands in them.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) { add(std::move(heading)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] + 2 - row[i].size(), ' ');
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::string number_or_none(std::uint64_t number) { return number != 0 ? std::to_string(number) : "-"; }

/// By its name in the source if it is a driver's.
std::string place(const ntos::CallFrame& where) {
  const CallSite site = call_sites({where}, "/proc/self/exe").front();
  return site.location.empty() ? site.function : site.function + " " + site.location;
}

std::string frame_of(const ks::HeldFrame& held) {
  if (held.frame == 0) return "-";
  return std::to_string(held.frame) + (held.locked ? " locked" : "");
}

template <class Items, class Word>
std::string joined(const Items& items, const Word& word) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + word(item);
  return text.empty() ? "-" : text;
}
std::string joined(const std::vector<std::uint64_t>& numbers) {
  return joined(numbers, [](std::uint64_t number) { return std::to_string(number); });
}

}  // namespace

std::string cpus_text() {
  Table table({"CPU", "IRQL", "runs", "in", "DPC", "DPCs queued", "spin locks"});
  for (const ntos::CpuState& cpu : ntos::cpu_states()) {
    table.add({std::to_string(cpu.number), std::to_string(cpu.irql), cpu.thread,
               cpu.routine.empty() ? "-" : cpu.routine, number_or_none(cpu.running_dpc), joined(cpu.dpcs),
               std::to_string(cpu.locks) + (cpu.spins ? ", spins for another" : "")});
  }
  return table.text();
}

std::string threads_text() {
  Table table({"thread", "name", "priority", "IRQL", "IRP", "state"});
  for (const ntos::ThreadState& thread : ntos::thread_states()) {
    table.add({std::to_string(thread.id), thread.name, std::to_string(thread.priority), std::to_string(thread.irql),
               number_or_none(thread.irp), thread.doing});
  }
  return table.text();
}

std::string dpcs_text() {
  const std::vector<ntos::DpcState> dpcs = ntos::dpc_states();
  if (dpcs.empty()) return "no DPC is queued or runs\n";
  Table table({"DPC", "CPU", "state", "routine"});
  for (const ntos::DpcState& dpc : dpcs)
    table.add({std::to_string(dpc.id), std::to_string(dpc.cpu), dpc.running ? "runs" : "queued", place(dpc.routine)});
  return table.text();
}

std::string irps_text(bool all) {
  std::string text;
  for (const ntos::IrpState& irp : ntos::irp_states())
    if (all || irp.in_flight) text += irp.description + "\n";
  return text.empty() ? "no IRP is on its way\n" : text;
}

std::string irp_text(std::uint64_t id) {
  for (const ntos::IrpState& irp : ntos::irp_states())
    if (irp.id == id) return irp.description + (irp.in_flight ? "\n" : "\nnobody waits for it\n");
  return "there is no IRP " + std::to_string(id) + " now\n";
}

std::string pins_text() {
  const std::vector<ks::PinState> pins = ks::pin_states();
  if (pins.empty()) return "no pin is there\n";
  Table table({"pin", "type", "state", "IRPs queued", "frames arrived", "waiting", "leading edge", "clones at frames"});
  for (const ks::PinState& pin : pins) {
    table.add({std::to_string(pin.id), std::to_string(pin.type), pin.state,
               joined(pin.irps, [](const ks::QueuedIrp& irp) { return std::to_string(irp.id); }),
               std::to_string(pin.arrived), std::to_string(pin.waiting), frame_of(pin.leading),
               joined(pin.clones, frame_of)});
  }
  return table.text();
}

std::string chip_text(const sim::Machine& machine, std::string_view filter) {
  std::ostringstream out;
  out << "bus cycle " << machine.bus_cycle() << ", " << machine.now_ps() << " ps, interrupt line "
      << (machine.interrupt_line(sim::kInterruptLine) ? "high" : "low") << "\n";
  std::size_t shown = 0;
  for (const sim::ChipSignal& signal : machine.chip_signals()) {
    if (signal.path.find(filter) == std::string_view::npos) continue;
    out << signal.path << " = ";
    if (signal.bits > 4) out << "0x" << std::hex;
    out << signal.value << std::dec << "\n";
    ++shown;
  }
  if (shown == 0) out << "no register of the chip has '" << filter << "' in its name\n";
  return out.str();
}

}  // namespace p2p::tb
