// V-E6-26: the chip writes where no mapping is any more.
#include "tests/ks/stack.h"

#include "tests/ks/chip/raw_capture.h"

namespace p2p {
namespace {

constexpr sim::FrameSize kSize{64, 48};
constexpr std::uint64_t kPagesOf4GiB = 1 << 20;

TEST(ChipIommu, V_E6_26_AnAccessOutsideAnyMappingStopsTheMachine) {
  Stack stack;
  const auto source = sim::open_video_source({"pattern:bars", kSize, 1000, 1});
  stack.machine.player().set_source(source.get());
  stack.run([&] {
    test::RawCapture capture(kSize.width, kSize.height, 4);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    // Buffers below 4 GiB of physical memory are mapped as they are: take every mapping there can be.
    for (std::uint64_t page = 0; page < kPagesOf4GiB; ++page) stack.machine.iommu_unmap(0, page);
    stack.machine.player().start();
    capture.requests[0]->wait();
    ADD_FAILURE() << "a request was completed although nothing could be written";
  });
  const ntos::BugCheck* bugcheck = stack.kernel.bugcheck();
  ASSERT_NE(bugcheck, nullptr) << stack.machine.stop_reason();
  EXPECT_EQ(bugcheck->code, 0xE6u);
  EXPECT_EQ(bugcheck->parameters[0], 0x26u);
  EXPECT_EQ(bugcheck->bus_cycle, stack.machine.first_dma_fault()->bus_cycle);
  EXPECT_EQ(bugcheck->thread, "the device");
  EXPECT_EQ(stack.log.count("sim dma.fault"), 1u) << "the machine stops at the first";
}

}  // namespace
}  // namespace p2p
