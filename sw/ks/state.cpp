// Pin states, flush and reset (R-ST-1..9, R-RST-1).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
NTSTATUS step(Pin& pin, KSSTATE to) {
  const KSSTATE from = pin.pub.DeviceState;
  if (from == KSSTATE_STOP) pin.queue = std::make_unique<Queue>(pin);  // R-ST-4
  pin.pub.ClientState = to;
  NTSTATUS status = STATUS_SUCCESS;
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->SetDeviceState != nullptr) {
    status = dispatch->SetDeviceState(&pin.pub, to, from);
    if (status == STATUS_PENDING) {
      ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn", "SetDeviceState returned STATUS_PENDING");
    }
  }
  trace_sink().event("ks", "pin.state",
                     {{"pin", pin.id},
                      {"from", static_cast<std::uint64_t>(from)},
                      {"to", static_cast<std::uint64_t>(to)},
                      {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status))}});
  if (!NT_SUCCESS(status)) {
    pin.pub.ClientState = from;  // R-ST-3
    if (from == KSSTATE_STOP) pin.queue.reset();
    return status;
  }
  pin.pub.DeviceState = to;
  if (to == KSSTATE_STOP) {
    flush(pin);
    if (!pin.queue->clones().empty()) {
      ntos::bug_check(0xC4, 0x81002, pin.queue->clones().size(), 0, 0, "KsStreamPointerClone",
                      "a pin went to KSSTATE_STOP with clones of its stream pointers left");
    }
    if (pin.queue->leading().locked) {
      ntos::bug_check(0xC4, 0x81004, 0, 0, 0, "KsStreamPointerUnlock",
                      "a pin went to KSSTATE_STOP with its leading edge locked");  // R-SP-15
    }
    pin.queue.reset();
  } else if (to > from) {
    attempt_processing(pin, false);  // R-PR-1a
  }
  return STATUS_SUCCESS;
}
}  // namespace

void flush(Pin& pin) {
  if (pin.queue == nullptr || pin.queue->empty()) return;
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Reset != nullptr && pin.pub.DeviceState != KSSTATE_STOP)
    dispatch->Reset(&pin.pub);
  pin.queue->cancel_all();
}

NTSTATUS set_state(Pin& pin, KSSTATE state) {
  NTSTATUS status = STATUS_SUCCESS;
  while (NT_SUCCESS(status) && pin.pub.DeviceState != state) {
    status = step(pin, static_cast<KSSTATE>(pin.pub.DeviceState + (state > pin.pub.DeviceState ? 1 : -1)));
  }
  return status;
}

NTSTATUS reset_request(Pin& pin, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (location->Parameters.DeviceIoControl.InputBufferLength < sizeof(KSRESET))
    return complete(irp, STATUS_INVALID_BUFFER_SIZE);
  const KSRESET reset = *static_cast<const KSRESET*>(location->Parameters.DeviceIoControl.Type3InputBuffer);
  if (reset != KSRESET_BEGIN && reset != KSRESET_END) return complete(irp, STATUS_INVALID_PARAMETER);
  {
    Hold held(pin.filter->control);
    pin.pub.ResetState = reset;
    if (reset == KSRESET_BEGIN) flush(pin);
  }
  return complete(irp, STATUS_SUCCESS);
}

}  // namespace p2p::ks
