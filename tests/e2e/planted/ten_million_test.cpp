// Failures planted at cycle 10,000,000: the run's first snapshots are long gone then.
#include "tests/e2e/planted/planted_failure.h"

namespace p2p::e2e {
namespace {

TEST_P(Planted, IsNamedShownAndReplayed) { expect_all(); }

#define P2P_LONG "--size 160x120 --fps 500 --frames 42"  // frame 40 begins at cycle 10,007,000

INSTANTIATE_TEST_SUITE_P(
    TenMillion, Planted,
    testing::Values(PlantedFailure{"chip", "line_high@10000000", "", 0, P2P_LONG, "", "0xF2", When::kTenMillion},
                    PlantedFailure{"chip_record", "record_early@10000000", "", 0, P2P_LONG " --no-model", "",
                                   "CPL_AFTER_DATA", When::kTenMillion},
                    PlantedFailure{"bus", "", "", 0, P2P_LONG " --inject slverr@write:12140", "",
                                   "streaming stopped early", When::kTenMillion},
                    PlantedFailure{"driver", "", "clears", 40, P2P_LONG, "", "INTR_SEEN", When::kTenMillion},
                    PlantedFailure{"kernel", "", "used_after", 40, P2P_LONG, "", "0xD5", When::kTenMillion}),
    name_of);

}  // namespace
}  // namespace p2p::e2e
