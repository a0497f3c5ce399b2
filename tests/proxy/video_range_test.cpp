#include "sw/proxy/video_range.h"

#include <gtest/gtest.h>

#include <cstring>

#include "fake_capture.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

TEST(VideoRange, RequestsThatNoDeviceCanMeet) {
  EXPECT_FALSE(reject_request({640, 480, 333333}));
  EXPECT_EQ(reject_request({0, 480, 333333}), "width 0 is not 1..32767");
  EXPECT_EQ(reject_request({640, 100000, 333333}), "height 100000 is not 1..32767");
  EXPECT_EQ(reject_request({321, 240, 333333}), "width 321 is odd: YUY2 stores pixels in pairs");
  EXPECT_EQ(reject_request({320, 240, 0}), "frame interval 0");
}

TEST(VideoRange, MismatchNamesTheField) {
  const KS_DATARANGE_VIDEO range = fake::yuy2_range(16, 1280);
  EXPECT_FALSE(mismatch(range, {640, 480, 333333}));
  EXPECT_EQ(mismatch(range, {322, 240, 333333}), "width 322 is not 16..1280 in steps of 16");
  EXPECT_EQ(mismatch(range, {320, 2000, 333333}), "height 2000 is not 16..1280 in steps of 8");
  EXPECT_EQ(mismatch(range, {320, 240, 1}), "frame interval (100 ns) 1 is not 100000..10000000");
  EXPECT_EQ(mismatch(fake::yuy2_range(640, 640), {320, 640, 333333}), "width 320 is not 640");
}

TEST(VideoRange, OnlyYuy2WithVideoInfoHeaderCounts) {
  KS_DATARANGE_VIDEO range = fake::yuy2_range(16, 1280);
  EXPECT_EQ(as_yuy2_range(range.DataRange), &range);
  EXPECT_EQ(describe(range.DataRange), "vids/YUY2");
  range.DataRange.SubFormat.Data1 = 0x3231564e;
  EXPECT_EQ(as_yuy2_range(range.DataRange), nullptr);
  EXPECT_EQ(describe(range.DataRange), "vids/NV12");
  range.DataRange.Specifier = kTypeVideo;
  EXPECT_EQ(describe(range.DataRange), "vids/NV12 (not VIDEOINFOHEADER)");
  range = fake::yuy2_range(16, 1280);
  range.DataRange.FormatSize = sizeof(KSDATARANGE);
  EXPECT_EQ(as_yuy2_range(range.DataRange), nullptr) << "too short to hold what it claims";
}

TEST(VideoRange, R_PXY_20_NarrowedRangeKeepsCapabilitiesAndStatesOneSize) {
  const KS_DATARANGE_VIDEO range = fake::yuy2_range(16, 1280);
  const std::vector<std::uint8_t> bytes = narrowed_range(range, {320, 240, 400000});
  KS_DATARANGE_VIDEO asked{};
  ASSERT_EQ(bytes.size(), sizeof asked);
  std::memcpy(&asked, bytes.data(), sizeof asked);
  // As drivers do, padding included.  NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
  EXPECT_EQ(std::memcmp(&asked.ConfigCaps, &range.ConfigCaps, sizeof range.ConfigCaps), 0);
  EXPECT_EQ(asked.DataRange.FormatSize, sizeof asked);
  EXPECT_EQ(asked.DataRange.SampleSize, 320u * 240 * 2);
  const KS_BITMAPINFOHEADER& bitmap = asked.VideoInfoHeader.bmiHeader;
  EXPECT_EQ(bitmap.biWidth, 320);
  EXPECT_EQ(bitmap.biHeight, 240);
  EXPECT_EQ(bitmap.biBitCount, 16);
  EXPECT_EQ(bitmap.biCompression, 0x32595559u);
  EXPECT_EQ(bitmap.biSizeImage, 320u * 240 * 2);
  EXPECT_EQ(asked.VideoInfoHeader.AvgTimePerFrame, 400000);
  EXPECT_EQ(asked.VideoInfoHeader.dwBitRate, 320u * 240 * 2 * 8 * 25);
  EXPECT_EQ(asked.VideoInfoHeader.rcTarget.right, 320);
}

TEST(VideoRange, ListsThatLieAboutTheirSizeAreRefused) {
  const KS_DATARANGE_VIDEO range = fake::yuy2_range(16, 64);
  std::vector<std::uint8_t> list(sizeof(KSMULTIPLE_ITEM) + sizeof range);
  KSMULTIPLE_ITEM head{static_cast<ULONG>(list.size()), 1};
  std::memcpy(list.data(), &head, sizeof head);
  std::memcpy(list.data() + sizeof head, &range, sizeof range);
  DataRangeList good(list);
  EXPECT_TRUE(good.well_formed());
  ASSERT_EQ(good.size(), 1u);
  EXPECT_NE(as_yuy2_range(good[0]), nullptr);
  head.Count = 2;
  std::memcpy(list.data(), &head, sizeof head);
  EXPECT_FALSE(DataRangeList(list).well_formed());
  head.Count = 1;
  std::memcpy(list.data(), &head, sizeof head);
  const ULONG too_long = sizeof range + 1;
  std::memcpy(list.data() + sizeof head, &too_long, sizeof too_long);
  EXPECT_FALSE(DataRangeList(list).well_formed());
  EXPECT_FALSE(DataRangeList(std::vector<std::uint8_t>(3)).well_formed());
}

}  // namespace
}  // namespace p2p::proxy
