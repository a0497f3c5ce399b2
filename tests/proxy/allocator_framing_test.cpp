// Allocator negotiation: what the pin's framing asks for, the extended one before the simple one (R-ALC-1).
#include "sw/proxy/allocator_framing.h"

#include <cstring>
#include <string>
#include <vector>

#include "fake_capture.h"
#include "in_machine.h"
#include "proxy/capture.h"
#include "sim/trace_sink.h"

namespace p2p::proxy {
namespace {

template <class Framing>
std::vector<std::uint8_t> bytes_of(const Framing& framing) {
  std::vector<std::uint8_t> bytes(sizeof framing);
  std::memcpy(bytes.data(), &framing, sizeof framing);
  return bytes;
}
KSALLOCATOR_FRAMING_EX extended(ULONG frames, ULONG least, ULONG alignment_mask) {
  KSALLOCATOR_FRAMING_EX framing{};
  framing.CountItems = 1;
  framing.FramingItem[0].Frames = frames;
  framing.FramingItem[0].FileAlignment = alignment_mask;
  framing.FramingItem[0].FramingRange.Range = {least, 0xFFFFFFFF, 1};
  return framing;
}
KSALLOCATOR_FRAMING simple(ULONG frames, ULONG bytes) {
  KSALLOCATOR_FRAMING framing{};
  framing.Frames = frames;
  framing.FrameSize = bytes;
  return framing;
}

TEST(AllocatorFraming, R_ALC_1_TheApplicationsCountAndTheLargerOfEverythingElse) {
  ALLOCATOR_PROPERTIES properties{3, 1000, 64, 0};
  EXPECT_EQ(agree(wish_of(extended(8, 2000, 255)), &properties), std::nullopt);
  EXPECT_EQ(properties.cBuffers, 3);
  EXPECT_EQ(properties.cbBuffer, 2000);
  EXPECT_EQ(properties.cbAlign, 256);
  properties = {0, 3000, 4096, 0};
  EXPECT_EQ(agree(wish_of(extended(8, 2000, 255)), &properties), std::nullopt);
  EXPECT_EQ(properties.cBuffers, 8);
  EXPECT_EQ(properties.cbBuffer, 3000);
  EXPECT_EQ(properties.cbAlign, 4096);
}

TEST(AllocatorFraming, R_ALC_1_WhatCannotBeMetIsSaid) {
  ALLOCATOR_PROPERTIES properties{2, 1000, 1, 0};
  EXPECT_NE(agree(wish_of(extended(8, 10, 8191)), &properties)->find("aligned to 8192 bytes"), std::string::npos);
  EXPECT_NE(agree(wish_of(extended(8, 10, 99)), &properties)->find("aligned to 100 bytes"), std::string::npos);
  EXPECT_NE(agree(wish_of(extended(8, 0x80000000, 0)), &properties)->find("2147483648 bytes"), std::string::npos);
  properties.cBuffers = 0;
  EXPECT_EQ(agree({}, &properties), "0 buffers, and the pin does not say how many it wants");
  EXPECT_EQ(wish_of(KSALLOCATOR_FRAMING_EX{}).frames, 0u) << "a framing without items says nothing";
}

/// The last "allocator.agree", as "buffers bytes align framing".
class Agreed final : public TraceSink {
 public:
  Agreed() { set_trace_sink(this); }
  ~Agreed() override { set_trace_sink(nullptr); }
  void event(std::string_view, std::string_view name, std::initializer_list<TraceField> fields) override {
    if (name != "allocator.agree") return;
    text.clear();
    for (const TraceField& field : fields) {
      if (!text.empty()) text += " ";
      if (const auto* number = std::get_if<std::uint64_t>(&field.value)) text += std::to_string(*number);
      if (const auto* word = std::get_if<std::string_view>(&field.value)) text += *word;
    }
  }
  std::string text;
};

TEST(AllocatorFraming, R_ALC_1_APinIsAskedForItsExtendedFramingFirst) {
  fake::Machine machine(1);
  auto script = std::make_shared<fake::CaptureFilter>();
  machine.add_interface(u"\\??\\camera", script);
  fake::in_machine(machine, [&] {
    Agreed agreed;
    const auto run = [&](unsigned buffers) {
      CaptureSession session;
      EXPECT_TRUE(session.open().ok());
      EXPECT_TRUE(session.connect({320, 240, 333333}).ok());
      CaptureResult result = session.run(buffers, 0, nullptr);
      session.close();
      return result;
    };
    EXPECT_FALSE(run(0).ok());
    EXPECT_TRUE(run(2).ok());
    EXPECT_EQ(agreed.text, "2 153600 4096 none");
    script->framing = bytes_of(simple(5, 200'000));
    EXPECT_TRUE(run(0).ok());
    EXPECT_EQ(agreed.text, "5 200000 4096 simple");
    script->framing_ex = bytes_of(extended(7, 160'000, 63));
    EXPECT_TRUE(run(0).ok());
    EXPECT_EQ(agreed.text, "7 160000 4096 ex");
    script->framing_ex = bytes_of(extended(7, 160'000, 16383));
    EXPECT_EQ(run(4).message,
              "run: the pin wants buffers aligned to 16384 bytes, a power of two up to a page can be had");
    EXPECT_EQ(script->log.back(), "state 0") << "the pin was not left in another state";
  });
}

}  // namespace
}  // namespace p2p::proxy
