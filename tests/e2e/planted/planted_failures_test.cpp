// Failures planted into the chip, the bus, the driver and its use of the kernel: early and late in a run.
#include "tests/e2e/planted/planted_failure.h"

namespace p2p::e2e {
namespace {

TEST_P(Planted, IsNamedShownAndReplayed) { expect_all(); }

using PlantedProgram = Program;

TEST_F(PlantedProgram, IsTheProgramWhereNothingIsAskedFor) {
  const std::string run = " run --size 64x48 --frames 4 --seed 3 --out ";
  expect_pass(shell(P2P_PROGRAM + run + "plain"), "plain", 4);
  expect_pass(shell(P2P_PLANTED_PROGRAM + run + "planted --driver e2e_planted"), "planted", 4);
  expect_pass(shell(P2P_PLANTED_PROGRAM + run + "same"), "same", 4);
  EXPECT_TRUE(slurp(folder_ / "plain/events.jsonl") == slurp(folder_ / "same/events.jsonl"));
  for (const char* out : {"same", "planted"})
    EXPECT_TRUE(slurp(folder_ / "plain/capture.mkv") == slurp(folder_ / out / "capture.mkv")) << out;
}

constexpr const char* kFew = "--size 160x120 --frames 3";
constexpr const char* kMany = "--size 160x120 --frames 30";
constexpr const char* kPlain = "--size 160x120 --frames 3 --no-model";  // what the protocol checkers see by themselves

INSTANTIATE_TEST_SUITE_P(
    Chip, Planted,
    testing::Values(
        PlantedFailure{"awlen_short_early", "awlen_short@12000", "", 0, kPlain, "", "AXI4_W_LAST", When::kEarly},
        PlantedFailure{"wlast_early_early", "wlast_early@12000", "", 0, kFew, "", "MODEL_OUTPUT", When::kEarly},
        PlantedFailure{"awaddr_unstable_early", "awaddr_unstable@0", "", 0, kPlain,
                       "[bus]\naw_stall_percent = 100\naw_stall_cycles = 40", "AXI4_AW_STABLE", When::kEarly},
        PlantedFailure{"asserted_early", "asserted@12000", "", 0, kFew, "",
                       "the chip stopped the simulation at bus cycle", When::kEarly},
        PlantedFailure{"asserted_late", "asserted@400000", "", 0, kMany, "", "the chip stopped the simulation",
                       When::kLate},
        PlantedFailure{"awaddr_high_late", "awaddr_high@300000", "", 0, kMany, "", "0xE6", When::kLate},
        PlantedFailure{"record_early_late", "record_early@400000", "", 0, kMany, "", "CPL_AFTER_DATA", When::kLate},
        PlantedFailure{"record_phase_early", "record_phase@0", "", 0, kFew, "", "CPL_PHASE", When::kEarly},
        PlantedFailure{"record_bytes_late", "record_bytes@400000", "", 0, kMany, "", "FRAME_BYTES", When::kLate},
        PlantedFailure{"start_time_late", "start_time@400000", "", 0, kMany, "", "FRAME_RECORD", When::kLate},
        PlantedFailure{"pixel_bit_late", "pixel_bit@500000", "", 0, kMany, "", "FRAME_BYTES", When::kLate},
        PlantedFailure{"line_stuck_late", "line_stuck@400000", "", 0, kMany, "", "interrupt lost", When::kLate},
        PlantedFailure{"line_high_early", "line_high@12000", "", 0, kPlain, "", "0xF2", When::kEarly},
        PlantedFailure{"read_stale_late", "read_stale@400000", "", 0, kMany, "", "MODEL_OUTPUT", When::kLate},
        PlantedFailure{"drop_uncounted_late", "drop_uncounted@0", "", 0,
                       "--size 160x120 --frames 30 --buffers 2 --hold-us 200", "", "FRAME_ACCOUNTED", When::kLate}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Bus, Planted,
    testing::Values(
        PlantedFailure{"slverr_of_data_early", "", "", 0, "--size 160x120 --frames 3 --inject slverr@write:3", "",
                       "streaming stopped early", When::kEarly},
        PlantedFailure{"decerr_of_descriptors_early", "", "", 0, "--size 160x120 --frames 3 --inject decerr@read:0", "",
                       "STATUS_IO_DEVICE_ERROR", When::kEarly},
        PlantedFailure{"slverr_of_record_late", "", "", 0, "--size 160x120 --frames 30 --inject slverr@write:6320", "",
                       "streaming stopped early", When::kLate},
        PlantedFailure{"decerr_of_data_late", "", "", 0, "--size 160x120 --frames 30 --inject decerr@write:8000", "",
                       "streaming stopped early", When::kLate},
        PlantedFailure{"wrong_descriptor_late", "", "address", 10, kMany, "", "0xE6", When::kLate}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Driver, Planted,
    testing::Values(PlantedFailure{"clears_unread_causes_early", "", "clears", 0, kFew, "", "INTR_SEEN", When::kEarly},
                    PlantedFailure{"keeps_causes_early", "", "keeps", 0, kFew, "[limits]\ninterrupt_passes = 20",
                                   "0xF2", When::kEarly},
                    PlantedFailure{"wrong_size_late", "", "size", 20, kMany, "", "FRAME_BYTES", When::kLate},
                    PlantedFailure{"wrong_time_late", "", "time", 20, kMany, "", "FRAME_TIME", When::kLate},
                    PlantedFailure{"empty_descriptor_late", "", "empty", 10, kMany, "", "streaming stopped early",
                                   When::kLate},
                    PlantedFailure{"dpc_too_long_late", "", "lingers", 12, kMany, "", "0x133", When::kLate}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Kernel, Planted,
    testing::Values(
        PlantedFailure{"waits_in_dpc_early", "", "waits", 0, kFew, "", "0xB8", When::kEarly},
        PlantedFailure{"lowers_irql_in_dpc_late", "", "lowers", 25, kMany, "", "0xC4 IrqlKeLower", When::kLate},
        PlantedFailure{"releases_free_lock_early", "", "releases", 0, kFew, "", "0xC4 SpinLockRelease", When::kEarly},
        PlantedFailure{"sets_event_in_isr_late", "", "sets", 20, kMany, "", "0xC4 IrqlKeSetEvent", When::kLate},
        PlantedFailure{"null_pointer_early", "", "null", 0, kFew, "", "0xD1", When::kEarly},
        PlantedFailure{"pool_overrun_late", "", "overruns", 20, kMany, "", "0xD6", When::kLate},
        PlantedFailure{"used_after_free_late", "", "used_after", 20, kMany, "", "0xD5", When::kLate},
        PlantedFailure{"double_free_late", "", "frees_twice", 29, kMany, "", "0xC4 DoubleFree", When::kLate},
        PlantedFailure{"pool_leak_at_unload_late", "", "leaks", 0, kMany, "", "0xC4 PoolTracking", When::kLate}),
    name_of);

}  // namespace
}  // namespace p2p::e2e
