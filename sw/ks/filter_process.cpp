// Filter-centric processing: one dispatch for all pins of a filter (R-PR-8).
#include "sw/ks/ddk.h"

#include <algorithm>

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
bool has_flag(const Pin& pin, ULONG flag) { return (pin.pub.Descriptor->Flags & flag) != 0; }

/// A pin in STOP, or on its way from there or to there, holds nobody up.
bool stopped(const Pin& pin) {
  return !pin.queue->is_open() || pin.pub.DeviceState == KSSTATE_STOP || pin.pub.ClientState == KSSTATE_STOP;
}

/// Is the pin at or above its minimum state?
bool active(const Pin& pin) {
  const KSSTATE minimum = has_flag(pin, KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY) ? KSSTATE_RUN : KSSTATE_PAUSE;
  return pin.queue->is_open() && pin.pub.DeviceState >= minimum && pin.pub.ClientState >= minimum;
}

class FilterProcessor final : public Processor {
 public:
  explicit FilterProcessor(Filter& filter)
      : Processor(*filter.factory->device, filter.pub.Descriptor->Flags, filter.gate), filter_(filter) {}

 private:
  bool ready() const override;
  NTSTATUS dispatch() override;
  std::uint64_t progress() const override;
  bool enough_instances() const;
  bool any_in_run() const;

  Filter& filter_;
};

/// R-KS-7: pins at or above their minimum state, by type.
bool FilterProcessor::enough_instances() const {
  for (ULONG id = 0; id < filter_.pub.Descriptor->PinDescriptorsCount; ++id) {
    const auto count = std::count_if(filter_.pins.begin(), filter_.pins.end(),
                                     [id](const Pin* pin) { return pin->pub.Id == id && active(*pin); });
    if (static_cast<ULONG>(count) < pin_descriptor(filter_, id)->InstancesNecessary) return false;
  }
  return true;
}

/// Where pins ask for it, at least one of them must be in RUN.
bool FilterProcessor::any_in_run() const {
  bool asked = false;
  for (const Pin* pin : filter_.pins) {
    if (!has_flag(*pin, KSPIN_FLAG_PROCESS_IF_ANY_IN_RUN_STATE)) continue;
    asked = true;
    if (pin->pub.DeviceState == KSSTATE_RUN && pin->pub.ClientState == KSSTATE_RUN) return true;
  }
  return !asked;
}

bool FilterProcessor::ready() const {
  bool any = false;
  for (const Pin* pin : filter_.pins) {
    if (stopped(*pin)) continue;
    if (!active(*pin)) return false;
    any = true;
    if (pin->gate.Count <= 0) return false;
    if (pin->copy_source != nullptr) continue;    // R-SPL-2: it holds nobody up
    if (pin->attached_gate != nullptr) continue;  // that gate says when its frames matter
    if (pin->queue->has_data() || has_flag(*pin, KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING)) continue;
    if (!has_flag(*pin, KSPIN_FLAG_SOME_FRAMES_REQUIRED_FOR_PROCESSING)) return false;
    const bool sibling_has = std::any_of(filter_.pins.begin(), filter_.pins.end(), [pin](const Pin* other) {
      return other->pub.Id == pin->pub.Id && active(*other) && other->queue->has_data();
    });
    if (!sibling_has) return false;
  }
  return any && enough_instances() && any_in_run();
}

/// One pin in a dispatch.
struct ProcessPin {
  KSPROCESSPIN pub{};  // first: KsProcessPinUpdate gets back from it
  Pin* pin = nullptr;
};

/// Locks the pin's leading edge and shows what is there.
void show(ProcessPin& entry) {
  if (entry.pin->copy_source != nullptr) return;
  Queue& queue = *entry.pin->queue;
  StreamPointer& leading = queue.leading();
  entry.pub.StreamPointer = nullptr;
  entry.pub.Data = nullptr;
  entry.pub.BytesAvailable = 0;
  entry.pub.BytesUsed = 0;
  entry.pub.Flags = 0;
  entry.pub.Terminate = FALSE;
  Queue::Guard guard(queue);
  if (!leading.locked && !NT_SUCCESS(queue.lock_pointer(leading))) return;
  entry.pub.StreamPointer = &leading.pub;
  entry.pub.Data = leading.pub.Offset->Data;
  entry.pub.BytesAvailable = leading.pub.Offset->Remaining;
  if (entry.pin->pub.DataFlow == KSPIN_DATAFLOW_IN) entry.pub.Flags = leading.pub.StreamHeader->OptionsFlags;
}

/// What the dispatch did with the frame: moves the edge, completes a frame that is used up or terminated.
void settle(ProcessPin& entry) {
  if (entry.pub.StreamPointer == nullptr) return;
  Queue& queue = *entry.pin->queue;
  StreamPointer& leading = queue.leading();
  {
    Queue::Guard guard(queue);
    if (leading.locked && &leading.pub == entry.pub.StreamPointer) {
      KSSTREAM_POINTER_OFFSET& offset = *leading.pub.Offset;
      if (entry.pub.BytesUsed > offset.Remaining) {
        violation(0x8100C, entry.pub.BytesUsed, offset.Remaining, 0, "KsInvalidStreamPointer",
                  "a filter's Process used more bytes than were available");
        entry.pub.BytesUsed = offset.Remaining;
      }
      offset.Data += entry.pub.BytesUsed;
      offset.Remaining -= entry.pub.BytesUsed;
      const bool output = entry.pin->pub.DataFlow == KSPIN_DATAFLOW_OUT;
      if (output) leading.pub.StreamHeader->DataUsed += entry.pub.BytesUsed;
      if (offset.Remaining == 0 || entry.pub.Terminate) {
        queue.advance(leading);
      } else {
        queue.unlock_pointer(leading);
      }
    }
  }
  entry.pub.StreamPointer = nullptr;
  queue.release_finished();
}

/// What an empty input frame says about the stream; such flags go on to the output frames that are next.
constexpr ULONG kPassedOn = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM | KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY |
                            KSSTREAM_HEADER_OPTIONSF_TIMEDISCONTINUITY;

/// Takes the empty frames at the pin's leading edge out of the driver's way; their flags.
ULONG skip_empty_frames(Pin& pin) {
  Queue& queue = *pin.queue;
  ULONG flags = 0;
  {
    Queue::Guard guard(queue);
    StreamPointer& leading = queue.leading();
    while (!leading.locked && leading.frame != nullptr && leading.frame->header->DataUsed == 0) {
      flags |= leading.frame->header->OptionsFlags & kPassedOn;
      queue.advance(leading);
    }
  }
  queue.release_finished();
  return flags;
}

/// The output pin's next frame goes out with these flags and the data that it has.
void pass_on(Pin& pin, ULONG flags) {
  Queue& queue = *pin.queue;
  {
    Queue::Guard guard(queue);
    StreamPointer& leading = queue.leading();
    if (leading.locked || leading.frame == nullptr) return;
    leading.frame->header->OptionsFlags |= flags;
    queue.advance(leading);
  }
  queue.release_finished();
}

/// Empty input frames go by the driver unless it wants them (R-PR-8).
void bypass_empty_frames(const std::vector<Pin*>& pins) {
  ULONG flags = 0;
  for (Pin* pin : pins) {
    if (pin->pub.DataFlow == KSPIN_DATAFLOW_IN) flags |= skip_empty_frames(*pin);
  }
  if (flags == 0) return;
  for (Pin* pin : pins) {
    if (pin->pub.DataFlow == KSPIN_DATAFLOW_OUT && pin->copy_source == nullptr) pass_on(*pin, flags);
  }
}

/// R-SPL-3.
void link_copies(std::vector<ProcessPin>& entries) {
  for (ProcessPin& copy : entries) {
    for (ProcessPin& source : entries) {
      if (copy.pin->copy_source == source.pin) copy.pub.CopySource = &source.pub;
    }
  }
}

NTSTATUS FilterProcessor::dispatch() {
  const KSFILTER_DESCRIPTOR& descriptor = *filter_.pub.Descriptor;
  std::vector<Pin*> pins;
  for (Pin* pin : filter_.pins) {
    if (active(*pin) && (pin->copy_source == nullptr || active(*pin->copy_source))) pins.push_back(pin);
  }
  if ((descriptor.Flags & KSFILTER_FLAG_RECEIVE_ZERO_LENGTH_SAMPLES) == 0) {
    bypass_empty_frames(pins);
    if (!ready()) return STATUS_PENDING;
  }
  std::vector<ProcessPin> entries(pins.size());
  std::vector<std::vector<PKSPROCESSPIN>> by_type(descriptor.PinDescriptorsCount);
  for (std::size_t i = 0; i < pins.size(); ++i) {
    entries[i].pin = pins[i];
    entries[i].pub.Pin = &pins[i]->pub;
    show(entries[i]);
    by_type[pins[i]->pub.Id].push_back(&entries[i].pub);
  }
  link_copies(entries);
  std::vector<KSPROCESSPIN_INDEXENTRY> index(descriptor.PinDescriptorsCount);
  for (std::size_t id = 0; id < index.size(); ++id) {
    index[id].Pins = by_type[id].data();
    index[id].Count = static_cast<ULONG>(by_type[id].size());
  }
  const NTSTATUS status = call_driver(CallbackOf::kFilter, "KSFILTER_DISPATCH.Process",
                                      [&] { return descriptor.Dispatch->Process(&filter_.pub, index.data()); });
  for (ProcessPin& entry : entries) settle(entry);
  return status;
}

std::uint64_t FilterProcessor::progress() const {
  std::uint64_t sum = 0;
  for (const Pin* pin : filter_.pins) {
    const StreamPointer& leading = pin->queue->leading();
    if (leading.frame == nullptr) continue;
    sum = sum * 31 + leading.frame->number;
    if (leading.prepared) sum = sum * 31 + leading.pub.Offset->Remaining;
  }
  return sum;
}
}  // namespace

std::shared_ptr<Processor> make_filter_processor(Filter& filter) { return std::make_shared<FilterProcessor>(filter); }

bool is_filter_centric(const Filter& filter) {
  const KSFILTER_DISPATCH* dispatch = filter.pub.Descriptor->Dispatch;
  return dispatch != nullptr && dispatch->Process != nullptr;
}

void frames_available(Pin& pin, bool available) {
  if (pin.attached_gate == nullptr) return;
  if (available) {
    KsGateTurnInputOn(pin.attached_gate);
  } else {
    KsGateTurnInputOff(pin.attached_gate);
  }
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

namespace {
Processor* processor_of(PKSFILTER filter, const char* routine) {
  Processor* processor = reinterpret_cast<ks::Filter*>(filter)->processor.get();
  if (processor == nullptr) {
    ntos::bug_check(0xC4, 0x8100C, 0, 0, 0, routine, std::string(routine) + " of a filter that is not filter-centric");
  }
  return processor;
}

/// R-GATE-3: PASSIVE_LEVEL, in STOP; nullptr detaches.
void attach_gate(PKSPIN pin, PKSGATE gate, bool is_and) {
  auto& self = *reinterpret_cast<ks::Pin*>(pin);
  if (KeGetCurrentIrql() != PASSIVE_LEVEL || self.pub.ClientState != KSSTATE_STOP) {
    violation(0x81009, KeGetCurrentIrql(), static_cast<std::uint64_t>(self.pub.ClientState), 0, "KsIrqlDDIs",
              "a gate is attached to a pin at PASSIVE_LEVEL in KSSTATE_STOP only");
  }
  // In STOP there are no frames: the pin's input is off.
  if (self.attached_gate != nullptr && self.attached_to_and) KsGateRemoveOffInputFromAnd(self.attached_gate);
  self.attached_gate = gate;
  self.attached_to_and = is_and;
  if (gate != nullptr && is_and) KsGateAddOffInputToAnd(gate);
}
}  // namespace

extern "C" {

void NTAPI KsFilterAttemptProcessing(PKSFILTER Filter, BOOLEAN Asynchronous) {
  processor_of(Filter, "KsFilterAttemptProcessing")->attempt(Asynchronous != FALSE);
}
PKSGATE NTAPI KsFilterGetAndGate(PKSFILTER Filter) { return &reinterpret_cast<ks::Filter*>(Filter)->gate; }
void NTAPI KsFilterAcquireProcessingMutex(PKSFILTER Filter) {
  processor_of(Filter, "KsFilterAcquireProcessingMutex")->acquire();
}
void NTAPI KsFilterReleaseProcessingMutex(PKSFILTER Filter) {
  processor_of(Filter, "KsFilterReleaseProcessingMutex")->release();
}

PKSGATE NTAPI KsPinGetAndGate(PKSPIN Pin) { return &reinterpret_cast<ks::Pin*>(Pin)->gate; }
void NTAPI KsPinAttachAndGate(PKSPIN Pin, PKSGATE AndGate) { attach_gate(Pin, AndGate, true); }
void NTAPI KsPinAttachOrGate(PKSPIN Pin, PKSGATE OrGate) { attach_gate(Pin, OrGate, false); }

/// Within a dispatch: settles what was used so far and shows what is there now. TRUE if there is something.
BOOLEAN NTAPI KsProcessPinUpdate(PKSPROCESSPIN ProcessPin) {
  auto& entry = *reinterpret_cast<ks::ProcessPin*>(ProcessPin);
  settle(entry);
  show(entry);
  return entry.pub.StreamPointer != nullptr;
}

}  // extern "C"
