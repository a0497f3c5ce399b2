// When Process runs, and at which IRQL (R-PR-1..7).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
/// Process calls without progress after which the driver is said to loop (R-PR-4).
constexpr unsigned kNoProgressLimit = 10000;
constexpr ULONGLONG kMutexLimitMs = 100;

class PinProcessor final : public Processor {
 public:
  explicit PinProcessor(Pin& pin)
      : Processor(*pin.filter->factory->device, pin.pub.Descriptor->Flags, pin.gate), pin_(pin) {}

 private:
  bool ready() const override {
    if (pin_.copy_source != nullptr) return false;  // R-SPL-2
    const KSPIN_DESCRIPTOR_EX& descriptor = *pin_.pub.Descriptor;
    if (descriptor.Dispatch == nullptr || descriptor.Dispatch->Process == nullptr || !pin_.queue->is_open()) {
      return false;
    }
    const KSSTATE minimum =
        (descriptor.Flags & KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY) != 0 ? KSSTATE_RUN : KSSTATE_PAUSE;
    // ClientState is lower from before the driver is told to leave the state.
    if (pin_.pub.DeviceState < minimum || pin_.pub.ClientState < minimum) return false;
    return pin_.queue->has_data() || (descriptor.Flags & KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING) != 0;
  }
  NTSTATUS dispatch() override {
    return call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Process",
                       [&] { return pin_.pub.Descriptor->Dispatch->Process(&pin_.pub); });
  }
  std::uint64_t progress() const override {
    const StreamPointer& leading = pin_.queue->leading();
    if (leading.frame == nullptr) return 0;
    return (leading.frame->number << 32) + (leading.prepared ? leading.pub.Offset->Remaining : MAXULONG);
  }

  Pin& pin_;
};
}  // namespace

std::shared_ptr<Processor> make_pin_processor(Pin& pin) { return std::make_shared<PinProcessor>(pin); }

Processor::Processor(Device& device, ULONG flags, const KSGATE& gate) : device_(device), flags_(flags), gate_(gate) {
  KeInitializeEvent(&idle_, NotificationEvent, TRUE);
  ExInitializeWorkItem(&item_, work, this);
}

bool Processor::may_begin() const { return !retired_ && !device_.asleep && gate_.Count > 0 && ready(); }

/// False: somebody else processes or keeps processing out, and goes on in our place (R-PR-7).
bool Processor::enter(bool passive) {
  SpinGuard guard(lock_);
  again_ = running_ || held_;
  if (again_) return false;
  running_ = true;
  at_dispatch_ = !passive;
  KeClearEvent(&idle_);
  return true;
}

/// False: an attempt came meanwhile.
bool Processor::leave(bool passive) {
  SpinGuard guard(lock_);
  if (again_ && (passive || !held_)) {
    again_ = false;
    return false;
  }
  running_ = false;
  KeSetEvent(&idle_, IO_NO_INCREMENT, FALSE);
  return true;
}

/// A dispatch at DISPATCH_LEVEL cannot wait for the mutex: whoever holds it goes on (R-PR-7).
bool Processor::kept_out() {
  SpinGuard guard(lock_);
  again_ = again_ || held_;
  return held_;
}

void Processor::run() {
  const bool passive = KeGetCurrentIrql() < DISPATCH_LEVEL;
  if (!enter(passive)) return;
  unsigned idle_calls = 0;
  do {
    for (bool more = true; more && may_begin();) {
      if (!passive && kept_out()) break;
      if (passive) mutex_.acquire();
      if (!may_begin()) {  // R-PR-1: the mutex's former owner has closed the gate or taken the frames
        if (passive) mutex_.release();
        break;
      }
      const std::uint64_t before = progress();
      const NTSTATUS status = dispatch();
      if (passive) mutex_.release();
      more = status == STATUS_SUCCESS;
      idle_calls = progress() == before ? idle_calls + 1 : 0;
      if (idle_calls > kNoProgressLimit) {
        ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn",
                        "Process is called again and again without getting on");
      }
    }
  } while (!leave(passive));
}

VOID NTAPI Processor::work(PVOID context) {
  auto* self = static_cast<Processor*>(context);
  std::shared_ptr<Processor> alive;
  {
    SpinGuard guard(self->lock_);
    alive.swap(self->queued_);  // an attempt that comes from now on queues it again
  }
  if (!alive->retired_) alive->run();
}

// R-PR-6.
void Processor::run_later() {
  {
    SpinGuard guard(lock_);
    if (queued_ != nullptr) return;  // the run that is about to begin finds what this one would have
    queued_ = shared_from_this();
  }
  const WORK_QUEUE_TYPE queue = (flags_ & KSPIN_FLAG_HYPERCRITICAL_PROCESSING) != 0 ? HyperCriticalWorkQueue
                                : (flags_ & KSPIN_FLAG_CRITICAL_PROCESSING) != 0    ? CriticalWorkQueue
                                                                                    : DelayedWorkQueue;
  ExQueueWorkItem(&item_, queue);
}

void Processor::attempt(bool asynchronous) {
  if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
    violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", "an attempt to process above DISPATCH_LEVEL");
  }
  if (!may_begin()) return;
  const KIRQL irql = KeGetCurrentIrql();
  const bool level_ok =
      irql == PASSIVE_LEVEL || (irql <= DISPATCH_LEVEL && (flags_ & KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING) != 0);
  if (!asynchronous && level_ok) {
    const auto alive = shared_from_this();
    run();
    return;
  }
  run_later();
}

void Processor::wait_idle() { KeWaitForSingleObject(&idle_, Executive, KernelMode, FALSE, nullptr); }

void initiate_processing(Pin& pin, bool asynchronous) {
  if ((pin.pub.Descriptor->Flags & KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING) == 0) pin.processor->attempt(asynchronous);
}

void Processor::settle_for_power() {
  keep_out();
  let_in();
}

void Processor::acquire() {
  if (mutex_.mine()) {
    violation(0x8100B, 0, 0, 0, "KsProcessingMutex", "the processing mutex was acquired recursively");
  }
  keep_out();
  acquired_at_ = KeQueryInterruptTime();
}

void Processor::keep_out() {
  mutex_.acquire();
  // A dispatch at DISPATCH_LEVEL cannot take the mutex; it is kept out by `held_`, and one under way is waited for.
  bool wait = false;
  {
    SpinGuard guard(lock_);
    held_ = true;
    wait = running_ && at_dispatch_;
  }
  if (wait) wait_idle();
}

void Processor::release() {
  if (!mutex_.mine()) {
    violation(0x8100B, 1, 0, 0, "KsProcessingMutex",
              "the processing mutex was released by a thread that does not hold it");
    return;
  }
  const ULONGLONG held = milliseconds_since(acquired_at_);
  if (held > kMutexLimitMs) {
    violation(0x82005, held, kMutexLimitMs, 0, "KsTimedProcessingMutex",
              "the minidriver kept the processing mutex for " + std::to_string(held) + " ms, 100 at most are allowed");
  }
  let_in();
}

void Processor::let_in() {
  bool again = false;
  {
    SpinGuard guard(lock_);
    held_ = false;
    again = again_ && !running_;  // who runs sees it
    if (again) again_ = false;
  }
  mutex_.release();
  if (again) attempt(false);
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

void NTAPI KsPinAttemptProcessing(PKSPIN Pin, BOOLEAN Asynchronous) {
  reinterpret_cast<ks::Pin*>(Pin)->processor->attempt(Asynchronous != FALSE);
}
void NTAPI KsPinAcquireProcessingMutex(PKSPIN Pin) { reinterpret_cast<ks::Pin*>(Pin)->processor->acquire(); }
void NTAPI KsPinReleaseProcessingMutex(PKSPIN Pin) { reinterpret_cast<ks::Pin*>(Pin)->processor->release(); }

}  // extern "C"
