// Pipes: two AVStream pins that are connected change their state together (R-ST-6). What a client wants of each is
// kept; the pipe goes as far up as both want.
#include "sw/ks/ddk.h"

#include <algorithm>
#include <vector>

#include "sw/ks/circuit.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
KSPIN_LOCK g_links = 0;  // guards every Pin.connected_source

/// The source that is connected to `sink`, its file referenced; or nullptr.
Pin* hold_source(const Pin& sink) {
  SpinGuard guard(g_links);
  if (sink.connected_source != nullptr) ObReferenceObject(sink.connected_source->file);
  return sink.connected_source;
}

NTSTATUS move_alone(Pin& pin, KSSTATE state) {
  const NTSTATUS status = set_state(pin, state);
  if (NT_SUCCESS(status)) pin.wanted = state;
  return status;
}

bool asleep(const Pin& pin) { return pin.filter->factory->device->asleep; }

/// One step of all pins that are not there yet, in this order; those that have moved go back if one refuses (R-ST-3).
NTSTATUS step_all(std::initializer_list<Pin*> pins, KSSTATE from, KSSTATE to) {
  std::vector<Pin*> moved;
  for (Pin* pin : pins) {
    const bool there = to > from ? pin->pub.DeviceState >= to : pin->pub.DeviceState <= to;
    if (there) continue;
    const NTSTATUS status = step_to(*pin, to);
    if (NT_SUCCESS(status)) {
      moved.push_back(pin);
      continue;
    }
    for (auto back = moved.rbegin(); back != moved.rend(); ++back) step_to(**back, from);
    return status;
  }
  return STATUS_SUCCESS;
}

/// Both control mutexes are held.
NTSTATUS move_pipe(Pin& source, Pin& sink, Pin& asked, KSSTATE state) {
  const bool up = state >= asked.pub.DeviceState;
  asked.wanted = state;
  const KSSTATE target = std::min(source.wanted, sink.wanted);
  NTSTATUS status = STATUS_SUCCESS;
  // R-ST-5: up the sink first, down the source first; but the last step of the source waits for requests that the
  // sink's driver may keep until its own.
  while (NT_SUCCESS(status)) {
    const auto [low, high] = std::minmax(source.pub.DeviceState, sink.pub.DeviceState);
    if (up ? low >= target : high <= target) return STATUS_SUCCESS;
    const auto next = static_cast<KSSTATE>(up ? low + 1 : high - 1);
    const bool sink_first = up || next == KSSTATE_STOP;
    const KSSTATE from = up ? low : high;
    status = sink_first ? step_all({&sink, &source}, from, next) : step_all({&source, &sink}, from, next);
  }
  asked.wanted = asked.pub.DeviceState;
  return status;
}

/// `source` and `sink` are alive.
NTSTATUS move_together(Pin& source, Pin& sink, Pin& asked, KSSTATE state) {
  // The older filter's first: there may be another pipe between the two that goes the other way.
  const bool source_first = source.filter->id <= sink.filter->id;
  Hold first_held((source_first ? source : sink).filter->control);
  Hold second_held((source_first ? sink : source).filter->control);
  const bool joined = sink.connected_source == &source && standard_transport(source) && standard_transport(sink);
  // Without power each waits for its own (R-PWR-2).
  if (!joined || asleep(source) || asleep(sink)) return move_alone(asked, state);
  return move_pipe(source, sink, asked, state);
}
}  // namespace

void join_pipe(Pin& source, Pin& sink) {
  SpinGuard guard(g_links);
  sink.connected_source = &source;
}

void leave_pipe(Pin& source) {
  Pin* sink = source.circuit != nullptr ? source.circuit->sink_pin() : nullptr;
  if (sink == nullptr) return;
  SpinGuard guard(g_links);
  if (sink->connected_source == &source) sink->connected_source = nullptr;
}

NTSTATUS client_sets_state(Pin& pin, KSSTATE state) {
  if (pin.circuit != nullptr && pin.circuit->sink_pin() != nullptr) {
    return move_together(pin, *pin.circuit->sink_pin(), pin, state);
  }
  if (Pin* source = hold_source(pin)) {
    PFILE_OBJECT file = source->file;
    const NTSTATUS status = move_together(*source, pin, pin, state);
    ObDereferenceObject(file);
    return status;
  }
  Hold held(pin.filter->control);  // R-KMX-2
  return move_alone(pin, state);
}

}  // namespace p2p::ks
