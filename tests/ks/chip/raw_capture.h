// A client of the reference driver by system calls, so that a test holds every request in its own hands.
#pragma once

#include "tests/ks/client.h"

namespace p2p::test {

/// YUY2, as the reference driver's intersection would answer.
inline KS_DATAFORMAT_VIDEOINFOHEADER yuy2(ULONG width, ULONG height, LONGLONG interval = 333333) {
  KS_DATAFORMAT_VIDEOINFOHEADER format{};
  format.DataFormat.FormatSize = sizeof format;
  format.DataFormat.SampleSize = width * height * 2;
  format.DataFormat.MajorFormat = KSDATAFORMAT_TYPE_VIDEO;
  format.DataFormat.SubFormat = {0x32595559, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}};
  format.DataFormat.Specifier = KSDATAFORMAT_SPECIFIER_VIDEOINFO;
  KS_VIDEOINFOHEADER& info = format.VideoInfoHeader;
  info.AvgTimePerFrame = interval;
  info.bmiHeader.biSize = sizeof info.bmiHeader;
  info.bmiHeader.biWidth = static_cast<LONG>(width);
  info.bmiHeader.biHeight = static_cast<LONG>(height);
  info.bmiHeader.biPlanes = 1;
  info.bmiHeader.biBitCount = 16;
  info.bmiHeader.biCompression = 0x32595559;
  info.bmiHeader.biSizeImage = width * height * 2;
  return format;
}

/// The filter, its pin and `buffers` requests of one frame each.
class RawCapture {
 public:
  RawCapture(ULONG width, ULONG height, std::size_t buffers) : bytes_(width * height * 2) {
    EXPECT_EQ(filter_.open(&KSCATEGORY_CAPTURE), STATUS_SUCCESS);
    const KS_DATAFORMAT_VIDEOINFOHEADER format = yuy2(width, height);
    EXPECT_EQ(filter_.create_pin_with(&pin, 0, &format.DataFormat), STATUS_SUCCESS);
    for (std::size_t i = 0; i < buffers; ++i) {
      requests.push_back(std::make_unique<Request>(std::vector<ULONG>{bytes_}, 0, 64 * static_cast<ULONG>(i % 3)));
    }
  }
  ~RawCapture() { close(); }
  RawCapture(const RawCapture&) = delete;
  RawCapture& operator=(const RawCapture&) = delete;

  void close() {
    if (pin != 0) nt::close(pin);
    pin = 0;
    filter_.close();
  }
  void queue_all() {
    for (auto& request : requests) read(pin, *request);
  }
  std::size_t done() const {
    std::size_t count = 0;
    for (const auto& request : requests) count += request->done() ? 1u : 0u;
    return count;
  }
  /// How many ended with `status`; waits for all.
  std::size_t ended_with(NTSTATUS status) const {
    std::size_t count = 0;
    for (const auto& request : requests) count += request->wait() == status ? 1u : 0u;
    return count;
  }
  /// All buffers as they are now.
  std::vector<std::vector<UCHAR>> pictures() const {
    std::vector<std::vector<UCHAR>> copies;
    for (const auto& request : requests) copies.emplace_back(request->frame(), request->frame() + bytes_);
    return copies;
  }

  nt::Handle pin = 0;
  std::vector<std::unique_ptr<Request>> requests;

 private:
  Client filter_;
  ULONG bytes_;
};

}  // namespace p2p::test
