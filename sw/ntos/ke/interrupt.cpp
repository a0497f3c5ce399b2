// The interrupt controller: level-sensitive lines, chained service routines, storms and spurious interrupts.
#include "sw/ntos/ddk.h"

#include <map>
#include <memory>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

namespace {
struct Interrupt {
  unsigned line;
  PKSERVICE_ROUTINE routine;
  PVOID context;
  PKSPIN_LOCK lock;
  KSPIN_LOCK own_lock = 0;
  KIRQL synchronize_irql;
  std::uint64_t id;
};

struct Line {
  bool asserted = false;
  unsigned passes = 0;  // consecutive passes that found it asserted
  std::vector<Interrupt*> chain;
};

class Controller final : public InterruptSink {
 public:
  void interrupt_line_changed(unsigned line, bool asserted) override {
    Line& state = lines_[line];
    state.asserted = asserted;
    if (!asserted) state.passes = 0;
    if (asserted) target().poke.notify();
  }
  static Cpu& target() { return scheduler().cpu(0); }

  std::map<unsigned, Line> lines_;
  std::map<Interrupt*, std::unique_ptr<Interrupt>> interrupts_;
  std::uint64_t next_id_ = 1;
};
Controller& controller() {
  static Controller instance;
  return instance;
}

/// One pass over the routines of an asserted line; IRQL is already the line's.
void run_chain(Cpu& cpu, unsigned number, Line& line) {
  bool claimed = false;
  for (Interrupt* interrupt : std::vector<Interrupt*>(line.chain)) {
    trace("isr.enter", {{"cpu", cpu.number}, {"line", number}, {"isr", interrupt->id}});
    ++state().counters.isr_calls;
    acquire_spin_lock(interrupt->lock);
    claimed = interrupt->routine(reinterpret_cast<PKINTERRUPT>(interrupt), interrupt->context) != FALSE;
    release_spin_lock(interrupt->lock);
    trace("isr.exit", {{"cpu", cpu.number}, {"line", number}, {"isr", interrupt->id}, {"claimed", claimed ? 1 : 0}});
    if (cpu.irql != interrupt->synchronize_irql) {
      ntos::bug_check(0xC4, 0x111, reinterpret_cast<std::uintptr_t>(interrupt->routine), interrupt->synchronize_irql,
                      cpu.irql, "IsrIrql", "an interrupt service routine returned at another IRQL");  // R-INT-8
    }
    if (claimed) break;  // R-INT-5
  }
  if (!claimed) {
    ++state().counters.spurious;
    trace("interrupt.spurious", {{"line", number}, {"count", state().counters.spurious}});
  }
  if (!hardware().interrupt_line(number)) {
    line.asserted = false;
    line.passes = 0;
  } else if (++line.passes >= state().config.storm_limit) {
    ++state().counters.storms;
    trace("interrupt.storm", {{"line", number}, {"count", line.passes}});
    ntos::bug_check(0xF2, reinterpret_cast<std::uintptr_t>(line.chain.empty() ? nullptr : line.chain[0]->routine),
                    number, line.passes, 0, "HARDWARE_INTERRUPT_STORM",
                    "interrupt line " + std::to_string(number) + " stayed asserted through " +
                        std::to_string(line.passes) + " service routine passes: nobody clears its cause");
  }
}
}  // namespace

void connect_interrupt_controller() { hardware().set_interrupt_sink(&controller()); }

bool interrupt_deliverable(const Cpu& cpu, KIRQL irql) {
  if (&cpu != &Controller::target()) return false;
  for (const auto& [number, line] : controller().lines_) {
    if (line.asserted && !line.chain.empty() && irql < line.chain[0]->synchronize_irql) return true;
  }
  return false;
}

void take_interrupts() {
  Cpu& cpu = current_cpu();
  while (interrupt_deliverable(cpu, cpu.irql)) {
    for (auto& [number, line] : controller().lines_) {
      if (!line.asserted || line.chain.empty() || cpu.irql >= line.chain[0]->synchronize_irql) continue;
      const KIRQL old = cpu.irql;
      const bool nested = cpu.in_isr;
      cpu.irql = line.chain[0]->synchronize_irql;
      cpu.in_isr = true;
      charge_ns(cost().interrupt_latency);
      // Level-sensitive: a line that fell meanwhile interrupts nobody.
      if (line.asserted) run_chain(cpu, number, line);
      cpu.in_isr = nested;
      cpu.irql = old;
    }
  }
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

namespace {
NTSTATUS connect(PKINTERRUPT* object, PKSERVICE_ROUTINE routine, PVOID context, PKSPIN_LOCK lock, ULONG vector,
                 KIRQL synchronize_irql) {
  if (current_cpu().irql != PASSIVE_LEVEL) {
    ntos::bug_check(0xC4, 0x2000B, current_cpu().irql, 0, 0, "IrqlIoPassive2",
                    "IoConnectInterrupt must be called at PASSIVE_LEVEL");
  }
  if (routine == nullptr || object == nullptr) return STATUS_INVALID_PARAMETER;
  auto owned = std::make_unique<Interrupt>();
  Interrupt* interrupt = owned.get();
  interrupt->line = vector;
  interrupt->routine = routine;
  interrupt->context = context;
  interrupt->lock = lock != nullptr ? lock : &interrupt->own_lock;
  interrupt->synchronize_irql = synchronize_irql;
  interrupt->id = controller().next_id_++;
  controller().interrupts_[interrupt] = std::move(owned);
  Line& line = controller().lines_[vector];
  line.chain.push_back(interrupt);
  line.asserted = hardware().interrupt_line(vector);
  *object = reinterpret_cast<PKINTERRUPT>(interrupt);
  preemption_point();  // R-INT-2: the routine can be called as soon as this returns
  return STATUS_SUCCESS;
}
}  // namespace

extern "C" {

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT* InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext,
                                  PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql,
                                  KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave) {
  UNREFERENCED_PARAMETER(ShareVector);
  UNREFERENCED_PARAMETER(FloatingSave);
  if (ProcessorEnableMask == 0 || SynchronizeIrql < Irql || InterruptMode != LevelSensitive) {
    return STATUS_INVALID_PARAMETER;  // R-INT-2, R-INT-3; only level-sensitive lines exist on this machine
  }
  return connect(InterruptObject, ServiceRoutine, ServiceContext, SpinLock, Vector, SynchronizeIrql);
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
  auto* interrupt = reinterpret_cast<Interrupt*>(InterruptObject);
  auto found = controller().interrupts_.find(interrupt);
  if (found == controller().interrupts_.end()) {
    ntos::bug_check(0xCA, 9, reinterpret_cast<std::uintptr_t>(InterruptObject), 0, 0, "IoDisconnectInterrupt",
                    "IoDisconnectInterrupt of an interrupt that is not connected");
  }
  std::erase(controller().lines_[interrupt->line].chain, interrupt);
  controller().interrupts_.erase(found);
}

BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT InterruptObject, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                     PVOID SynchronizeContext) {
  auto* interrupt = reinterpret_cast<Interrupt*>(InterruptObject);
  Cpu& cpu = current_cpu();
  if (cpu.irql > interrupt->synchronize_irql) {
    ntos::bug_check(0xC4, 0x30, cpu.irql, interrupt->synchronize_irql, 0, "IrqlKeSynchronizeExecution",
                    "KeSynchronizeExecution above the interrupt's SynchronizeIrql");  // R-INT-6
  }
  const KIRQL old = cpu.irql;
  cpu.irql = interrupt->synchronize_irql;
  acquire_spin_lock(interrupt->lock);
  const BOOLEAN result = SynchronizeRoutine(SynchronizeContext);
  release_spin_lock(interrupt->lock);
  set_irql(old);
  return result;
}

KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT InterruptObject) {
  auto* interrupt = reinterpret_cast<Interrupt*>(InterruptObject);
  const KIRQL old = current_cpu().irql;
  current_cpu().irql = interrupt->synchronize_irql;
  acquire_spin_lock(interrupt->lock);
  return old;
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT InterruptObject, KIRQL OldIrql) {
  release_spin_lock(reinterpret_cast<Interrupt*>(InterruptObject)->lock);
  set_irql(OldIrql);
}

}  // extern "C"
