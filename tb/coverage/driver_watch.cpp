#include "tb/coverage/driver_watch.h"

#include <algorithm>
#include <array>

namespace p2p::coverage {
namespace {

using tb::field_value;

constexpr std::uint64_t kNone = ~std::uint64_t{0};
constexpr std::uint64_t kCancelledStatus = 0xC0000120, kDispatchLevel = 2;

bool failed(std::uint64_t status) { return (status >> 31 & 1) != 0; }

std::size_t amount(std::size_t buffers) { return buffers < 2 ? buffers : buffers < 4 ? 2 : 3; }

/// Major functions in the order of the axis of `request`, "other" behind them. A pin's stream request has none of its
/// own: it is told by its queue.
constexpr std::uint64_t kNoMajor = 0x100;
constexpr std::array<std::uint64_t, 8> kMajors{0x00, 0x12, 0x02, kNoMajor, 0x0E, 0x16, 0x1B, 0x17};
constexpr std::size_t kStream = 3;

std::size_t kind(std::uint64_t major) {
  return static_cast<std::size_t>(std::find(kMajors.begin(), kMajors.end(), major) - kMajors.begin());
}

}  // namespace

Load DriverWatch::Pin::load() const {
  if (frames.empty()) return kEmpty;
  return std::any_of(frames.begin(), frames.end(), [](const auto& entry) { return entry.second.in_hand; }) ? kInHand
                                                                                                           : kWaiting;
}

PinState DriverWatch::furthest() const {
  PinState state = kNoPin;
  for (const auto& [id, pin] : pins_) state = std::max(state, pin.state);
  return state;
}

void DriverWatch::on_event(std::uint64_t, std::string_view layer, std::string_view event, Fields fields) {
  if (layer == "sim") return sim(event);
  if (layer == "ks") return ks(event, fields);
  if (layer != "ntos") return;
  if (event.substr(0, 4) == "irp.") return irp(event, fields);
  interrupts(event, fields);
}

void DriverWatch::sim(std::string_view event) {
  if (event == "irq.line") by_message_ = false;
  if (event == "irq.message") by_message_ = true;
  if (event != "frame.sof") return;
  std::size_t buffers = 0;
  for (const auto& [id, pin] : pins_) buffers += pin.frames.size();
  bins_.source_frame.hit(furthest(), amount(buffers));
}

void DriverWatch::state_changed(Fields fields) {
  const std::uint64_t from = field_value(fields, "from", 0), to = field_value(fields, "to", 0);
  const bool refused = failed(field_value(fields, "status", 0));
  const std::size_t change = to == from + 1 ? from : from == to + 1 ? 6 - from : 6;
  bins_.pin_state.hit(change, refused ? 1 : 0);
  Pin& pin = pins_[field_value(fields, "pin", kNone)];
  if (refused) return;
  pin.state = static_cast<PinState>(kStop + to);
  bins_.state_load.hit(to, pin.load());
}

void DriverWatch::ks(std::string_view event, Fields fields) {
  const std::uint64_t id = field_value(fields, "pin", kNone), frame = field_value(fields, "frame", kNone);
  if (event == "pin.create" && !failed(field_value(fields, "status", 0))) pins_.try_emplace(id);
  if (event == "pin.close") pins_.erase(id);
  if (event == "pin.state") state_changed(fields);
  const auto found = pins_.find(id);
  if (frame == kNone || found == pins_.end()) return;
  Pin& pin = found->second;
  if (event == "queue.insert") {
    const std::uint64_t irp = field_value(fields, "irp", 0);
    pin.frames[frame] = {irp, false};
    requests_[irp].stream = true;
    requests_[irp].pin = id;
  } else if (event == "edge.advance") {
    if (const auto at = pin.frames.find(frame); at != pin.frames.end()) at->second.in_hand = true;
  } else if (event == "frame.complete") {
    pin.frames.erase(frame);
    bins_.buffer_end.hit(field_value(fields, "bytes", 0) != 0 ? 0 : 1, pin.state - kStop);
    const auto processor = processors_.find(field_value(fields, "cpu", kNone));
    if (processor != processors_.end() && processor->second.in_dpc) ++processor->second.finished;
  }
}

void DriverWatch::irp(std::string_view event, Fields fields) {
  const std::uint64_t id = field_value(fields, "irp", 0);
  if (event == "irp.create") requests_[id] = {};
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  Request& request = found->second;
  if (event == "irp.call") {
    if (!request.called) request.major = field_value(fields, "major", kNone);
    request.called = true;
  } else if (event == "irp.complete") {
    request.completed = true;
    request.pended |= field_value(fields, "pending", 0) != 0;
    request.status = field_value(fields, "status", 0);
    const std::uint64_t irql = field_value(fields, "irql", 0);
    const bool in_dpc = processors_[field_value(fields, "cpu", 0)].in_dpc;
    bins_.completion.hit(in_dpc                   ? 2
                         : irql >= kDispatchLevel ? 1
                                                  : 0,
                         !failed(request.status)              ? 0
                         : request.status == kCancelledStatus ? 2
                                                              : 1);
  } else if (event == "irp.cancel") {
    request.cancelled = true;
    bool queued = false, in_hand = false;
    const auto pin = pins_.find(request.pin);
    if (request.stream && pin != pins_.end()) {
      for (const auto& [number, frame] : pin->second.frames) {
        queued |= frame.irp == id;
        in_hand |= frame.irp == id && frame.in_hand;
      }
    }
    bins_.cancel.hit(in_hand ? 2 : queued ? 1 : 0, queued ? pin->second.state : furthest());
  } else if (event == "irp.free") {
    ended(request);
    requests_.erase(found);
  }
}

void DriverWatch::ended(const Request& request) {
  if (!request.called || !request.completed) return;
  std::size_t end = request.pended ? 2 : 0;
  if (failed(request.status)) ++end;
  if (request.cancelled && request.status == kCancelledStatus) end = 4;
  bins_.request.hit(request.stream ? kStream : kind(request.major), end);
}

void DriverWatch::interrupts(std::string_view event, Fields fields) {
  const std::uint64_t cpu = field_value(fields, "cpu", kNone);
  if (cpu == kNone) return;
  Processor& processor = processors_[cpu];
  if (event == "isr.enter") {
    processor.in_isr = true;
    processor.queued = false;
    processor.meanwhile = 0;
    for (const auto& [number, other] : processors_) {
      if (other.in_dpc) processor.meanwhile = number == cpu ? 1 : std::max<std::size_t>(processor.meanwhile, 2);
      if (processor.meanwhile == 1) break;
    }
    bins_.interrupt_state.hit(furthest(), by_message_ ? 1 : 0);
  } else if (event == "isr.exit") {
    processor.in_isr = false;
    const bool claimed = field_value(fields, "claimed", 0) != 0;
    bins_.interrupt.hit(processor.meanwhile, !claimed ? 2 : processor.queued ? 0 : 1);
  } else if (event == "dpc.queue") {
    // `cpu` is where it will run, which need not be where the service routine does.
    for (auto& [number, other] : processors_) other.queued |= other.in_isr;
  } else if (event == "dpc.enter") {
    processor.in_dpc = true;
    processor.finished = 0;
  } else if (event == "dpc.exit") {
    processor.in_dpc = false;
    bins_.dpc_frames.hit(amount(processor.finished));
  }
}

}  // namespace p2p::coverage
