// Pin states, flush and reset (R-ST-1..9, R-RST-1).
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/circuit.h"
#include "sw/ks/clock.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
void trace(const Pin& pin, KSSTATE from, KSSTATE to, NTSTATUS status) {
  trace_sink().event("ks", "pin.state",
                     {{"pin", pin.id},
                      {"from", static_cast<std::uint64_t>(from)},
                      {"to", static_cast<std::uint64_t>(to)},
                      {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status))}});
}

NTSTATUS call_set_device_state(Pin& pin, KSSTATE to, KSSTATE from) {
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch == nullptr || dispatch->SetDeviceState == nullptr) return STATUS_SUCCESS;
  const NTSTATUS status = call_driver(CallbackOf::kPinState, "KSPIN_DISPATCH.SetDeviceState",
                                      [&] { return dispatch->SetDeviceState(&pin.pub, to, from); });
  if (status == STATUS_PENDING) {
    violation(0x81005, 0, 0, 0, "KsCallbackReturn", "SetDeviceState returned STATUS_PENDING");
  }
  return status;
}

}  // namespace

void call_reset(Pin& pin) {
  if (is_filter_centric(*pin.filter)) {  // R-RST-1: the filter is told instead
    const KSFILTER_DISPATCH* filter_dispatch = pin.filter->pub.Descriptor->Dispatch;
    if (filter_dispatch->Reset != nullptr) {
      call_driver(CallbackOf::kFilter, "KSFILTER_DISPATCH.Reset",
                  [&] { return filter_dispatch->Reset(&pin.filter->pub); });
    }
    return;
  }
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Reset != nullptr) {
    call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Reset", [&] { dispatch->Reset(&pin.pub); });
  }
}

namespace {
/// The queue goes away: what is left in it is cancelled, the minidriver's Reset told so (R-ST-8).
void take_down(Pin& pin) {
  Queue& queue = *pin.queue;
  pin.processor->wait_idle();
  if (pin.circuit != nullptr) pin.circuit->retire();
  queue.refuse();
  if (!queue.empty()) call_reset(pin);
  queue.cancel_all();
  if (queue.any_locked()) {
    ntos::bug_check(0xC4, 0x81004, 0, 0, 0, "KsStreamPointerUnlock",
                    "a pin went to KSSTATE_STOP with a stream pointer locked");  // R-SP-15
  }
  if (!queue.clones().empty()) {
    ntos::bug_check(0xC4, 0x81002, queue.clones().size(), 0, 0, "KsStreamPointerClone",
                    "a pin went to KSSTATE_STOP with clones of its stream pointers left");
  }
  if (pin.circuit != nullptr) pin.circuit->call_back();
  queue.close();
  if (pin.circuit != nullptr) pin.circuit->free_turns();
}

/// R-KS-7: a filter that lacks pins it needs does not start.
bool has_necessary_pins(const Filter& filter) {
  for (ULONG id = 0; id < filter.pub.Descriptor->PinDescriptorsCount; ++id) {
    ULONG count = 0;
    for (const Pin* pin : filter.pins) count += pin->pub.Id == id ? 1u : 0u;
    if (count < pin_descriptor(filter, id)->InstancesNecessary) return false;
  }
  return true;
}

/// R-ST-2: such a pin is told the state the client wants, without the steps between.
NTSTATUS jump(Pin& pin, KSSTATE to, bool forced) {
  const KSSTATE from = pin.pub.DeviceState;
  pin.pub.ClientState = to;
  const NTSTATUS status = call_set_device_state(pin, to, from);
  trace(pin, from, to, status);
  if (!NT_SUCCESS(status) && !forced) {
    pin.pub.ClientState = from;
    return status;
  }
  pin.pub.DeviceState = to;
  clock_state_changed(pin, to, from);
  return STATUS_SUCCESS;
}

/// `forced`: the minidriver's refusal does not count.
NTSTATUS step(Pin& pin, KSSTATE to, bool forced) {
  const KSSTATE from = pin.pub.DeviceState;
  if (from == KSSTATE_STOP) {  // R-ST-4
    if (!has_necessary_pins(*pin.filter)) return STATUS_INVALID_DEVICE_STATE;
    pin.queue->open();
    const NTSTATUS built = pin.circuit != nullptr ? pin.circuit->build() : STATUS_SUCCESS;
    if (!NT_SUCCESS(built)) {
      pin.queue->close();
      return built;
    }
  }
  pin.pub.ClientState = to;  // R-KS-9; closes processing on the way down
  const NTSTATUS status = call_set_device_state(pin, to, from);
  trace(pin, from, to, status);
  if (!NT_SUCCESS(status) && !forced) {
    pin.pub.ClientState = from;  // R-ST-3
    if (from == KSSTATE_STOP) {
      take_down(pin);
    } else {
      initiate_processing(pin);  // arrivals meanwhile found it closed
    }
    return status;
  }
  pin.pub.DeviceState = to;
  clock_state_changed(pin, to, from);
  if (to == KSSTATE_STOP) {
    take_down(pin);
  } else if (to > from) {
    if (to == KSSTATE_RUN) pin.queue->start_timeouts();
    if (pin.circuit != nullptr) pin.circuit->go();
    initiate_processing(pin);  // R-PR-1a
  } else if (to == KSSTATE_PAUSE) {
    pin.queue->cancel_all(KSSTREAM_HEADER_OPTIONSF_FLUSHONPAUSE);  // R-ST-9
  }
  return STATUS_SUCCESS;
}

KSSTATE next_towards(KSSTATE from, KSSTATE state) { return static_cast<KSSTATE>(from + (state > from ? 1 : -1)); }
}  // namespace

bool standard_transport(const Pin& pin) {
  const ULONG flags = pin.pub.Descriptor->Flags;
  return (flags & KSPIN_FLAG_USE_STANDARD_TRANSPORT) != 0 || (flags & KSPIN_FLAG_DO_NOT_USE_STANDARD_TRANSPORT) == 0;
}

NTSTATUS set_state(Pin& pin, KSSTATE state) {
  if (pin.filter->factory->device->asleep) {
    pin.after_power = state;
    if (state >= pin.pub.DeviceState) return STATUS_SUCCESS;
  }
  return step_to(pin, state);
}

NTSTATUS step_to(Pin& pin, KSSTATE state) {
  if (!standard_transport(pin)) return pin.pub.DeviceState != state ? jump(pin, state, false) : STATUS_SUCCESS;
  NTSTATUS status = STATUS_SUCCESS;
  while (NT_SUCCESS(status) && pin.pub.DeviceState != state) {
    status = step(pin, next_towards(pin.pub.DeviceState, state), false);
  }
  return status;
}

void force_stop(Pin& pin) {
  pin.after_power.reset();
  pin.wanted = KSSTATE_STOP;
  if (!standard_transport(pin) && pin.pub.DeviceState != KSSTATE_STOP) jump(pin, KSSTATE_STOP, true);
  while (pin.pub.DeviceState != KSSTATE_STOP) step(pin, next_towards(pin.pub.DeviceState, KSSTATE_STOP), true);
}

NTSTATUS reset_request(Pin& pin, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (location->Parameters.DeviceIoControl.InputBufferLength < sizeof(KSRESET))
    return complete(irp, STATUS_INVALID_BUFFER_SIZE);
  ULONG value = 0;  // the client's word may be no KSRESET, and anywhere
  std::memcpy(&value, location->Parameters.DeviceIoControl.Type3InputBuffer, sizeof value);
  if (value != KSRESET_BEGIN && value != KSRESET_END) return complete(irp, STATUS_INVALID_PARAMETER);
  const auto reset = static_cast<KSRESET>(value);
  {
    Hold held(pin.filter->control);
    const bool changed = pin.pub.ResetState != reset;
    pin.pub.ResetState = reset;
    if (changed || (reset == KSRESET_BEGIN && !pin.queue->empty())) call_reset(pin);
    if (reset == KSRESET_BEGIN) {
      pin.queue->cancel_all();
      pin.queue->go_on();  // a stream that has ended is forgotten with the rest
    }
    if (reset == KSRESET_END && pin.circuit != nullptr) pin.circuit->go();
  }
  return complete(irp, STATUS_SUCCESS);
}

}  // namespace p2p::ks
