#include "in_machine.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

class MediaSampleTest : public testing::Test {
 protected:
  void with_sample(const std::function<void(MediaSample&)>& body) {
    fake::in_machine([&] {
      auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
      ALLOCATOR_PROPERTIES properties{1, 1000, 1, 0};
      allocator->SetProperties(&properties, &properties);
      allocator->Commit();
      ComPtr<IMediaSample> sample;
      ASSERT_EQ(allocator->GetBuffer(sample.put(), nullptr, nullptr, 0), S_OK);
      body(*static_cast<MediaSample*>(sample.get()));
      sample.reset();
      allocator->Decommit();
    });
  }
};

TEST_F(MediaSampleTest, TimeIsUnsetOpenOrClosed) {
  with_sample([](MediaSample& sample) {
    REFERENCE_TIME start = 0;
    REFERENCE_TIME stop = 0;
    EXPECT_EQ(sample.GetTime(&start, &stop), VFW_E_SAMPLE_TIME_NOT_SET);
    REFERENCE_TIME begin = 100;
    REFERENCE_TIME end = 250;
    EXPECT_EQ(sample.SetTime(&begin, nullptr), S_OK);
    EXPECT_EQ(sample.GetTime(&start, &stop), VFW_S_NO_STOP_TIME);
    EXPECT_EQ(start, 100);
    EXPECT_EQ(stop, 101);
    EXPECT_EQ(sample.SetTime(&begin, &end), S_OK);
    EXPECT_EQ(sample.GetTime(&start, &stop), S_OK);
    EXPECT_EQ(stop, 250);
    EXPECT_EQ(sample.SetTime(nullptr, nullptr), S_OK);
    EXPECT_EQ(sample.GetTime(&start, &stop), VFW_E_SAMPLE_TIME_NOT_SET);
    EXPECT_EQ(sample.SetTime(nullptr, &end), E_INVALIDARG);
  });
}

TEST_F(MediaSampleTest, LengthStaysInsideTheBuffer) {
  with_sample([](MediaSample& sample) {
    EXPECT_EQ(sample.GetSize(), 1000);
    EXPECT_EQ(sample.GetActualDataLength(), 1000);
    EXPECT_EQ(sample.SetActualDataLength(7), S_OK);
    EXPECT_EQ(sample.GetActualDataLength(), 7);
    EXPECT_EQ(sample.SetActualDataLength(1001), VFW_E_BUFFER_OVERFLOW);
    EXPECT_EQ(sample.SetActualDataLength(-1), VFW_E_BUFFER_OVERFLOW);
    EXPECT_EQ(sample.GetActualDataLength(), 7);
  });
}

TEST_F(MediaSampleTest, InterfacesAndReferences) {
  with_sample([](MediaSample& sample) {
    EXPECT_EQ(sample.references(), 1u);
    ComPtr<IMediaSample> same;
    EXPECT_EQ(sample.QueryInterface(kIidMediaSample, same.put_void()), S_OK);
    EXPECT_EQ(sample.references(), 2u);
    void* other = &sample;
    EXPECT_EQ(sample.QueryInterface(kIidKsPin, &other), E_NOINTERFACE);
    EXPECT_EQ(other, nullptr);
    same.reset();
    EXPECT_EQ(sample.references(), 1u);
  });
}

TEST_F(MediaSampleTest, MediaTypeNeverChanges) {
  with_sample([](MediaSample& sample) {
    AM_MEDIA_TYPE* type = nullptr;
    EXPECT_EQ(sample.GetMediaType(&type), S_FALSE);
    AM_MEDIA_TYPE other{};
    EXPECT_EQ(sample.SetMediaType(&other), E_NOTIMPL);
    LONGLONG from = 3;
    LONGLONG to = 4;
    LONGLONG got_from = 0;
    LONGLONG got_to = 0;
    EXPECT_EQ(sample.GetMediaTime(&got_from, &got_to), VFW_E_MEDIA_TIME_NOT_SET);
    EXPECT_EQ(sample.SetMediaTime(&from, &to), S_OK);
    EXPECT_EQ(sample.GetMediaTime(&got_from, &got_to), S_OK);
    EXPECT_EQ(got_to, 4);
  });
}

}  // namespace
}  // namespace p2p::proxy
