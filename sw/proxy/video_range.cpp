#include "sw/proxy/video_range.h"

#include <algorithm>
#include <cstring>

#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

constexpr std::uint32_t kMaxDimension = 32767;
constexpr std::uint32_t kBitsPerPixel = 16;
constexpr std::uint32_t kFourccYuy2 = 0x32595559;
constexpr std::uint64_t kTicksPerSecond = 10'000'000;

std::string number(std::int64_t value) { return std::to_string(value); }

std::optional<std::string> outside(const char* field, std::int64_t value, std::int64_t least, std::int64_t most,
                                   std::int64_t step) {
  const bool in_range = value >= least && value <= most;
  if (in_range && (step <= 0 || (value - least) % step == 0)) return std::nullopt;
  std::string text = std::string(field) + " " + number(value) + " is not ";
  text += least == most ? number(least) : number(least) + ".." + number(most);
  if (step > 1 && least != most) text += " in steps of " + number(step);
  return text;
}

/// FOURCC of a subtype whose GUID is made from one, else its first number.
std::string subtype_name(const GUID& subtype) {
  std::string name;
  for (unsigned i = 0; i < 4; ++i) {
    const char c = static_cast<char>(subtype.Data1 >> (8 * i) & 0xff);
    if (c < ' ' || c > '~') return "subtype " + number(subtype.Data1);
    name.push_back(c);
  }
  return name;
}

}  // namespace

std::uint64_t yuy2_bytes(const CaptureFormat& format) {
  return std::uint64_t{format.width} * format.height * (kBitsPerPixel / 8);
}

std::optional<std::string> reject_request(const CaptureFormat& format) {
  if (auto text = outside("width", format.width, 1, kMaxDimension, 1)) return text;
  if (auto text = outside("height", format.height, 1, kMaxDimension, 1)) return text;
  if (format.width % 2 != 0) return "width " + number(format.width) + " is odd: YUY2 stores pixels in pairs";
  if (format.frame_interval_100ns == 0) return "frame interval 0";
  return std::nullopt;
}

const KS_DATARANGE_VIDEO* as_yuy2_range(const KSDATARANGE& range) {
  if (range.FormatSize < sizeof(KS_DATARANGE_VIDEO)) return nullptr;
  const bool yuy2 =
      range.MajorFormat == kTypeVideo && range.SubFormat == kSubtypeYuy2 && range.Specifier == kSpecifierVideoInfo;
  return yuy2 ? reinterpret_cast<const KS_DATARANGE_VIDEO*>(&range) : nullptr;
}

std::optional<std::string> mismatch(const KS_DATARANGE_VIDEO& range, const CaptureFormat& format) {
  const KS_VIDEO_STREAM_CONFIG_CAPS& caps = range.ConfigCaps;
  if (auto text = outside("width", format.width, caps.MinOutputSize.cx, caps.MaxOutputSize.cx, caps.OutputGranularityX))
    return text;
  if (auto text =
          outside("height", format.height, caps.MinOutputSize.cy, caps.MaxOutputSize.cy, caps.OutputGranularityY))
    return text;
  return outside("frame interval (100 ns)", static_cast<std::int64_t>(format.frame_interval_100ns),
                 caps.MinFrameInterval, caps.MaxFrameInterval, 1);
}

std::string describe(const KSDATARANGE& range) {
  if (!(range.MajorFormat == kTypeVideo)) return subtype_name(range.MajorFormat);
  std::string text = "vids/" + subtype_name(range.SubFormat);
  if (!(range.Specifier == kSpecifierVideoInfo)) text += " (not VIDEOINFOHEADER)";
  return text;
}

std::vector<std::uint8_t> narrowed_range(const KS_DATARANGE_VIDEO& range, const CaptureFormat& format) {
  KS_DATARANGE_VIDEO request = range;
  const auto width = static_cast<LONG>(format.width);
  const auto height = static_cast<LONG>(format.height);
  const auto bytes = static_cast<ULONG>(yuy2_bytes(format));
  request.DataRange.FormatSize = sizeof request;
  request.DataRange.Flags = 0;
  request.DataRange.SampleSize = bytes;
  KS_VIDEOINFOHEADER& info = request.VideoInfoHeader;
  info.rcSource = info.rcTarget = RECT{0, 0, width, height};
  info.AvgTimePerFrame = static_cast<REFERENCE_TIME>(format.frame_interval_100ns);
  const std::uint64_t rate = bytes * std::uint64_t{8} * kTicksPerSecond / format.frame_interval_100ns;
  info.dwBitRate = static_cast<DWORD>(std::min<std::uint64_t>(rate, 0xffffffffu));
  info.bmiHeader = {};
  info.bmiHeader.biSize = sizeof info.bmiHeader;
  info.bmiHeader.biWidth = width;
  info.bmiHeader.biHeight = height;
  info.bmiHeader.biPlanes = 1;
  info.bmiHeader.biBitCount = kBitsPerPixel;
  info.bmiHeader.biCompression = kFourccYuy2;
  info.bmiHeader.biSizeImage = bytes;
  std::vector<std::uint8_t> out(sizeof request);
  std::memcpy(out.data(), &request, sizeof request);
  return out;
}

std::optional<std::string> check_intersection(const std::vector<std::uint8_t>& data_format,
                                              const CaptureFormat& format) {
  struct {
    KSDATAFORMAT format;
    KS_VIDEOINFOHEADER info;
  } got{};
  if (data_format.size() < sizeof got.format + sizeof got.info) {
    return "a format of " + number(static_cast<std::int64_t>(data_format.size())) + " bytes, too short for video";
  }
  std::memcpy(&got.format, data_format.data(), sizeof got.format);
  std::memcpy(&got.info, data_format.data() + sizeof got.format, sizeof got.info);
  if (!(got.format.MajorFormat == kTypeVideo) || !(got.format.SubFormat == kSubtypeYuy2) ||
      !(got.format.Specifier == kSpecifierVideoInfo)) {
    return "format " + describe(got.format) + " instead of vids/YUY2";
  }
  const KS_BITMAPINFOHEADER& bitmap = got.info.bmiHeader;
  if (bitmap.biWidth != static_cast<LONG>(format.width)) return "width " + number(bitmap.biWidth);
  if (std::abs(bitmap.biHeight) != static_cast<LONG>(format.height)) return "height " + number(bitmap.biHeight);
  if (bitmap.biBitCount != kBitsPerPixel) return number(bitmap.biBitCount) + " bits a pixel";
  if (bitmap.biSizeImage < yuy2_bytes(format)) return "image size " + number(bitmap.biSizeImage) + " bytes";
  return std::nullopt;
}

std::uint32_t sample_bytes(const std::vector<std::uint8_t>& data_format) {
  KSDATAFORMAT format{};
  KS_VIDEOINFOHEADER info{};
  std::memcpy(&format, data_format.data(), sizeof format);
  std::memcpy(&info, data_format.data() + sizeof format, sizeof info);
  return std::max<std::uint32_t>(format.SampleSize, info.bmiHeader.biSizeImage);
}

}  // namespace p2p::proxy
