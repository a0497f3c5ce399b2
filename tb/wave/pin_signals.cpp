#include "tb/wave/pin_signals.h"

#include <string>

#include "tb/events/ks_state.h"

namespace p2p::tb {

namespace {
constexpr unsigned kNumberBits = 32, kQueueBits = 16;

bool succeeded(std::initializer_list<TraceField> fields) { return (field_value(fields, "status", 0) >> 31 & 1) == 0; }
}  // namespace

PinSignals::PinSignals(sim::WaveSignals& signals, unsigned pins) : signals_(signals) {
  for (unsigned i = 1; i <= pins; ++i) {
    const std::string scope = "sw.ks.pin" + std::to_string(i) + ".";
    Pin& pin = pins_.emplace_back();
    pin.state = signals.add_words(scope + "state");
    pin.queued = signals.add_number(scope + "queued", kQueueBits);
    pin.inserted = signals.add_number(scope + "inserted", kNumberBits);
    pin.leading = signals.add_number(scope + "leading", kNumberBits);
    pin.completed = signals.add_number(scope + "completed", kNumberBits);
    for (const Signal number : {pin.queued, pin.inserted, pin.leading, pin.completed})
      signals.set(number, std::uint64_t{0});
    signals.set(pin.state, std::string_view());
  }
}

void PinSignals::on_event(std::string_view event, std::initializer_list<TraceField> fields) {
  const std::uint64_t irp = field_value(fields, "irp", 0);
  if (event == "irp.complete") {  // also without data: cancelled, flushed
    for (Pin& pin : pins_) leave_queue(pin, irp);
    return;
  }
  const std::uint64_t number = field_value(fields, "pin", 0), frame = field_value(fields, "frame", 0);
  if (number < 1 || number > pins_.size()) return;
  Pin& pin = pins_[number - 1];
  if (event == "pin.create" && succeeded(fields)) {
    signals_.set(pin.state, kKsStates[0]);
  } else if (event == "pin.close") {
    signals_.set(pin.state, std::string_view());
  } else if (event == "pin.state" && succeeded(fields)) {
    const std::uint64_t state = field_value(fields, "to", 0);
    signals_.set(pin.state, state < kKsStates.size() ? kKsStates[state] : std::string_view("?"));
  } else if (event == "queue.insert") {
    pin.used = true;
    pin.irps.insert(irp);
    signals_.set(pin.queued, pin.irps.size());
    signals_.set(pin.inserted, frame);
  } else if (event == "edge.advance") {
    signals_.set(pin.leading, frame);
  } else if (event == "frame.complete") {
    leave_queue(pin, irp);
    if (field_value(fields, "bytes", 0) != 0) signals_.set(pin.completed, frame);
  }
}

std::vector<unsigned> PinSignals::used() const {
  std::vector<unsigned> numbers;
  for (unsigned i = 0; i < pins_.size(); ++i)
    if (pins_[i].used) numbers.push_back(i + 1);
  return numbers;
}

void PinSignals::leave_queue(Pin& pin, std::uint64_t irp) {
  if (pin.irps.erase(irp) != 0) signals_.set(pin.queued, pin.irps.size());
}

}  // namespace p2p::tb
