#include "sw/proxy/stream_format.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "sw/proxy/guids.h"
#include "sw/proxy/video_range.h"

namespace p2p::proxy {

namespace {
constexpr std::uint64_t kTicksPerSecond = 10'000'000;
constexpr std::uint32_t kMaxDimension = 32767;

/// The head of WAVEFORMATEX, whose own header comes and goes with others.
struct WaveFormat {
  WORD wFormatTag, nChannels;
  DWORD nSamplesPerSec, nAvgBytesPerSec;
  WORD nBlockAlign, wBitsPerSample;
};
static_assert(sizeof(WaveFormat) == 16);

struct Layout {
  PixelLayout layout;
  GUID subtype;
  unsigned bits;
  const char* name;
};
constexpr std::array<Layout, 4> kLayouts = {{
    {PixelLayout::kYuy2, kSubtypeYuy2, 16, "YUY2"},
    {PixelLayout::kUyvy, {0x59565955, 0x0000, 0x0010, {0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}}, 16, "UYVY"},
    {PixelLayout::kRgb24, {0xe436eb7d, 0x524f, 0x11ce, {0x9f, 0x53, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}}, 24, "RGB24"},
    {PixelLayout::kRgb32, {0xe436eb7e, 0x524f, 0x11ce, {0x9f, 0x53, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}}, 32, "RGB32"},
}};

const Layout* layout_of(const GUID& subtype) {
  const auto found =
      std::find_if(kLayouts.begin(), kLayouts.end(), [&](const Layout& layout) { return layout.subtype == subtype; });
  return found == kLayouts.end() ? nullptr : &*found;
}
const Layout& layout_of(PixelLayout wanted) {
  return *std::find_if(kLayouts.begin(), kLayouts.end(), [&](const Layout& layout) { return layout.layout == wanted; });
}

template <class T>
T read_at(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Signed as in the range: a negative height is a picture from the top down.
LONG with_sign_of(LONG sign, std::uint32_t magnitude) {
  return sign < 0 ? -static_cast<LONG>(magnitude) : static_cast<LONG>(magnitude);
}

std::vector<std::uint8_t> video_request(const KS_DATARANGE_VIDEO& range, const Layout& layout,
                                        const WantedStreams& wanted) {
  KS_DATARANGE_VIDEO request = range;
  KS_VIDEOINFOHEADER& info = request.VideoInfoHeader;
  KS_BITMAPINFOHEADER& bitmap = info.bmiHeader;
  const std::uint32_t width = wanted.width.value_or(static_cast<std::uint32_t>(std::abs(bitmap.biWidth)));
  const std::uint32_t height = wanted.height.value_or(static_cast<std::uint32_t>(std::abs(bitmap.biHeight)));
  if (wanted.frame_interval_100ns) info.AvgTimePerFrame = static_cast<REFERENCE_TIME>(*wanted.frame_interval_100ns);
  VideoFormat format;
  format.layout = layout.layout;
  format.width = width;
  format.height = height;
  const auto bytes = static_cast<ULONG>(format.bytes());
  bitmap.biSize = sizeof bitmap;
  bitmap.biWidth = static_cast<LONG>(width);
  bitmap.biHeight = with_sign_of(bitmap.biHeight, height);
  bitmap.biPlanes = 1;
  bitmap.biBitCount = static_cast<WORD>(layout.bits);
  bitmap.biSizeImage = bytes;
  if (wanted.width || wanted.height)
    info.rcSource = info.rcTarget = RECT{0, 0, static_cast<LONG>(width), static_cast<LONG>(height)};
  if (info.AvgTimePerFrame > 0) {
    const std::uint64_t rate =
        std::uint64_t{bytes} * 8 * kTicksPerSecond / static_cast<std::uint64_t>(info.AvgTimePerFrame);
    info.dwBitRate = static_cast<DWORD>(std::min<std::uint64_t>(rate, 0xffffffffu));
  }
  request.DataRange.FormatSize = sizeof request;
  request.DataRange.SampleSize = bytes;
  request.DataRange.Flags = 0;
  std::vector<std::uint8_t> out(sizeof request);
  std::memcpy(out.data(), &request, sizeof request);
  return out;
}

std::optional<StreamFormat> read_video(const std::vector<std::uint8_t>& bytes, const KSDATAFORMAT& head,
                                       std::string* why) {
  const Layout* layout = layout_of(head.SubFormat);
  if (layout == nullptr || bytes.size() < sizeof head + sizeof(KS_VIDEOINFOHEADER)) {
    *why = describe(head);
    return std::nullopt;
  }
  const auto info = read_at<KS_VIDEOINFOHEADER>(bytes, sizeof head);
  const KS_BITMAPINFOHEADER& bitmap = info.bmiHeader;
  VideoFormat video;
  video.layout = layout->layout;
  video.width = static_cast<std::uint32_t>(bitmap.biWidth);
  video.height = static_cast<std::uint32_t>(std::abs(bitmap.biHeight));
  video.bottom_up = video.is_rgb() && bitmap.biHeight > 0;
  video.frame_interval_100ns = info.AvgTimePerFrame > 0 ? static_cast<std::uint64_t>(info.AvgTimePerFrame) : 0;
  if (bitmap.biWidth <= 0 || video.width > kMaxDimension || video.height == 0 || video.height > kMaxDimension ||
      bitmap.biBitCount != layout->bits) {
    *why = std::string(layout->name) + " " + std::to_string(bitmap.biWidth) + "x" + std::to_string(bitmap.biHeight) +
           " with " + std::to_string(bitmap.biBitCount) + " bits a pixel, which cannot be";
    return std::nullopt;
  }
  StreamFormat format;
  format.video = video;
  format.sample_bytes = std::max<std::uint32_t>(
      {head.SampleSize, static_cast<std::uint32_t>(bitmap.biSizeImage), static_cast<std::uint32_t>(video.bytes())});
  return format;
}

std::optional<StreamFormat> read_audio(const std::vector<std::uint8_t>& bytes, const KSDATAFORMAT& head,
                                       std::string* why) {
  constexpr WORD kPcm = 1;
  const bool wave = head.SubFormat == kSubtypePcm && head.Specifier == kSpecifierWaveFormat &&
                    bytes.size() >= sizeof head + sizeof(WaveFormat);
  const auto info = wave ? read_at<WaveFormat>(bytes, sizeof head) : WaveFormat{};
  if (!wave || info.wFormatTag != kPcm || info.nChannels == 0 || info.nSamplesPerSec == 0 ||
      (info.wBitsPerSample != 8 && info.wBitsPerSample != 16 && info.wBitsPerSample != 24 &&
       info.wBitsPerSample != 32)) {
    *why = "audio that is not integer PCM";
    return std::nullopt;
  }
  StreamFormat format;
  format.audio = AudioFormat{info.nChannels, info.nSamplesPerSec, info.wBitsPerSample};
  const std::size_t block = format.audio->block_bytes();
  // Without better advice a buffer holds a tenth of a second.
  format.sample_bytes =
      static_cast<std::uint32_t>(std::max<std::size_t>(head.SampleSize, info.nSamplesPerSec / 10 * block));
  return format;
}
}  // namespace

std::string StreamFormat::text() const {
  if (video) {
    std::string out = std::string(layout_of(video->layout).name) + " " + std::to_string(video->width) + "x" +
                      std::to_string(video->height);
    if (video->frame_interval_100ns != 0) {
      const std::uint64_t hundredths = kTicksPerSecond * 100 / video->frame_interval_100ns;
      out += ", " + std::to_string(hundredths / 100) + "." + std::to_string(hundredths / 10 % 10) +
             std::to_string(hundredths % 10) + " frames/s";
    }
    return out;
  }
  if (!audio) return "nothing";
  return "PCM " + std::to_string(audio->rate) + " Hz, " + std::to_string(audio->channels) + " channels, " +
         std::to_string(audio->bits) + " bits";
}

std::optional<std::vector<std::uint8_t>> range_request(const KSDATARANGE& range, const WantedStreams& wanted) {
  if (range.MajorFormat == kTypeVideo && range.Specifier == kSpecifierVideoInfo) {
    const Layout* layout = layout_of(range.SubFormat);
    if (layout == nullptr || range.FormatSize < sizeof(KS_DATARANGE_VIDEO)) return std::nullopt;
    return video_request(reinterpret_cast<const KS_DATARANGE_VIDEO&>(range), *layout, wanted);
  }
  const bool pcm =
      range.MajorFormat == kTypeAudio && range.SubFormat == kSubtypePcm && range.Specifier == kSpecifierWaveFormat;
  if (!pcm) return std::nullopt;
  const auto* first = reinterpret_cast<const std::uint8_t*>(&range);
  return std::vector<std::uint8_t>(first, first + range.FormatSize);
}

std::optional<StreamFormat> read_format(const std::vector<std::uint8_t>& data_format, std::string* why) {
  if (data_format.size() < sizeof(KSDATAFORMAT)) {
    *why = "a format of " + std::to_string(data_format.size()) + " bytes";
    return std::nullopt;
  }
  const auto head = read_at<KSDATAFORMAT>(data_format, 0);
  if (head.MajorFormat == kTypeVideo) return read_video(data_format, head, why);
  if (head.MajorFormat == kTypeAudio) return read_audio(data_format, head, why);
  *why = describe(head);
  return std::nullopt;
}

}  // namespace p2p::proxy
