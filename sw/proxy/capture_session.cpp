// proxy/capture.h: the application's view.
#include "proxy/capture.h"

#include <utility>

#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/capture_state.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/video_range.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {
namespace {

std::string size_text(const CaptureFormat& format) {
  return "YUY2 " + std::to_string(format.width) + "x" + std::to_string(format.height);
}

}  // namespace

std::string narrow(std::u16string_view text) {
  std::string out;
  for (const char16_t c : text) out.push_back(c < 128 ? static_cast<char>(c) : '?');
  return out;
}

std::string status_text(std::int32_t nt_status) { return nt_status_text(nt_status); }

CaptureSession::CaptureSession() : state_(std::make_unique<State>()) {}

CaptureSession::~CaptureSession() { close(); }

CaptureResult CaptureSession::open(unsigned index) {
  State& s = *state_;
  if (s.filter.handle() != nullptr) return {E_UNEXPECTED, "open: this session has a filter open"};
  const std::vector<std::u16string> links = nt::enumerate_device_interfaces(&kCategoryCapture);
  if (index >= links.size()) {
    return {HRESULT_FROM_WIN32(ERROR_NO_MORE_ITEMS), "open: no capture filter " + std::to_string(index) + ", " +
                                                         std::to_string(links.size()) +
                                                         " registered under KSCATEGORY_CAPTURE"};
  }
  const HRESULT hr = s.filter.open(links[index]);
  if (FAILED(hr)) return failed("open filter " + narrow(links[index]), hr);
  CaptureResult result = s.find_capture_pin();
  if (!result.ok()) s.filter.close();
  return result;
}

CaptureResult CaptureSession::State::find_capture_pin() {
  std::vector<PinOffer> pins;
  ULONG count = 0;
  CaptureResult result = find_pins(filter, &pins, &count);
  if (!result.ok()) return result;
  // The category is optional: without one the first pin that fits is taken.
  for (const PinOffer& each : pins) {
    if (each.dataflow == KSPIN_DATAFLOW_OUT && (!offer || (each.capture && !offer->capture))) offer = each;
  }
  if (!offer) {
    return {VFW_E_NOT_FOUND, "find the capture pin: none of " + std::to_string(count) +
                                 " pins is a data source that takes requests from user mode"};
  }
  return {};
}

CaptureResult CaptureSession::State::intersect(const CaptureFormat& wanted) {
  DataRangeList ranges;
  HRESULT hr = filter.data_ranges(offer->id, &ranges);
  if (FAILED(hr)) return failed("query KSPROPERTY_PIN_DATARANGES of " + pin_name(), hr);
  std::string reasons;
  HRESULT last = VFW_E_NO_TYPES;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::string label = (reasons.empty() ? "range " : "; range ") + std::to_string(i) + " ";
    const KS_DATARANGE_VIDEO* range = as_yuy2_range(ranges[i]);
    if (range == nullptr) {
      reasons += label + "is " + describe(ranges[i]);
      trace_try(offer->id, i, VFW_E_INVALIDSUBTYPE, "it is " + describe(ranges[i]));
      continue;
    }
    std::vector<std::uint8_t> found;
    hr = filter.intersect(offer->id, narrowed_range(*range, wanted), &found);
    const std::optional<std::string> excluded = mismatch(*range, wanted);
    if (FAILED(hr)) {
      last = hr;
      reasons += label + (excluded ? "excludes it (" + *excluded + ")" : "should fit it") + ", driver says " +
                 failed("intersection", hr).message;
      trace_try(offer->id, i, hr, excluded ? *excluded : "every field fits; the driver refuses");
      continue;
    }
    if (const std::optional<std::string> differs = check_intersection(found, wanted)) {
      last = VFW_E_TYPE_NOT_ACCEPTED;
      reasons += label + "was intersected to " + *differs;
      trace_try(offer->id, i, last, "the driver answers with " + *differs);
      continue;
    }
    trace_try(offer->id, i, S_OK, size_text(wanted));
    format = std::move(found);
    return {};
  }
  if (ranges.size() == 0) reasons = "it has no data ranges";
  return {last, "data intersection for " + size_text(wanted) + " on " + pin_name() + ": " + reasons};
}

CaptureResult CaptureSession::State::disconnect() {
  if (pin == nullptr) return {};
  stream.reset();
  return close_pin(std::exchange(pin, nullptr), offer->id);
}

CaptureResult CaptureSession::connect(const CaptureFormat& format) {
  State& s = *state_;
  if (!s.offer) return {VFW_E_NOT_CONNECTED, "connect: no filter is open"};
  if (s.pin != nullptr) return {VFW_E_ALREADY_CONNECTED, "connect: " + s.pin_name() + " is connected"};
  if (const std::optional<std::string> reason = reject_request(format)) {
    return {VFW_E_INVALIDMEDIATYPE, "connect " + size_text(format) + ": " + *reason};
  }
  CaptureResult result = s.intersect(format);
  if (result.ok()) result = create_pin(s.filter, *s.offer, s.format, "", &s.pin);
  if (result.ok()) s.stream = std::make_unique<CaptureStream>(*s.pin);
  return result;
}

CaptureResult CaptureSession::run(unsigned buffers, std::uint64_t hold_ns, Sink sink) {
  State& s = *state_;
  if (s.stream == nullptr) return {VFW_E_NOT_CONNECTED, "run: no pin is connected"};
  if (s.stream->running()) return {VFW_E_WRONG_STATE, "run: the stream runs"};
  return s.stream->start(buffers, sample_bytes(s.format), hold_ns, std::move(sink));
}

void CaptureSession::limit_reads(std::uint64_t most) {
  if (state_->pin != nullptr) state_->pin->limit_reads(most);
}

std::uint64_t CaptureSession::held_samples() const { return state_->stream == nullptr ? 0 : state_->stream->held(); }

std::uint64_t CaptureSession::wait_for(std::uint64_t frames, std::int64_t timeout_100ns) {
  return state_->stream == nullptr ? 0 : state_->stream->wait_for(frames, timeout_100ns);
}

CaptureResult CaptureSession::failure() const {
  return state_->stream == nullptr ? CaptureResult{} : state_->stream->failure();
}

CaptureResult CaptureSession::dropped_frames(std::uint64_t* dropped, std::uint64_t* captured) {
  State& s = *state_;
  if (s.pin == nullptr) return {VFW_E_NOT_CONNECTED, "dropped_frames: no pin is connected"};
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S answer{};
  ULONG returned = 0;
  const HRESULT hr = query_dropped_frames(*s.pin, &answer, &returned);
  if (FAILED(hr)) return failed("query KSPROPERTY_DROPPEDFRAMES_CURRENT of " + s.pin_name(), hr);
  if (returned != sizeof answer || answer.DropCount < 0 || answer.PictureNumber < 0) {
    return {HRESULT_FROM_WIN32(ERROR_INVALID_DATA), "query KSPROPERTY_DROPPEDFRAMES_CURRENT of " + s.pin_name() +
                                                        ": the driver returned " + std::to_string(returned) +
                                                        " bytes, " + std::to_string(answer.DropCount) + " drops of " +
                                                        std::to_string(answer.PictureNumber) + " pictures"};
  }
  if (dropped != nullptr) *dropped = static_cast<std::uint64_t>(answer.DropCount);
  if (captured != nullptr) *captured = static_cast<std::uint64_t>(answer.PictureNumber);
  return {};
}

CaptureResult CaptureSession::stop() {
  if (state_->stream == nullptr) return {VFW_E_NOT_CONNECTED, "stop: no pin is connected"};
  return state_->stream->stop();
}

CaptureResult CaptureSession::close() {
  State& s = *state_;
  CaptureResult result;
  if (s.stream != nullptr && s.stream->running()) result = s.stream->stop();
  if (s.stream != nullptr && s.stream->running()) {
    // The device still owns buffers: whatever it may touch is given up to it, not freed.
    static_cast<void>(s.stream.release());
    static_cast<void>(state_.release());
    state_ = std::make_unique<State>();
    return result;
  }
  CaptureResult step = s.disconnect();
  if (result.ok() && !step.ok()) result = std::move(step);
  const HRESULT hr = s.filter.close();
  if (result.ok() && FAILED(hr)) result = failed("close the filter", hr);
  s.offer.reset();
  return result;
}

}  // namespace p2p::proxy
