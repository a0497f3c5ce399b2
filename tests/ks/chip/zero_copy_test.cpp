// No copy of pixel data between the chip and the application: the pages that the chip writes are those of the
// application's buffers.
#include "tests/ks/stack.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/pins.h"

namespace p2p {
namespace {

constexpr sim::FrameSize kSize{320, 240};
constexpr unsigned kFrames = 6, kBuffers = 3;

/// The pages of the chip's write bursts, as addresses on the bus, and how many bursts went to each.
struct WriteWatch {
  void bus_cycle(std::uint64_t, const sim::BusPins<sim::Reference>& pins) {
    const auto& bus = pins.axi;
    if (!(bus.awvalid & bus.awready)) return;
    const std::uint64_t first = bus.awaddr, last = first + (std::uint64_t{bus.awlen} + 1) * 8 - 1;
    for (std::uint64_t page = first / kPageBytes; page <= last / kPageBytes; ++page) ++bursts[page];
  }
  void pixel_cycle(std::uint64_t, const sim::VideoPins<sim::Reference>&) {}
  std::map<std::uint64_t, unsigned> bursts;
};

class ZeroCopy : public testing::Test {
 protected:
  /// A capture through ksproxy; `pages` receives the physical pages of every buffer that the application was shown.
  void capture(bool bounce) {
    ntos::KernelConfig config;
    config.dma_bounce = bounce;
    auto& stack = *new ObservedStack<WriteWatch>({}, config);
    const auto source = sim::open_video_source({"pattern:noise", kSize, kFrames, 1});
    stack.machine.player().set_source(source.get());
    stack.run([&] {
      proxy::CaptureSession session;
      ASSERT_TRUE(session.open().ok());
      ASSERT_TRUE(session.connect({kSize.width, kSize.height, 333333}).ok());
      const auto started = session.run(kBuffers, 0, [&](const proxy::DeliveredSample& sample) {
        whole = whole && sample.bytes == kSize.bytes() &&
                std::memcmp(stack.sent.frames[sample.index].data(), sample.data, sample.bytes) == 0;
        for (std::size_t at = 0; at < sample.bytes; at += kPageBytes) {
          const std::uint64_t page = stack.machine.physical_page(sample.data + at);
          EXPECT_EQ(static_cast<const void*>(static_cast<const std::uint8_t*>(stack.machine.page_pointer(page))),
                    static_cast<const void*>(sample.data + at));
          shown.insert(page);
        }
      });
      ASSERT_TRUE(started.ok()) << started.message;
      stack.machine.player().start();
      delivered = session.wait_for(kFrames, 10'000'000);
      session.stop();
      session.close();
    });
    ASSERT_EQ(stack.kernel.bugcheck(), nullptr);
    ASSERT_EQ(delivered, kFrames);
    ASSERT_TRUE(whole) << "a picture is not the one that was sent";
    for (const auto& [page, bursts] : stack.observer.bursts) {
      // Memory below 4 GiB is mapped for the chip as it is: what is on the bus is the physical page.
      (shown.contains(page) ? written : elsewhere).insert(page);
    }
  }
  std::set<std::uint64_t> shown, written, elsewhere;
  std::uint64_t delivered = 0;
  bool whole = true;
};

TEST_F(ZeroCopy, TheChipWritesIntoTheApplicationsPages) {
  capture(false);
  EXPECT_EQ(shown.size(), kBuffers * ((kSize.bytes() + kPageBytes - 1) / kPageBytes));
  EXPECT_EQ(written, shown) << "a page that the application was shown was not written by the chip";
  EXPECT_EQ(elsewhere.size(), 1u) << "the ring of completion records is the only other memory that the chip writes";
}

// The control: on a machine where every transfer goes through a copy, the same comparison notices it.
TEST_F(ZeroCopy, ACopyInBetweenIsNoticed) {
  capture(true);
  EXPECT_TRUE(written.empty());
  EXPECT_GT(elsewhere.size(), 1u);
}

}  // namespace
}  // namespace p2p
