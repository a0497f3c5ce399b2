// Injection mode: the driver brings the frames (R-CIR-6).
#include "tests/ks/bench/circuit_fixture.h"

namespace p2p::test {
namespace {

struct Returned {
  PVOID data;
  ULONG size;
  PMDL mdl;
  PVOID context;
  NTSTATUS status;
};
/// What has come back to the driver.
struct Returns {
  static inline std::vector<Returned> frames;
  static void NTAPI callback(PKSPIN, PVOID data, ULONG size, PMDL mdl, PVOID context, NTSTATUS status) {
    frames.push_back({data, size, mdl, context, status});
  }
};

TEST_F(Circuit, R_CIR_6_in_injection_mode_the_driver_brings_the_frames_and_gets_them_back) {
  callback = nullptr;
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;
  };
  expect_clean([&] {
    Link link;
    KsPinRegisterFrameReturnCallback(source, Returns::callback);
    auto* data = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 512, 'tseT'));
    std::memset(data, 0x44, 512);
    int context = 0;
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, nullptr, &context), STATUS_INVALID_DEVICE_STATE);  // in STOP
    link.move(KSSTATE_RUN);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);  // no buffers arrive
    KSSTREAM_HEADER header{};
    header.Size = sizeof header;
    header.PresentationTime = {77, 1, 1};
    header.DataUsed = 300;
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, &header, &context), STATUS_SUCCESS);
    header.PresentationTime.Time = 0;  // it was copied
    PMDL mdl = IoAllocateMdl(data, 100, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(KsPinSubmitFrameMdl(source, mdl, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(KsPinSubmitFrame(source, nullptr, 512, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_TRUE(Returns::frames.empty());
    KsPinAttemptProcessing(sink, FALSE);
    EXPECT_EQ(consumed, (std::vector<std::pair<UCHAR, ULONG>>{{0x44, 300}, {0x44, 100}}));
    EXPECT_EQ(times[0], 77);
    EXPECT_EQ(addresses[0], data);  // no copy
    ASSERT_EQ(Returns::frames.size(), 2u);
    EXPECT_EQ(Returns::frames[0].data, data);
    EXPECT_EQ(Returns::frames[0].size, 512u);
    EXPECT_EQ(Returns::frames[0].context, &context);
    EXPECT_EQ(Returns::frames[0].mdl, nullptr);
    EXPECT_EQ(Returns::frames[0].status, STATUS_SUCCESS);
    EXPECT_EQ(Returns::frames[1].mdl, mdl);
    EXPECT_EQ(Returns::frames[1].data, nullptr);
    // What is with the sink at a stop comes back cancelled.
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    ASSERT_EQ(Returns::frames.size(), 3u);
    EXPECT_EQ(Returns::frames[2].status, STATUS_CANCELLED);
    set_state(link.sink, KSSTATE_STOP);
    IoFreeMdl(mdl);
    ExFreePool(data);
  });
}

TEST_F(Circuit, R_CIR_6_without_injection_mode_frames_are_refused) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_ACQUIRE);
    int data = 0;
    EXPECT_EQ(KsPinSubmitFrame(source, &data, sizeof data, nullptr, nullptr), STATUS_INVALID_DEVICE_REQUEST);
  });
}

}  // namespace
}  // namespace p2p::test
