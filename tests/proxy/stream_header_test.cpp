#include <limits>

#include "in_machine.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/stream_header.h"

namespace p2p::proxy {
namespace {

void with_sample(const std::function<void(IMediaSample*)>& body) {
  fake::in_machine([&] {
    auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
    ALLOCATOR_PROPERTIES properties{1, 1000, 1, 0};
    allocator->SetProperties(&properties, &properties);
    allocator->Commit();
    ComPtr<IMediaSample> sample;
    ASSERT_EQ(allocator->GetBuffer(sample.put(), nullptr, nullptr, 0), S_OK);
    body(sample.get());
    sample.reset();
    allocator->Decommit();
  });
}

TEST(StreamHeader, R_HDR_4_TimeIsMultipliedBeforeItIsDivided) {
  LONGLONG ticks = 0;
  EXPECT_TRUE(normalised_time(7, {0, 10, 4}, &ticks));
  EXPECT_EQ(ticks, 17);
  // 10^17 ns through 1/100: the product leaves 64 bits for the bus clock's fraction.
  EXPECT_TRUE(normalised_time(5'000'000'000'000'000'000, {0, 10'000'000, 125'000'000}, &ticks));
  EXPECT_EQ(ticks, 400'000'000'000'000'000);
  EXPECT_TRUE(normalised_time(-9, {0, 1, 3}, &ticks));
  EXPECT_EQ(ticks, -3);
  EXPECT_FALSE(normalised_time(1, {0, 1, 0}, &ticks));
  EXPECT_FALSE(normalised_time(std::numeric_limits<LONGLONG>::max(), {0, 2, 1}, &ticks));
}

TEST(StreamHeader, R_PXY_3_ReadHeaderOffersTheWholeBuffer) {
  with_sample([](IMediaSample* sample) {
    REFERENCE_TIME start = 5;
    sample->SetTime(&start, nullptr);
    sample->SetSyncPoint(TRUE);
    KSSTREAM_HEADER header{};
    ASSERT_EQ(prepare_header(sample, KsIoOperation_Read, 64, &header), S_OK);
    BYTE* data = nullptr;
    sample->GetPointer(&data);
    EXPECT_EQ(header.Size, 64u);
    EXPECT_EQ(header.Data, data);
    EXPECT_EQ(header.FrameExtent, 1000u);
    EXPECT_EQ(header.DataUsed, 0u);
    EXPECT_EQ(header.OptionsFlags, 0u);
    EXPECT_EQ(header.PresentationTime.Numerator, 1u);
    EXPECT_EQ(header.PresentationTime.Denominator, 1u);
  });
}

TEST(StreamHeader, R_PXY_3_WriteHeaderCarriesLengthTimesAndFlags) {
  with_sample([](IMediaSample* sample) {
    REFERENCE_TIME start = 500;
    REFERENCE_TIME stop = 800;
    sample->SetActualDataLength(321);
    sample->SetTime(&start, &stop);
    sample->SetSyncPoint(TRUE);
    sample->SetPreroll(TRUE);
    sample->SetDiscontinuity(TRUE);
    KSSTREAM_HEADER header{};
    ASSERT_EQ(prepare_header(sample, KsIoOperation_Write, 56, &header), S_OK);
    EXPECT_EQ(header.DataUsed, 321u);
    EXPECT_EQ(header.FrameExtent, 1000u);
    EXPECT_EQ(header.PresentationTime.Time, 500);
    EXPECT_EQ(header.Duration, 300);
    EXPECT_EQ(header.OptionsFlags,
              static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_PREROLL |
                                 KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY | KSSTREAM_HEADER_OPTIONSF_TIMEVALID |
                                 KSSTREAM_HEADER_OPTIONSF_DURATIONVALID));
    sample->SetTime(&start, nullptr);
    ASSERT_EQ(prepare_header(sample, KsIoOperation_Write, 56, &header), S_OK);
    EXPECT_TRUE(header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_TIMEVALID);
    EXPECT_FALSE(header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_DURATIONVALID);
  });
}

TEST(StreamHeader, R_PXY_10_EachFlagBecomesASampleProperty) {
  with_sample([](IMediaSample* sample) {
    KSSTREAM_HEADER header{};
    header.PresentationTime = {125'000'000, 10'000'000, 125'000'000};
    header.Duration = 12'500'000;
    header.DataUsed = 900;
    header.OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_TIMEVALID |
                          KSSTREAM_HEADER_OPTIONSF_DURATIONVALID;
    ASSERT_EQ(reflect_header(header, sample), S_OK);
    REFERENCE_TIME start = 0;
    REFERENCE_TIME stop = 0;
    EXPECT_EQ(sample->GetTime(&start, &stop), S_OK);
    EXPECT_EQ(start, 10'000'000) << "one second of bus clock in 100 ns";
    EXPECT_EQ(stop, 11'000'000);
    EXPECT_EQ(sample->GetActualDataLength(), 900);
    EXPECT_EQ(sample->IsSyncPoint(), S_OK);
    EXPECT_EQ(sample->IsPreroll(), S_FALSE);
    EXPECT_EQ(sample->IsDiscontinuity(), S_FALSE);

    header.OptionsFlags = KSSTREAM_HEADER_OPTIONSF_PREROLL | KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY |
                          KSSTREAM_HEADER_OPTIONSF_TIMEVALID;
    ASSERT_EQ(reflect_header(header, sample), S_OK);
    EXPECT_EQ(sample->GetTime(&start, &stop), VFW_S_NO_STOP_TIME);
    EXPECT_EQ(sample->IsSyncPoint(), S_FALSE);
    EXPECT_EQ(sample->IsPreroll(), S_OK);
    EXPECT_EQ(sample->IsDiscontinuity(), S_OK);

    header.OptionsFlags = 0;
    ASSERT_EQ(reflect_header(header, sample), S_OK);
    EXPECT_EQ(sample->GetTime(&start, &stop), VFW_E_SAMPLE_TIME_NOT_SET);
  });
}

TEST(StreamHeader, R_HDR_2_MoreDataThanTheBufferHoldsIsAnError) {
  with_sample([](IMediaSample* sample) {
    KSSTREAM_HEADER header{};
    header.DataUsed = 1001;
    EXPECT_EQ(reflect_header(header, sample), VFW_E_BUFFER_OVERFLOW);
  });
}

}  // namespace
}  // namespace p2p::proxy
