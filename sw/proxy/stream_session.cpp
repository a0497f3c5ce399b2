// proxy/stream.h: a filter of any kind, with the streams it offers.
#include "proxy/stream.h"

#include <algorithm>
#include <array>

#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/capture_stream.h"
#include "sw/proxy/feed_stream.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/session_pin.h"
#include "sw/proxy/stream_format.h"
#include "sw/proxy/video_range.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {

namespace {
struct Stream {
  ULONG pin_id = 0;
  StreamFormat format;
  KsPin* pin = nullptr;                   // one reference
  std::unique_ptr<CaptureStream> stream;  // of a source
  std::unique_ptr<FeedStream> feed;       // of the input pin
};
}  // namespace

struct StreamSession::State {
  FilterConnection filter;
  std::vector<PinOffer> sources, inputs;
  std::vector<Stream> streams;
  std::optional<Stream> input;

  CaptureResult sort_pins();
  bool negotiate(ULONG id, const WantedStreams& wanted, std::vector<std::uint8_t>* data_format, StreamFormat* format,
                 std::string* reasons);
  CaptureResult create(const PinOffer& offer, const std::vector<std::uint8_t>& data_format, const StreamFormat& format,
                       Stream* stream);
  CaptureResult connect_input(const WantedStreams& wanted, WantedStreams* outputs);
  CaptureResult disconnect(Stream& stream);
  bool has(bool video) const {
    return std::any_of(streams.begin(), streams.end(),
                       [=](const Stream& stream) { return stream.format.video.has_value() == video; });
  }
};

StreamSession::StreamSession() : state_(std::make_unique<State>()) {}
StreamSession::~StreamSession() { close(); }

CaptureResult StreamSession::open() {
  State& s = *state_;
  if (s.filter.handle() != nullptr) return {E_UNEXPECTED, "open: this session has a filter open"};
  for (const GUID& category :
       {kCategoryCapture, kCategoryVideo, kCategoryAudio, kCategoryDataTransform, kCategoryRender}) {
    const std::vector<std::u16string> links = nt::enumerate_device_interfaces(&category);
    if (links.empty()) continue;
    const HRESULT hr = s.filter.open(links.front());
    return FAILED(hr) ? failed("open the filter", hr) : s.sort_pins();
  }
  return {HRESULT_FROM_WIN32(ERROR_NO_MORE_ITEMS),
          "open: the driver registered no filter under KSCATEGORY_CAPTURE, VIDEO, AUDIO, DATATRANSFORM or RENDER"};
}

/// Capture pins come first.
CaptureResult StreamSession::State::sort_pins() {
  std::vector<PinOffer> pins;
  ULONG count = 0;
  CaptureResult result = find_pins(filter, &pins, &count);
  if (!result.ok()) return result;
  for (const PinOffer& pin : pins) (pin.dataflow == KSPIN_DATAFLOW_OUT ? sources : inputs).push_back(pin);
  std::stable_partition(sources.begin(), sources.end(), [](const PinOffer& pin) { return pin.capture; });
  return {};
}

bool StreamSession::State::negotiate(ULONG id, const WantedStreams& wanted, std::vector<std::uint8_t>* data_format,
                                     StreamFormat* format, std::string* reasons) {
  DataRangeList ranges;
  const HRESULT listed = filter.data_ranges(id, &ranges);
  if (FAILED(listed)) {
    *reasons += failed("; query KSPROPERTY_PIN_DATARANGES of " + pin_name(id), listed).message;
    return false;
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::string label = "; " + pin_name(id) + " range " + std::to_string(i) + " (" + describe(ranges[i]) + "): ";
    const std::optional<std::vector<std::uint8_t>> request = range_request(ranges[i], wanted);
    if (!request) {
      *reasons += label + "not known here";
      trace_try(id, i, VFW_E_INVALIDSUBTYPE, "it is " + describe(ranges[i]));
      continue;
    }
    const HRESULT hr = filter.intersect(id, *request, data_format);
    if (FAILED(hr)) {
      *reasons += label + failed("the driver refuses", hr).message;
      trace_try(id, i, hr, "the driver refuses");
      continue;
    }
    std::string why;
    const std::optional<StreamFormat> found = read_format(*data_format, &why);
    const bool size_kept = found && (!found->video || ((!wanted.width || found->video->width == *wanted.width) &&
                                                       (!wanted.height || found->video->height == *wanted.height)));
    if (found && size_kept) {
      *format = *found;
      trace_try(id, i, S_OK, found->text());
      return true;
    }
    const std::string answer = "the driver answers " + (found ? found->text() : why);
    *reasons += label + answer;
    trace_try(id, i, VFW_E_TYPE_NOT_ACCEPTED, answer);
  }
  return false;
}

CaptureResult StreamSession::State::create(const PinOffer& offer, const std::vector<std::uint8_t>& data_format,
                                           const StreamFormat& format, Stream* stream) {
  CaptureResult result = create_pin(filter, offer, data_format, " for " + format.text(), &stream->pin);
  if (!result.ok()) return result;
  stream->pin_id = offer.id;
  stream->format = format;
  KsPin* pin = stream->pin;
  if (offer.dataflow == KSPIN_DATAFLOW_OUT) {
    stream->stream = std::make_unique<CaptureStream>(*pin);
  } else {
    stream->feed = std::make_unique<FeedStream>(*pin);
    return {};  // what is written is as large as a picture
  }
  // How large a buffer the driver wants, where it says so.
  KSPROPERTY property{};
  property.Set = kPropsetConnection;
  property.Id = KSPROPERTY_CONNECTION_ALLOCATORFRAMING;
  property.Flags = KSPROPERTY_TYPE_GET;
  KSALLOCATOR_FRAMING framing{};
  ULONG returned = 0;
  if (SUCCEEDED(pin->KsProperty(&property, sizeof property, &framing, sizeof framing, &returned)) &&
      returned == sizeof framing && framing.FrameSize != 0)
    stream->format.sample_bytes =
        format.audio ? framing.FrameSize : std::max(stream->format.sample_bytes, framing.FrameSize);
  return {};
}

/// The first input pin that takes YUY2. What comes out of the filter is wanted in the same size.
CaptureResult StreamSession::State::connect_input(const WantedStreams& wanted, WantedStreams* outputs) {
  std::string reasons;
  for (const PinOffer& pin : inputs) {
    std::vector<std::uint8_t> data_format;
    StreamFormat format;
    if (!negotiate(pin.id, wanted, &data_format, &format, &reasons)) continue;
    if (!format.video || format.video->layout != PixelLayout::kYuy2) {
      reasons += "; " + pin_name(pin.id) + " takes " + format.text();
      continue;
    }
    Stream stream;
    CaptureResult result = create(pin, data_format, format, &stream);
    if (!result.ok()) return result;
    outputs->width = format.video->width;
    outputs->height = format.video->height;
    input = std::move(stream);
    return {};
  }
  return {VFW_E_NO_TYPES, "connect: no input pin takes YUY2, which is what it can be fed with" + reasons};
}

CaptureResult StreamSession::connect(const WantedStreams& wanted) {
  State& s = *state_;
  if (s.filter.handle() == nullptr) return {VFW_E_NOT_CONNECTED, "connect: no filter is open"};
  if (!s.streams.empty() || s.input) return {VFW_E_ALREADY_CONNECTED, "connect: this session is connected"};
  WantedStreams outputs = wanted;
  CaptureResult result = s.inputs.empty() ? CaptureResult{} : s.connect_input(wanted, &outputs);
  std::string reasons;
  for (const PinOffer& source : s.sources) {
    std::vector<std::uint8_t> data_format;
    StreamFormat format;
    if (!result.ok()) return result;
    if (!s.negotiate(source.id, outputs, &data_format, &format, &reasons)) continue;
    if (s.has(format.video.has_value())) continue;
    Stream stream;
    result = s.create(source, data_format, format, &stream);
    if (result.ok()) s.streams.push_back(std::move(stream));
  }
  const bool renders = s.input && s.sources.empty();
  if (!result.ok() || !s.streams.empty() || renders) return result;
  if (s.sources.empty()) reasons = "; it has no pin that is a source for user mode";
  return {VFW_E_NO_TYPES, "connect: no pin offers a format that is known here" + reasons};
}

bool StreamSession::takes_input() const { return !state_->inputs.empty(); }
const StreamFormat* StreamSession::feed_format() const { return state_->input ? &state_->input->format : nullptr; }
unsigned StreamSession::feed_pin_id() const { return state_->input ? state_->input->pin_id : 0; }
std::uint64_t StreamSession::fed() const { return state_->input ? state_->input->feed->written() : 0; }
bool StreamSession::feed_finished() const { return state_->input && state_->input->feed->finished(); }
std::size_t StreamSession::count() const { return state_->streams.size(); }
const StreamFormat& StreamSession::format(std::size_t stream) const { return state_->streams.at(stream).format; }
unsigned StreamSession::pin_id(std::size_t stream) const { return state_->streams.at(stream).pin_id; }

CaptureResult StreamSession::run(unsigned buffers, std::uint64_t hold_ns, const Sink& sink, Feed feed) {
  std::vector<Stream>& streams = state_->streams;
  std::optional<Stream>& input = state_->input;
  if (streams.empty() && !input) return {VFW_E_NOT_CONNECTED, "run: no pin is connected"};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    CaptureResult result = streams[i].stream->start(buffers, streams[i].format.sample_bytes, hold_ns,
                                                    [i, sink](const DeliveredSample& sample) { sink(i, sample); });
    if (result.ok()) continue;
    result.message = pin_name(streams[i].pin_id) + ": " + result.message;
    return result;
  }
  if (!input || !feed) return {};
  const VideoFormat& pictures = *input->format.video;
  CaptureResult result = input->feed->start(buffers, static_cast<std::uint32_t>(pictures.bytes()),
                                            static_cast<std::int64_t>(pictures.frame_interval_100ns), std::move(feed));
  if (!result.ok()) result.message = pin_name(input->pin_id) + ": " + result.message;
  return result;
}

std::uint64_t StreamSession::wait_for(std::size_t stream, std::uint64_t samples, std::int64_t timeout_100ns) {
  return state_->streams.at(stream).stream->wait_for(samples, timeout_100ns);
}

CaptureResult StreamSession::failure() const {
  for (const Stream& stream : state_->streams) {
    CaptureResult result = stream.stream->failure();
    if (!result.ok()) return {result.status, pin_name(stream.pin_id) + ": " + result.message};
  }
  if (!state_->input) return {};
  CaptureResult result = state_->input->feed->failure();
  if (!result.ok()) result.message = pin_name(state_->input->pin_id) + ": " + result.message;
  return result;
}

std::optional<std::uint64_t> StreamSession::dropped_frames(std::size_t stream) {
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S answer{};
  ULONG returned = 0;
  const HRESULT hr = query_dropped_frames(*state_->streams.at(stream).pin, &answer, &returned);
  if (FAILED(hr) || returned != sizeof answer || answer.DropCount < 0) return std::nullopt;
  return static_cast<std::uint64_t>(answer.DropCount);
}

CaptureResult StreamSession::stop() {
  CaptureResult result;
  // In the reverse order of their start.
  if (state_->input && state_->input->feed->running()) {
    result = state_->input->feed->stop();
    if (!result.ok()) result.message = pin_name(state_->input->pin_id) + ": " + result.message;
  }
  for (auto stream = state_->streams.rbegin(); stream != state_->streams.rend(); ++stream) {
    if (!stream->stream->running()) continue;
    CaptureResult step = stream->stream->stop();
    if (result.ok() && !step.ok()) result = {step.status, pin_name(stream->pin_id) + ": " + step.message};
  }
  return result;
}

CaptureResult StreamSession::State::disconnect(Stream& stream) {
  stream.stream.reset();
  stream.feed.reset();
  return close_pin(stream.pin, stream.pin_id);
}

CaptureResult StreamSession::close() {
  State& s = *state_;
  CaptureResult result = stop();
  const bool held =
      std::any_of(s.streams.begin(), s.streams.end(), [](const Stream& stream) { return stream.stream->running(); }) ||
      (s.input && s.input->feed->running());
  if (held) {
    // The device still owns buffers: whatever it may touch is given up to it, not freed.
    for (Stream& stream : s.streams) static_cast<void>(stream.stream.release());
    if (s.input) static_cast<void>(s.input->feed.release());
    static_cast<void>(state_.release());
    state_ = std::make_unique<State>();
    return result;
  }
  for (Stream& stream : s.streams) {
    CaptureResult step = s.disconnect(stream);
    if (result.ok()) result = std::move(step);
  }
  if (s.input) {
    CaptureResult step = s.disconnect(*s.input);
    if (result.ok()) result = std::move(step);
  }
  s.streams.clear();
  s.input.reset();
  s.sources.clear();
  s.inputs.clear();
  const HRESULT hr = s.filter.close();
  if (result.ok() && FAILED(hr)) result = failed("close the filter", hr);
  return result;
}

}  // namespace p2p::proxy
