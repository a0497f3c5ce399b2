// Cycles between events at the pins: the contract of docs/vcap.md.
#include <gtest/gtest.h>

#include "tests/rtl/limits.h"

namespace p2p::rtltest {
namespace {

constexpr uint64_t kRecordBeats = sizeof(VCAP_COMPLETION) / kBeatBytes;
constexpr uint64_t kBusPeriodPs = 8000;
#ifdef P2P_CUT_THROUGH
constexpr bool kCutThrough = true;
#else
constexpr bool kCutThrough = false;
#endif
constexpr uint64_t kPixelToData = 5;
constexpr uint64_t kResetWords = kResetPixels * 2 / kBeatBytes;
constexpr uint64_t kPixelPeriods[] = {3030, 7999, 8000, 13468, 40000};

TEST(Latency, DistancesAreAsDocumented) {
  const Distances distances = measure_distances();
  EXPECT_EQ(distances.doorbell_to_read, 2u) << "m_axi_arvalid";
  EXPECT_EQ(distances.response_to_record, 1u) << "m_axi_awvalid";
  EXPECT_EQ(distances.response_to_interrupt, 3 + kRecordBeats) << "intr_o";
  EXPECT_EQ(distances.record_to_interrupt, 1u) << "intr_o";
  EXPECT_EQ(distances.clear_to_low, 2u) << "intr_o";
}

// The record is ready however short the last burst of data is.
TEST(Latency, TheRecordWaitsForNothingButTheLastResponse) {
  for (uint32_t beats = 1; beats <= kMaxBurst; ++beats) {
    SCOPED_TRACE(testing::Message() << "a frame of " << beats << " beats");
    const Distances distances = measure_distances({.width = beats * kBeatBytes / 2, .height = 1});
    ASSERT_EQ(distances.last_burst_beats, beats);
    EXPECT_EQ(distances.response_to_record, 1u) << "m_axi_awvalid";
    EXPECT_EQ(distances.response_to_interrupt, 3 + kRecordBeats) << "intr_o";
  }
}

// Store and forward: the last burst leaves when it is whole. Cut-through: its last beat alone is left to send. Single
// bursts, so that none before holds the channel.
TEST(Latency, TheLastPixelLeavesWithItsBurst) {
  for (const uint64_t period : kPixelPeriods) {
    if (period * kBeatBytes / 4 < kBusPeriodPs) continue;  // words come faster than they can leave
    for (uint32_t beats = 1; beats <= kMaxBurst; ++beats) {
      SCOPED_TRACE(testing::Message() << "a frame of " << beats << " beats, pixel clock of " << period << " ps");
      const Distances distances = measure_distances({beats * kBeatBytes / 2, 1, period});
      ASSERT_EQ(distances.last_burst_beats, beats);
      EXPECT_LE(distances.pixel_to_data, kPixelToData + (kCutThrough ? 1 : beats)) << "m_axi_wlast";
    }
  }
}

// Bounded by both clocks as soon as memory has answered; where pixels come faster than the bus takes them, words wait
// in the FIFO and leave one a cycle: here at most a frame of them.
TEST(Latency, SoftResetIsDoneSoonAfterTheLastAnswer) {
  for (const uint64_t period : kPixelPeriods) {
    const uint64_t words = period <= kBusPeriodPs ? kResetWords : 0;
    const uint64_t most = 14 + (5 * period + kBusPeriodPs - 1) / kBusPeriodPs + words;
    for (const uint32_t latency : {1u, 40u}) {
      for (const bool again : {false, true}) {
        for (uint32_t after = 0; after < 160; ++after) {
          SCOPED_TRACE(testing::Message()
                       << "pixel clock of " << period << " ps, answers after " << latency << " cycles, "
                       << (again ? "second " : "") << "SOFT_RESET " << after << " cycles after ENABLE");
          const ResetDistances distances = measure_reset({period, latency, after, again});
          EXPECT_LE(distances.done, most) << "intr_o for DRAINED";
          EXPECT_LE(distances.last_address, 2u) << "m_axi_awvalid";
        }
      }
    }
  }
}

}  // namespace
}  // namespace p2p::rtltest
