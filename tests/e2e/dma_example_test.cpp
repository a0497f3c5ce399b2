// examples/pin_dma: the smallest driver that captures from the chip by DMA.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using DmaExample = Program;

TEST_F(DmaExample, CapturesWhatTheReferenceDriverDoes) {
  const std::string clip = "--source pattern:noise --size 320x240 --frames 12 ";
  expect_pass(pin2pin(clip + "--driver example_pin_dma --out example"), "example", 12);
  expect_pass(pin2pin(clip + "--out reference"), "reference", 12);
  EXPECT_EQ(summary("example")["frames"]["sha256"], summary("reference")["frames"]["sha256"]);
}

TEST_F(DmaExample, PassesUnderAnySchedule) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "--schedule random --seed " << seed);
    expect_pass(pin2pin("--size 320x240 --frames 4 --no-capture --driver example_pin_dma --schedule random --seed " +
                        std::to_string(seed)),
                "out", 4);
  }
}

// One size, and it says so.
TEST_F(DmaExample, AnotherSizeFindsNoFormat) {
  const Ran ran = pin2pin("--size 64x48 --frames 2 --driver example_pin_dma --out out");
  EXPECT_EQ(ran.status, 1) << ran.out << ran.err;
  EXPECT_NE((ran.out + ran.err).find("width 64 is not 320"), std::string::npos) << ran.out << ran.err;
}

}  // namespace
}  // namespace p2p::e2e
