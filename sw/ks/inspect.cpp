#include "sw/ks/inspect.h"

#include "sw/ks/ddk.h"

#include <algorithm>

#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
const char* state_name(KSSTATE state) {
  switch (state) {
    case KSSTATE_STOP:
      return "STOP";
    case KSSTATE_ACQUIRE:
      return "ACQUIRE";
    case KSSTATE_PAUSE:
      return "PAUSE";
    case KSSTATE_RUN:
      return "RUN";
    default:
      return "?";
  }
}

HeldFrame held(const StreamPointer& pointer) {
  return {pointer.frame != nullptr ? pointer.frame->number : 0, pointer.locked};
}
}  // namespace

// Guarded by nothing: the process stands still.
void Queue::tell(PinState& state) const {
  state.open = open_;
  for (const auto& request : irps_) {
    QueuedIrp& irp = state.irps.emplace_back();
    irp.id = request->id;
    for (const Frame* frame : request->frames) irp.frames.push_back(frame->number);
  }
  state.leading = held(leading_);
  state.arrived = next_frame_ - 1;
  for (const auto& frame : frames_)
    if (leading_.frame != nullptr && frame->number >= leading_.frame->number) ++state.waiting;
  for (const auto& clone : clones_) state.clones.push_back(held(*clone));
}

std::vector<PinState> pin_states() {
  std::vector<PinState> states;
  for (const void* object : objects_of(ObjectKind::kPin)) {
    const Pin& pin = *static_cast<const Pin*>(object);
    PinState& state = states.emplace_back();
    state.id = pin.id;
    state.type = pin.pub.Id;
    state.state = state_name(pin.pub.DeviceState);
    if (pin.queue) pin.queue->tell(state);
  }
  std::sort(states.begin(), states.end(), [](const PinState& a, const PinState& b) { return a.id < b.id; });
  return states;
}

}  // namespace p2p::ks
