// Data range, intersection and connection format.
#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

namespace {

class Format : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
    range = *reinterpret_cast<const KS_DATARANGE_VIDEO*>(kernel.pin_descriptor().PinDescriptor.DataRanges[0]);
  }
  void TearDown() override { kernel.remove(); }
  NTSTATUS intersect(ULONG bytes) {
    return kernel.pin_descriptor().IntersectHandler(nullptr, nullptr, nullptr, &range.DataRange,
                                                    kernel.pin_descriptor().PinDescriptor.DataRanges[0], bytes, &result,
                                                    &size);
  }
  FakeKernel kernel;
  KS_DATARANGE_VIDEO range{};
  KS_DATAFORMAT_VIDEOINFOHEADER result{};
  ULONG size = 0;
};

}  // namespace

TEST_F(Format, BufferProtocol_R_INT_SEC_2) {
  EXPECT_EQ(intersect(0), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(size, sizeof(KS_DATAFORMAT_VIDEOINFOHEADER));
  EXPECT_EQ(intersect(size - 1), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(intersect(size), STATUS_SUCCESS);
  EXPECT_EQ(result.DataFormat.FormatSize, size);
  EXPECT_EQ(result.DataFormat.SampleSize, kVgaBytes);
}

TEST_F(Format, EvenWidthsUpTo4096) {
  struct {
    LONG width, height;
    bool fits;
  } const cases[] = {{2, 1, true},     {4096, 4096, true}, {322, 242, true},  {640, -480, true},
                     {1, 1, false},    {641, 480, false},  {0, 480, false},   {640, 0, false},
                     {4098, 1, false}, {640, 4097, false}, {-640, 480, false}};
  for (const auto& one : cases) {
    range.VideoInfoHeader.bmiHeader.biWidth = one.width;
    range.VideoInfoHeader.bmiHeader.biHeight = one.height;
    EXPECT_EQ(intersect(sizeof result), one.fits ? STATUS_SUCCESS : STATUS_NO_MATCH) << one.width << "x" << one.height;
    if (one.fits) {
      EXPECT_EQ(result.VideoInfoHeader.bmiHeader.biWidth, one.width);
      EXPECT_EQ(result.DataFormat.SampleSize, static_cast<ULONG>(one.width * std::abs(one.height) * 2));
    }
  }
}

TEST_F(Format, OtherPixelFormatsDoNotMatch) {
  range.VideoInfoHeader.bmiHeader.biBitCount = 24;
  EXPECT_EQ(intersect(sizeof result), STATUS_NO_MATCH);
  range.VideoInfoHeader.bmiHeader.biBitCount = 16;
  range.VideoInfoHeader.bmiHeader.biCompression = 0x59565955;  // UYVY
  EXPECT_EQ(intersect(sizeof result), STATUS_NO_MATCH);
}

TEST_F(Format, FrameLargerThanTheMapRegistersDoesNotConnect) {
  kernel.descriptor->Dispatch->Stop(&kernel.device, nullptr);
  kernel.map_registers = 150;  // 614400 bytes are 150 pages, 151 at an odd offset
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  EXPECT_EQ(kernel.create_pin(640, 480), STATUS_NO_MATCH);
  ASSERT_EQ(kernel.create_pin(640, 476), STATUS_SUCCESS);
  kernel.close_pin();
}

TEST_F(Format, PinTellsItsFraming_R_BAG_4) {
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  EXPECT_NE(kernel.pin.Descriptor, &kernel.pin_descriptor()) << "the shared descriptor is not edited";
  const KS_FRAMING_ITEM& item = kernel.pin.Descriptor->AllocatorFraming->FramingItem[0];
  EXPECT_EQ(item.FramingRange.Range.MinFrameSize, kVgaBytes);
  EXPECT_GT(item.Frames, 1u);
  kernel.close_pin();
}

TEST_F(Format, AFormatChangedInStopIsWhatTheChipGets) {
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  auto* format = reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(kernel.pin.ConnectionFormat);
  format->VideoInfoHeader.bmiHeader.biWidth = 320;
  const auto set = kernel.pin_descriptor().Dispatch->SetDataFormat;
  ASSERT_EQ(set(&kernel.pin, &format->DataFormat, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.chip.reg(VCAP_FORMAT_WIDTH), 320u);
  EXPECT_EQ(kernel.chip.reg(VCAP_FORMAT_STRIDE), 640u);
  kernel.close_pin();
}

TEST_F(Format, ChangesOnlyInStop) {
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  const auto set = kernel.pin_descriptor().Dispatch->SetDataFormat;
  EXPECT_EQ(set(&kernel.pin, kernel.pin.ConnectionFormat, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS);
  EXPECT_EQ(set(&kernel.pin, kernel.pin.ConnectionFormat, nullptr, nullptr, nullptr), STATUS_INVALID_DEVICE_STATE);
  kernel.close_pin();
}
