// proxy/capture.h: what an application does besides streaming: enumerate, list formats, capture some pictures, a still
// image, properties.
#include <cstring>

#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/capture_state.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/video_range.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {
namespace {

FormatRange format_range(const KSDATARANGE& range) {
  FormatRange result;
  result.description = describe(range);
  const KS_DATARANGE_VIDEO* video = as_yuy2_range(range);
  if (video == nullptr) return result;
  const KS_VIDEO_STREAM_CONFIG_CAPS& caps = video->ConfigCaps;
  result.usable = true;
  result.least_width = static_cast<std::uint32_t>(caps.MinOutputSize.cx);
  result.most_width = static_cast<std::uint32_t>(caps.MaxOutputSize.cx);
  result.width_step = static_cast<std::uint32_t>(caps.OutputGranularityX);
  result.least_height = static_cast<std::uint32_t>(caps.MinOutputSize.cy);
  result.most_height = static_cast<std::uint32_t>(caps.MaxOutputSize.cy);
  result.height_step = static_cast<std::uint32_t>(caps.OutputGranularityY);
  result.least_interval = static_cast<std::uint64_t>(caps.MinFrameInterval);
  result.most_interval = static_cast<std::uint64_t>(caps.MaxFrameInterval);
  return result;
}

Picture picture_of(const std::vector<std::uint8_t>& data_format, const DeliveredSample& sample) {
  KS_VIDEOINFOHEADER info{};  // connect() has seen that it is there
  std::memcpy(&info, data_format.data() + sizeof(KSDATAFORMAT), sizeof info);
  Picture picture;
  picture.width = static_cast<std::uint32_t>(info.bmiHeader.biWidth);
  picture.height = static_cast<std::uint32_t>(std::abs(info.bmiHeader.biHeight));
  picture.yuy2.assign(sample.data, sample.data + sample.bytes);
  picture.start_100ns = sample.time_valid ? sample.start_100ns : 0;
  return picture;
}

/// KSPROPERTY and what the property wants behind it.
std::vector<std::uint8_t> property_bytes(const PropertyRequest& request, ULONG flags) {
  static_assert(sizeof(Guid) == sizeof(GUID));
  KSPROPERTY head{};
  std::memcpy(&head.Set, &request.set, sizeof head.Set);
  head.Id = request.id;
  head.Flags = flags;
  std::vector<std::uint8_t> bytes(sizeof head + request.parameters.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  if (!request.parameters.empty()) {
    std::memcpy(bytes.data() + sizeof head, request.parameters.data(), request.parameters.size());
  }
  return bytes;
}

std::string property_text(const char* verb, const PropertyRequest& request) {
  return std::string(verb) + " property " + std::to_string(request.id) + " of " +
         (request.of_filter ? "the filter" : "the capture pin");
}

}  // namespace

std::vector<std::string> enumerate_capture_filters() {
  std::vector<std::string> names;
  for (const std::u16string& link : nt::enumerate_device_interfaces(&kCategoryCapture)) names.push_back(narrow(link));
  return names;
}

CaptureResult CaptureSession::formats(std::vector<FormatRange>* ranges) {
  State& s = *state_;
  ranges->clear();
  if (!s.offer) return {VFW_E_NOT_CONNECTED, "formats: no filter is open"};
  DataRangeList list;
  const HRESULT hr = s.filter.data_ranges(s.offer->id, &list);
  if (FAILED(hr)) return failed("query KSPROPERTY_PIN_DATARANGES of " + s.pin_name(), hr);
  for (std::size_t i = 0; i < list.size(); ++i) ranges->push_back(format_range(list[i]));
  return {};
}

CaptureResult CaptureSession::capture(std::uint64_t frames, unsigned buffers, std::int64_t timeout_100ns,
                                      std::vector<Picture>* pictures) {
  State& s = *state_;
  pictures->clear();
  CaptureResult result = run(buffers, 0, [&](const DeliveredSample& sample) {
    if (pictures->size() < frames) pictures->push_back(picture_of(s.format, sample));
  });
  if (!result.ok()) return result;
  const std::uint64_t delivered = wait_for(frames, timeout_100ns);
  result = stop();
  if (result.ok() && delivered < frames) {
    result = {VFW_E_TIMEOUT,
              "capture: " + std::to_string(delivered) + " of " + std::to_string(frames) + " pictures came in time"};
  }
  return result;
}

CaptureResult CaptureSession::still(std::int64_t timeout_100ns, Picture* picture) {
  std::vector<Picture> pictures;
  CaptureResult result = capture(1, 1, timeout_100ns, &pictures);
  if (!pictures.empty()) *picture = std::move(pictures.front());
  return result;
}

HRESULT CaptureSession::State::property(const PropertyRequest& request, ULONG flags, void* value, ULONG bytes,
                                        ULONG* returned) {
  const HANDLE object = request.of_filter ? filter.handle() : (pin != nullptr ? pin->KsGetObjectHandle() : nullptr);
  if (object == nullptr) return VFW_E_NOT_CONNECTED;
  std::vector<std::uint8_t> in = property_bytes(request, flags);
  return KsSynchronousDeviceControl(object, IOCTL_KS_PROPERTY, in.data(), static_cast<ULONG>(in.size()), value, bytes,
                                    returned);
}

CaptureResult CaptureSession::get_property(const PropertyRequest& request, std::vector<std::uint8_t>* value) {
  State& s = *state_;
  ULONG returned = 0;
  if (value->empty()) {
    const HRESULT hr = s.property(request, KSPROPERTY_TYPE_GET, nullptr, 0, &returned);
    if (hr != HRESULT_FROM_WIN32(ERROR_MORE_DATA)) {
      return SUCCEEDED(hr) ? CaptureResult{} : failed(property_text("get", request), hr);
    }
    value->resize(returned);
  }
  const HRESULT hr =
      s.property(request, KSPROPERTY_TYPE_GET, value->data(), static_cast<ULONG>(value->size()), &returned);
  if (FAILED(hr)) return failed(property_text("get", request), hr);
  value->resize(std::min<std::size_t>(returned, value->size()));
  return {};
}

CaptureResult CaptureSession::set_property(const PropertyRequest& request, std::span<const std::uint8_t> value) {
  std::vector<std::uint8_t> copy(value.begin(), value.end());
  ULONG returned = 0;
  const HRESULT hr =
      state_->property(request, KSPROPERTY_TYPE_SET, copy.data(), static_cast<ULONG>(copy.size()), &returned);
  return FAILED(hr) ? failed(property_text("set", request), hr) : CaptureResult{};
}

}  // namespace p2p::proxy
