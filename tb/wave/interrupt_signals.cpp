#include "tb/wave/interrupt_signals.h"

namespace p2p::tb {

namespace {
constexpr unsigned kNumberBits = 32, kQueueBits = 8;
std::uint64_t bit(std::uint64_t count) { return count != 0 ? 1 : 0; }
}  // namespace

InterruptSignals::InterruptSignals(sim::WaveSignals& signals)
    : signals_(signals),
      line_(signals.add_number("sw.interrupt.line", 1)),
      messages_(signals.add_number("sw.interrupt.messages", kNumberBits)),
      isr_(signals.add_number("sw.interrupt.isr", 1)),
      dpcs_queued_(signals.add_number("sw.interrupt.dpcs_queued", kQueueBits)),
      dpc_(signals.add_number("sw.interrupt.dpc", 1)) {
  for (const Signal signal : {line_, messages_, isr_, dpcs_queued_, dpc_}) signals.set(signal, std::uint64_t{0});
}

void InterruptSignals::on_event(std::string_view event, std::initializer_list<TraceField> fields) {
  if (event == "irq.line") {
    signals_.set(line_, bit(field_value(fields, "level", 0)));
  } else if (event == "irq.message") {
    signals_.set(messages_, ++message_count_);
  } else if (event == "isr.enter") {
    signals_.set(isr_, bit(++isrs_));
  } else if (event == "isr.exit") {
    signals_.set(isr_, bit(--isrs_));
  } else if (event == "dpc.queue") {
    signals_.set(dpcs_queued_, ++queued_);
  } else if (event == "dpc.remove") {
    signals_.set(dpcs_queued_, --queued_);
  } else if (event == "dpc.enter") {
    signals_.set(dpcs_queued_, --queued_);
    signals_.set(dpc_, bit(++dpcs_));
  } else if (event == "dpc.exit") {
    signals_.set(dpc_, bit(--dpcs_));
  }
}

}  // namespace p2p::tb
