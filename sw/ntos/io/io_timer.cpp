// A device's timer: its routine is called once a second, at DISPATCH_LEVEL.
#include "sw/ntos/io/verify.h"

#include <map>
#include <memory>

#include "sw/ntos/io/io_timer.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr LONG kPeriodMs = 1000;

struct DeviceTimer {
  PDEVICE_OBJECT device;
  PIO_TIMER_ROUTINE routine;
  PVOID context;
  KTIMER timer;
  KDPC dpc;
};
std::map<PDEVICE_OBJECT, std::unique_ptr<DeviceTimer>>& timers() {
  static auto* const all = new std::map<PDEVICE_OBJECT, std::unique_ptr<DeviceTimer>>;
  return *all;
}

VOID NTAPI expired(PKDPC, PVOID context, PVOID, PVOID) {
  const auto* timer = static_cast<DeviceTimer*>(context);
  timer->routine(timer->device, timer->context);
}

DeviceTimer* timer_of(PDEVICE_OBJECT device) {
  auto found = timers().find(device);
  return found == timers().end() ? nullptr : found->second.get();
}
}  // namespace

namespace p2p::io {
void forget_timer(PDEVICE_OBJECT device) {
  DeviceTimer* timer = timer_of(device);
  if (timer == nullptr) return;
  KeCancelTimer(&timer->timer);
  KeRemoveQueueDpc(&timer->dpc);
  timers().erase(device);
}
}  // namespace p2p::io

extern "C" {

// Once for each device, before IoStartTimer. A device that has a timer already is bug check 0xC9/0x0A under the
// Verifier. PASSIVE_LEVEL.
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context) {
  io::verify(timer_of(DeviceObject) == nullptr, 0x0A, value_of(DeviceObject), 0, 0, "IoInitializeTimer",
             "IoInitializeTimer of a device that has a timer already");
  io::forget_timer(DeviceObject);
  auto timer = std::make_unique<DeviceTimer>();
  timer->device = DeviceObject;
  timer->routine = TimerRoutine;
  timer->context = Context;
  KeInitializeTimer(&timer->timer);
  KeInitializeDpc(&timer->dpc, expired, timer.get());
  timers()[DeviceObject] = std::move(timer);
  return STATUS_SUCCESS;
}

// IRQL <= DISPATCH_LEVEL. Nothing happens for a device without a timer.
VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject) {
  DeviceTimer* timer = timer_of(DeviceObject);
  if (timer == nullptr) return;
  LARGE_INTEGER due;
  due.QuadPart = -LONGLONG{10000} * kPeriodMs;
  KeSetTimerEx(&timer->timer, due, kPeriodMs, &timer->dpc);
}

// IRQL <= DISPATCH_LEVEL; not from the timer's routine.
VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject) {
  if (DeviceTimer* timer = timer_of(DeviceObject); timer != nullptr) KeCancelTimer(&timer->timer);
}

}  // extern "C"
