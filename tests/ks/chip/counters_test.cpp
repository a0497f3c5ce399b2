// Frame counters across changes of state, through the real stack (R-ST-10).
#include "tests/ks/stack.h"

#include "tests/ks/chip/raw_capture.h"

namespace p2p {
namespace {

using test::RawCapture;

constexpr sim::FrameSize kSize{320, 240};

KSPROPERTY_DROPPEDFRAMES_CURRENT_S counts(nt::Handle pin) {
  KSPROPERTY_DROPPEDFRAMES_CURRENT_S request{}, answer{};
  request.Property.Set = PROPSETID_VIDCAP_DROPPEDFRAMES;
  request.Property.Id = KSPROPERTY_DROPPEDFRAMES_CURRENT;
  request.Property.Flags = KSPROPERTY_TYPE_GET;
  EXPECT_EQ(test::control(pin, IOCTL_KS_PROPERTY, &request, sizeof request, &answer, sizeof answer), STATUS_SUCCESS);
  return answer;
}

TEST(ChipCounters, R_ST_10_counters_go_on_over_pause_and_begin_anew_with_acquire) {
  Stack stack;
  const auto source = sim::open_video_source({"pattern:bars", kSize, 1000, 1});
  stack.machine.player().set_source(source.get());
  stack.run([&] {
    RawCapture capture(kSize.width, kSize.height, 6);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    for (std::size_t i = 0; i < 3; ++i) test::read(capture.pin, *capture.requests[i]);
    stack.machine.player().start();
    test::set_state(capture.pin, KSSTATE_RUN);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(capture.requests[i]->wait(), STATUS_SUCCESS);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    const auto paused = counts(capture.pin);
    EXPECT_GE(paused.PictureNumber, 3);
    for (std::size_t i = 3; i < 6; ++i) test::read(capture.pin, *capture.requests[i]);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_RUN), STATUS_SUCCESS);
    const auto resumed = counts(capture.pin);
    EXPECT_GE(resumed.PictureNumber, paused.PictureNumber) << "PAUSE to RUN reset the picture number";
    EXPECT_GE(resumed.DropCount, paused.DropCount) << "PAUSE to RUN reset the drop count";
    for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(capture.requests[i]->wait(), STATUS_SUCCESS);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_GE(counts(capture.pin).PictureNumber, paused.PictureNumber + 3) << "RUN to PAUSE reset the picture number";
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    EXPECT_EQ(counts(capture.pin).PictureNumber, 0) << "a stream that is acquired anew counts from zero";
    EXPECT_EQ(counts(capture.pin).DropCount, 0);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
  });
  EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
}

}  // namespace
}  // namespace p2p
