// When the pin's Process dispatch runs, and at which IRQL (R-PR-1..7).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
/// Process calls without progress after which the driver is said to loop (R-PR-4).
constexpr unsigned kNoProgressLimit = 10000;

KSSTATE minimum_state(const Pin& pin) {
  return (pin.pub.Descriptor->Flags & KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY) != 0 ? KSSTATE_RUN : KSSTATE_PAUSE;
}

bool ready(const Pin& pin) {
  return pin.queue != nullptr && pin.pub.DeviceState >= minimum_state(pin) &&
         (pin.queue->has_data() || (pin.pub.Descriptor->Flags & KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING) != 0);
}

void process_now(Pin& pin) {
  if (pin.is_processing) {
    pin.process_again = true;  // R-PR-7: not lost
    return;
  }
  pin.is_processing = true;
  const PFNKSPIN dispatch = pin.pub.Descriptor->Dispatch->Process;
  const bool passive = KeGetCurrentIrql() < DISPATCH_LEVEL;
  unsigned idle_calls = 0;
  do {
    pin.process_again = false;
    for (bool more = true; more && ready(pin);) {
      const Frame* before = pin.queue->leading().frame;
      const KIRQL irql = KeGetCurrentIrql();
      if (passive) KeWaitForSingleObject(&pin.processing, Executive, KernelMode, FALSE, nullptr);
      const NTSTATUS status = dispatch(&pin.pub);
      if (passive) KeReleaseMutex(&pin.processing, FALSE);
      if (KeGetCurrentIrql() != irql) {
        ntos::bug_check(0xC4, 0x81008, irql, KeGetCurrentIrql(), 0, "KsIrqlPinCallbacks",
                        "Process returned at another IRQL");
      }
      more = status == STATUS_SUCCESS;
      idle_calls = pin.queue != nullptr && pin.queue->leading().frame == before ? idle_calls + 1 : 0;
      if (more && idle_calls > kNoProgressLimit) {
        ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn",
                        "Process returns STATUS_SUCCESS again and again without moving the leading edge");
      }
    }
  } while (pin.process_again);
  pin.is_processing = false;
}

struct Work {
  PIO_WORKITEM item;
  Pin* pin;
};
VOID NTAPI process_work(PDEVICE_OBJECT device, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  auto* work = static_cast<Work*>(context);
  ObjectKind kind;
  // The pin may have been closed meanwhile.
  if (object_kind(work->pin, &kind) && kind == ObjectKind::kPin) process_now(*work->pin);
  IoFreeWorkItem(work->item);
  delete work;
}
}  // namespace

void attempt_processing(Pin& pin, bool asynchronous) {
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch == nullptr || dispatch->Process == nullptr || !ready(pin)) return;
  const bool level_ok =
      KeGetCurrentIrql() == PASSIVE_LEVEL ||
      (KeGetCurrentIrql() <= DISPATCH_LEVEL && (pin.pub.Descriptor->Flags & KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING) != 0);
  if (!asynchronous && level_ok) {
    process_now(pin);
    return;
  }
  auto* work = new Work{IoAllocateWorkItem(pin.filter->factory->device->pub.FunctionalDeviceObject), &pin};
  IoQueueWorkItem(work->item, process_work, DelayedWorkQueue, work);
}

}  // namespace p2p::ks

extern "C" {

void NTAPI KsPinAttemptProcessing(PKSPIN Pin, BOOLEAN Asynchronous) {
  p2p::ks::attempt_processing(*reinterpret_cast<p2p::ks::Pin*>(Pin), Asynchronous != FALSE);
}

}  // extern "C"
