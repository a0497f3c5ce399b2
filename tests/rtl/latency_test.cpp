// Cycles between events at the pins: the contract of docs/registers.md.
#include <gtest/gtest.h>

#include "tests/rtl/limits.h"

namespace p2p::rtltest {
namespace {

TEST(Latency, DistancesAreAsDocumented) {
  const Distances distances = measure_distances();
  constexpr uint64_t kRecordBeats = sizeof(VCAP_COMPLETION) / kBeatBytes;
  EXPECT_EQ(distances.doorbell_to_read, 2u) << "m_axi_arvalid";
  EXPECT_EQ(distances.response_to_record, 2u) << "m_axi_awvalid";
  EXPECT_EQ(distances.response_to_interrupt, 4 + kRecordBeats) << "intr_o";
  EXPECT_EQ(distances.record_to_interrupt, 1u) << "intr_o";
  EXPECT_EQ(distances.clear_to_low, 2u) << "intr_o";
}

}  // namespace
}  // namespace p2p::rtltest
