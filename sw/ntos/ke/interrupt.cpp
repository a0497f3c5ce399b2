// The interrupt controller: level-sensitive lines and latched messages, chained service routines, storms and spurious
// interrupts (R-INT-5).
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sw/ntos/ke/dispatch_time.h"
#include "sw/ntos/ke/exception.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

namespace {
struct Line {
  bool asserted = false;
  bool in_service = false;  // a CPU is busy with it; no other takes it
  unsigned passes = 0;      // consecutive passes after which it was still asserted
  KIRQL irql = 0;           // the highest of its routines
  KAFFINITY affinity = 0;
  std::vector<Interrupt*> chain;
};
bool latched(unsigned number) { return number >= kFirstMessageVector; }
std::uint64_t code_of(const Interrupt& interrupt) {
  return interrupt.message_routine != nullptr ? value_of(interrupt.message_routine) : value_of(interrupt.routine);
}
void report_spurious(unsigned number) {
  ++state().counters.spurious;
  trace("interrupt.spurious", {{"line", number}, {"count", state().counters.spurious}});
}

class Controller final : public InterruptSink {
 public:
  void interrupt_line_changed(unsigned number, bool asserted) override {
    Line& line = lines_[number];
    line.asserted = asserted;
    if (asserted) {
      poke_for(line);
    } else {
      line.passes = 0;
    }
  }

  /// A message is remembered once until its routine is called; nobody there to take it, it is lost.
  void interrupt_message(std::uint16_t vector) override {
    Line& line = lines_[vector];
    if (line.chain.empty() || !latched(vector)) {
      report_spurious(vector);
      return;
    }
    line.asserted = true;
    poke_for(line);
  }

  /// Without the Verifier, too: Windows' IOMMU driver stops the machine.
  void device_access_refused(unsigned function, std::uint64_t address, std::uint64_t bytes, bool write) override {
    ntos::BugCheck report;
    report.code = 0xE6;
    report.parameters[0] = 0x26;
    report.parameters[1] = function;
    report.parameters[2] = address;
    report.parameters[3] = bytes;
    report.rule = "IommuFault";
    report.message = std::string("the device of PCI function ") + std::to_string(function) +
                     (write ? " wrote " : " read ") + std::to_string(bytes) + " bytes outside any DMA mapping";
    report.thread = "the device";
    stop_machine(report);
  }

  /// Pokes the CPU with the lowest IRQL that may take the line; of equals an idle one, then the first.
  static void poke_for(const Line& line) {
    if (line.chain.empty()) return;
    Cpu* chosen = nullptr;
    auto rank = [](const Cpu& cpu) { return 2 * cpu.irql + (cpu.current->idle_thread ? 0 : 1); };
    for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
      Cpu& cpu = scheduler().cpu(i);
      if ((line.affinity >> i & 1) == 0) continue;
      if (chosen == nullptr || rank(cpu) < rank(*chosen)) chosen = &cpu;
    }
    if (chosen != nullptr) chosen->poke.notify();
  }

  /// The pending line with the highest IRQL that `cpu` can take now; of equals the lowest number.
  Line* deliverable(const Cpu& cpu, unsigned* number) {
    Line* best = nullptr;
    for (auto& [n, line] : lines_) {
      if (!line.asserted || line.in_service || line.chain.empty() || cpu.irql >= line.irql) continue;
      if ((line.affinity >> cpu.number & 1) == 0) continue;
      if (best != nullptr && line.irql <= best->irql) continue;
      best = &line;
      *number = n;
    }
    return best;
  }

  void update(Line& line) {
    line.irql = 0;
    line.affinity = 0;
    for (const Interrupt* interrupt : line.chain) {
      line.irql = std::max(line.irql, interrupt->irql);
      line.affinity |= interrupt->affinity;
    }
  }

  std::map<unsigned, Line> lines_;
  std::map<const Interrupt*, std::unique_ptr<Interrupt>> interrupts_;  // looked up, never walked
  std::uint64_t next_id_ = 1;
};
Controller& controller() {
  static auto* const instance = new Controller;
  return *instance;
}

/// How floating point behaves: what an interrupted thread would find changed.
struct FloatControl {
  std::uint32_t sse = 0;
  std::uint16_t x87 = 0;
  bool operator==(const FloatControl&) const = default;
};
FloatControl float_control() {
  constexpr std::uint32_t kStickyFlags = 0x3F;
  FloatControl now;
  asm volatile("stmxcsr %0" : "=m"(now.sse));
  asm volatile("fnstcw %0" : "=m"(now.x87));
  now.sse &= ~kStickyFlags;
  return now;
}

/// Calls one service routine at its SynchronizeIrql with its lock held (R-INT-4).
bool call(Cpu& cpu, unsigned number, Interrupt* interrupt) {
  const KIRQL old = cpu.irql;
  const KIRQL entry = interrupt->synchronize_irql;
  const std::uint64_t id = interrupt->id;
  cpu.irql = entry;
  interrupt->running = true;
  ++state().counters.isr_calls;
  acquire_spin_lock(interrupt->lock);
  trace("isr.enter", {{"cpu", cpu.number}, {"line", number}, {"isr", id}});
  const RoutineTime time(cpu, Routine::kIsr);
  const WatchedFunction watched(ntos::Entry::kIsr, code_of(*interrupt));
  const OwnExceptions own;
  const FloatControl before = float_control();
  auto* object = reinterpret_cast<PKINTERRUPT>(interrupt);
  const bool claimed = (interrupt->message_routine != nullptr
                            ? interrupt->message_routine(object, interrupt->context, interrupt->message)
                            : interrupt->routine(object, interrupt->context)) != FALSE;
  trace("isr.exit", {{"cpu", cpu.number}, {"line", number}, {"isr", id}, {"claimed", claimed ? 1 : 0}});
  const FloatControl after = float_control();
  verify(before == after, 0x110, code_of(*interrupt), before.sse, after.sse, "IsrContext",
         "an interrupt service routine changed the floating-point state of whom it interrupted");
  verify(cpu.irql == entry, 0x111, code_of(*interrupt), entry, cpu.irql, "IsrIrql",
         "an interrupt service routine returned at another IRQL");  // R-INT-8
  release_spin_lock(interrupt->lock);
  interrupt->running = false;
  cpu.irql = old;
  return claimed;
}

/// A pass after which the interrupt is still there: too many of them are a storm.
void count_pass(unsigned number, Line& line) {
  if (++line.passes < state().config.storm_limit) return;
  ++state().counters.storms;
  trace("interrupt.storm", {{"line", number}, {"count", line.passes}});
  ntos::bug_check(0xF2, line.chain.empty() ? 0 : code_of(*line.chain[0]), number, line.passes, 0,
                  "HARDWARE_INTERRUPT_STORM",
                  "interrupt line " + std::to_string(number) + " stayed asserted through " +
                      std::to_string(line.passes) + " service routine passes: nobody clears its cause");
}

/// One pass over the routines of an asserted line, until one claims it; IRQL is already the line's.
void run_level_pass(Cpu& cpu, unsigned number, Line& line) {
  bool claimed = false;
  for (std::size_t i = 0; i < line.chain.size() && !claimed; ++i) claimed = call(cpu, number, line.chain[i]);
  if (!claimed) report_spurious(number);
  line.asserted = hardware().interrupt_line(number);
  if (line.asserted) {
    count_pass(number, line);
  } else {
    line.passes = 0;
  }
}

/// All routines of a latched interrupt; where it is shared, again until none claims: there is no level that would tell.
void run_latched_passes(Cpu& cpu, unsigned number, Line& line) {
  line.asserted = false;  // what arrives from here on is a new one
  bool ever = false;
  for (bool claimed = true; claimed;) {
    claimed = false;
    for (std::size_t i = 0; i < line.chain.size(); ++i) claimed |= call(cpu, number, line.chain[i]);
    ever |= claimed;
    if (line.chain.size() < 2) break;
    if (claimed) count_pass(number, line);
  }
  line.passes = 0;
  if (!ever) report_spurious(number);
}

void run_chain(Cpu& cpu, unsigned number, Line& line) {
  if (latched(number)) {
    run_latched_passes(cpu, number, line);
  } else {
    run_level_pass(cpu, number, line);
  }
}
}  // namespace

void start_interrupt_controller() { hardware().set_interrupt_sink(&controller()); }

void take_interrupts() {
  Cpu& cpu = current_cpu();
  unsigned number = 0;
  while (Line* line = controller().deliverable(cpu, &number)) {
    const KIRQL old = cpu.irql;
    const bool nested = cpu.in_isr;
    line->in_service = true;
    cpu.irql = line->irql;
    cpu.in_isr = true;
    charge_ns(cost().interrupt_latency);
    // Level-sensitive: a line that fell meanwhile interrupts nobody.
    if (line->asserted && !line->chain.empty()) run_chain(cpu, number, *line);
    cpu.in_isr = nested;
    cpu.irql = old;
    line->in_service = false;
    if (line->asserted) Controller::poke_for(*line);
  }
}

void connect_interrupt(const Interrupt& description, PKINTERRUPT* object) {
  Controller& all = controller();
  auto owned = std::make_unique<Interrupt>(description);
  Interrupt* interrupt = owned.get();
  if (interrupt->lock == nullptr) interrupt->lock = &interrupt->own_lock;
  interrupt->id = all.next_id_++;
  all.interrupts_[interrupt] = std::move(owned);
  Line& line = all.lines_[interrupt->line];
  line.chain.push_back(interrupt);
  all.update(line);
  if (!latched(interrupt->line)) line.asserted = hardware().interrupt_line(interrupt->line);
  if (line.asserted) Controller::poke_for(line);
  *object = reinterpret_cast<PKINTERRUPT>(interrupt);
  preemption_point();  // R-INT-2: the routine can be called as soon as this returns
}

void disconnect_interrupt(Interrupt* interrupt) {
  Line& line = controller().lines_[interrupt->line];
  // Not while a CPU walks the chain.
  while (line.in_service) charge_ns(cost().interrupt_latency / 10 + 1);
  std::erase(line.chain, interrupt);
  controller().update(line);
  line.passes = 0;
  if (line.chain.empty() && latched(interrupt->line)) line.asserted = false;
  controller().interrupts_.erase(interrupt);
}

Interrupt* interrupt_of(PKINTERRUPT object) {
  auto* interrupt = reinterpret_cast<Interrupt*>(object);
  return controller().interrupts_.contains(interrupt) ? interrupt : nullptr;
}

}  // namespace p2p::ke
