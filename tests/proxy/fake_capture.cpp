#include "fake_capture.h"

#include <algorithm>
#include <cstring>

#include "sw/proxy/guids.h"

namespace p2p::fake {
namespace {

using namespace p2p::proxy;

constexpr nt::Status kPending = 0x103;

nt::Status as_status(NTSTATUS status) { return status; }

/// The sizing rules of a property get (R-PROP-2).
nt::Status answer(Request& request, const void* value, std::size_t bytes) {
  request.information = bytes;
  if (request.output_bytes == 0) return as_status(STATUS_BUFFER_OVERFLOW);
  if (request.output_bytes < bytes) return as_status(STATUS_BUFFER_TOO_SMALL);
  std::memcpy(request.output, value, bytes);
  return 0;
}

template <class T>
nt::Status answer_list(Request& request, const std::vector<T>& items) {
  std::vector<std::uint8_t> list(sizeof(KSMULTIPLE_ITEM) + items.size() * sizeof(T));
  const KSMULTIPLE_ITEM head{static_cast<ULONG>(list.size()), static_cast<ULONG>(items.size())};
  std::memcpy(list.data(), &head, sizeof head);
  if (!items.empty()) std::memcpy(list.data() + sizeof head, items.data(), items.size() * sizeof(T));
  return answer(request, list.data(), list.size());
}

}  // namespace

KS_DATARANGE_VIDEO yuy2_range(LONG least, LONG most) {
  KS_DATARANGE_VIDEO range{};
  range.DataRange.FormatSize = sizeof range;
  range.DataRange.MajorFormat = kTypeVideo;
  range.DataRange.SubFormat = kSubtypeYuy2;
  range.DataRange.Specifier = kSpecifierVideoInfo;
  range.bFixedSizeSamples = TRUE;
  range.ConfigCaps.guid = kSpecifierVideoInfo;
  range.ConfigCaps.MinOutputSize = {least, least};
  range.ConfigCaps.MaxOutputSize = {most, most};
  range.ConfigCaps.OutputGranularityX = 16;
  range.ConfigCaps.OutputGranularityY = 8;
  range.ConfigCaps.MinFrameInterval = 100000;
  range.ConfigCaps.MaxFrameInterval = 10000000;
  return range;
}

CaptureFilter::CaptureFilter() { ranges.push_back(yuy2_range(16, 1280)); }

nt::Status CaptureFilter::create(std::u16string_view name, std::uint32_t access, std::shared_ptr<Device>* opened) {
  const std::u16string prefix = u"{146F1A80-4791-11D0-A5D6-28DB04C10000}\\";
  if (!name.starts_with(prefix)) return as_status(STATUS_OBJECT_NAME_NOT_FOUND);
  if (create_status < 0) return create_status;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(name.data() + prefix.size());
  connect.assign(bytes, bytes + (name.size() - prefix.size()) * 2);
  connect_access = access;
  pin = std::make_shared<CapturePin>(*this);
  *opened = pin;
  return 0;
}

nt::Status CaptureFilter::control(const std::shared_ptr<Request>& request) {
  const auto* property = static_cast<const KSPROPERTY*>(request->input);
  if (request->code != IOCTL_KS_PROPERTY || request->input_bytes < sizeof(KSP_PIN)) {
    return as_status(STATUS_INVALID_DEVICE_REQUEST);
  }
  if (!(property->Set == kPropsetPin)) return as_status(STATUS_PROPSET_NOT_FOUND);
  return pin_property(*request);
}

nt::Status CaptureFilter::pin_property(Request& request) {
  const auto& wanted = *static_cast<const KSP_PIN*>(request.input);
  const ULONG id = wanted.PinId;
  if (wanted.Property.Id == KSPROPERTY_PIN_CTYPES) {
    const ULONG count = 2;
    return answer(request, &count, sizeof count);
  }
  if (id > 1) return static_cast<nt::Status>(STATUS_INVALID_PARAMETER);
  switch (wanted.Property.Id) {
    case KSPROPERTY_PIN_DATAFLOW: {
      const KSPIN_DATAFLOW flow = id == 0 ? KSPIN_DATAFLOW_IN : KSPIN_DATAFLOW_OUT;
      return answer(request, &flow, sizeof flow);
    }
    case KSPROPERTY_PIN_COMMUNICATION: {
      const KSPIN_COMMUNICATION communication = KSPIN_COMMUNICATION_SINK;
      return answer(request, &communication, sizeof communication);
    }
    case KSPROPERTY_PIN_CATEGORY:
      return answer(request, &kPinnameVideoCapture, sizeof kPinnameVideoCapture);
    case KSPROPERTY_PIN_DATARANGES:
      return answer_list(request, ranges);
    case KSPROPERTY_PIN_INTERFACES:
      return answer_list(request, std::vector<KSPIN_INTERFACE>{{{{kInterfaceSetStandard, 0, 0}}}});
    case KSPROPERTY_PIN_MEDIUMS:
      return answer_list(request, std::vector<KSPIN_MEDIUM>{{{{kMediumSetStandard, 0, 0}}}});
    case KSPROPERTY_PIN_DATAINTERSECTION:
      return intersect(request);
    default:
      return as_status(STATUS_NOT_FOUND);
  }
}

nt::Status CaptureFilter::intersect(Request& request) {
  struct {
    KSP_PIN pin;
    KSMULTIPLE_ITEM head;
    KS_DATARANGE_VIDEO range;
  } wanted{};
  if (request.input_bytes != sizeof wanted) return as_status(STATUS_INVALID_BUFFER_SIZE);
  std::memcpy(&wanted, request.input, sizeof wanted);
  if (wanted.head.Count != 1 || wanted.head.Size != sizeof wanted.head + sizeof wanted.range) {
    return as_status(STATUS_INVALID_BUFFER_SIZE);
  }
  const KS_BITMAPINFOHEADER& bitmap = wanted.range.VideoInfoHeader.bmiHeader;
  for (const KS_DATARANGE_VIDEO& range : ranges) {
    const KS_VIDEO_STREAM_CONFIG_CAPS& caps = range.ConfigCaps;
    // Drivers compare the capabilities as a block.  NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    if (std::memcmp(&caps, &wanted.range.ConfigCaps, sizeof caps) != 0) continue;
    if (!(range.DataRange.SubFormat == wanted.range.DataRange.SubFormat)) continue;
    if (bitmap.biWidth < caps.MinOutputSize.cx || bitmap.biWidth > caps.MaxOutputSize.cx ||
        (bitmap.biWidth - caps.MinOutputSize.cx) % caps.OutputGranularityX != 0) {
      continue;
    }
    struct {
      KSDATAFORMAT format;
      KS_VIDEOINFOHEADER info;
    } found{wanted.range.DataRange, wanted.range.VideoInfoHeader};
    found.format.FormatSize = sizeof found;
    if (intersect_wrong_height) found.info.bmiHeader.biHeight += 8;
    return answer(request, &found, sizeof found);
  }
  return as_status(STATUS_NO_MATCH);
}

nt::Status CapturePin::control(const std::shared_ptr<Request>& request) {
  switch (request->code) {
    case IOCTL_KS_PROPERTY:
      return property(*request);
    case IOCTL_KS_READ_STREAM:
      return read(request);
    case IOCTL_KS_WRITE_STREAM:
      filter_.log.push_back("write");
      reads_.push_back(request);
      return kPending;
    case IOCTL_KS_RESET_STATE: {
      const KSRESET reset = *static_cast<const KSRESET*>(request->input);
      filter_.log.push_back("reset " + std::to_string(reset));
      resetting_ = reset == KSRESET_BEGIN;
      if (resetting_) cancel_all();
      return 0;
    }
    default:
      return as_status(STATUS_INVALID_DEVICE_REQUEST);
  }
}

nt::Status CapturePin::property(Request& request) {
  const auto& wanted = *static_cast<const KSPROPERTY*>(request.input);
  if (wanted.Set == kPropsetConnection && wanted.Id == KSPROPERTY_CONNECTION_STATE) {
    if (wanted.Flags == KSPROPERTY_TYPE_SET) return set_state(*static_cast<const KSSTATE*>(request.output));
    return answer(request, &state_, sizeof state_);
  }
  if (wanted.Set == kPropsetConnection) {
    const auto& framing = wanted.Id == KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX ? filter_.framing_ex : filter_.framing;
    const bool known =
        wanted.Id == KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX || wanted.Id == KSPROPERTY_CONNECTION_ALLOCATORFRAMING;
    if (!known || framing.empty()) return as_status(STATUS_NOT_FOUND);
    return answer(request, framing.data(), framing.size());
  }
  if (wanted.Set == kPropsetQuality && filter_.hears_complaints) {
    if (wanted.Id != KSPROPERTY_QUALITY_REPORT || wanted.Flags != KSPROPERTY_TYPE_SET) {
      return as_status(STATUS_NOT_FOUND);
    }
    const auto& report = *static_cast<const KSQUALITY*>(request.output);
    filter_.log.push_back("quality " + std::to_string(report.Proportion) + " " + std::to_string(report.DeltaTime));
    return 0;
  }
  if (wanted.Set == kPropsetDroppedFrames) {
    KSPROPERTY_DROPPEDFRAMES_CURRENT_S current{};
    if (request.input_bytes < sizeof current) return as_status(STATUS_BUFFER_TOO_SMALL);
    current.Property = wanted;
    current.DropCount = static_cast<LONGLONG>(filter_.dropped);
    current.PictureNumber = static_cast<LONGLONG>(filter_.captured);
    return answer(request, &current, sizeof current);
  }
  return as_status(STATUS_PROPSET_NOT_FOUND);
}

nt::Status CapturePin::set_state(KSSTATE state) {
  filter_.log.push_back("state " + std::to_string(state));
  if (filter_.state_status[state] < 0) return filter_.state_status[state];
  state_ = state;
  if (state == KSSTATE_STOP && !filter_.keep_reads_on_stop) cancel_all();
  if (state == KSSTATE_RUN && filter_.frames != 0) {
    nt::Handle thread = 0;
    nt::create_thread(&thread, "fake device", [this] { generate(); });
    nt::close(thread);
  }
  return 0;
}

void CapturePin::generate() {
  for (unsigned frame = 0; frame < filter_.frames && state_ == KSSTATE_RUN; ++frame) {
    const std::int64_t interval = -filter_.frame_interval_100ns;
    nt::delay_execution(false, &interval);
    if (state_ != KSSTATE_RUN) return;
    if (reads_.empty()) {
      ++filter_.dropped;
      continue;
    }
    ++filter_.captured;
    KSSTREAM_HEADER& target = header(0);
    std::memset(target.Data, static_cast<int>(frame & 0xff), target.FrameExtent);
    const bool last = frame + 1 == filter_.frames;
    complete_frame(0, Machine::get().now(), target.FrameExtent,
                   last && filter_.end_of_stream ? KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM : 0);
  }
}

nt::Status CapturePin::read(const std::shared_ptr<Request>& request) {
  filter_.log.push_back("read");
  if (state_ == KSSTATE_STOP) return as_status(STATUS_INVALID_DEVICE_STATE);
  if (resetting_) return as_status(STATUS_DEVICE_NOT_READY);
  if (filter_.read_status != kPending) {
    request->information = request->output_bytes;
    return filter_.read_status;
  }
  const auto& head = *static_cast<const KSSTREAM_HEADER*>(request->output);
  const bool valid = request->input == nullptr && request->output_bytes >= sizeof head && head.Size >= sizeof head &&
                     request->output_bytes % head.Size == 0 && head.DataUsed == 0 && head.Data != nullptr;
  if (!valid) return as_status(STATUS_INVALID_BUFFER_SIZE);
  reads_.push_back(request);
  return kPending;
}

void CapturePin::complete(std::size_t index, nt::Status status, std::uintptr_t information) {
  const auto request = reads_[index];
  reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(index));
  Machine::get().complete(request, status, information);
}

void CapturePin::complete_frame(std::size_t index, std::int64_t time_100ns, std::uint32_t bytes, std::uint32_t flags) {
  KSSTREAM_HEADER& target = header(index);
  target.PresentationTime = {time_100ns, 1, 1};
  target.Duration = filter_.frame_interval_100ns;
  target.DataUsed = bytes;
  target.OptionsFlags = flags | KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID |
                        KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT;
  complete(index, 0, reads_[index]->output_bytes);
}

void CapturePin::cancel_all() {
  while (!reads_.empty()) {
    if (filter_.zero_length_on_stop) {
      complete(0, 0, reads_[0]->output_bytes);
    } else {
      complete(0, as_status(STATUS_CANCELLED), 0);
    }
  }
}

void CapturePin::cancel(nt::IoStatusBlock* iosb) {
  filter_.log.push_back("cancel");
  if (filter_.ignore_cancel) return;
  for (std::size_t i = 0; i < reads_.size();) {
    if (iosb == nullptr || reads_[i]->iosb == iosb) {
      complete(i, as_status(STATUS_CANCELLED), 0);
    } else {
      ++i;
    }
  }
}

void CapturePin::close() {
  cancel_all();
  ++filter_.pin_closed;
}

}  // namespace p2p::fake
