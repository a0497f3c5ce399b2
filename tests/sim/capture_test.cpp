// Whole frames from a source through the chip into host memory, with the chip programmed by hand.
#include "sim/machine_with.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/sim/capture_bench.h"

namespace p2p::sim {
namespace {

MachineConfig config_with(std::uint64_t seed) {
  MachineConfig config;
  config.seed = seed;
  config.memory_bytes = 16 << 20;
  config.time_limit_ps = 20'000'000'000;  // 20 ms
  return config;
}

/// Captures `frames` frames with three buffers in flight; "ok", or what went wrong.
std::string capture(const MachineConfig& config, FrameSize size, unsigned frames, unsigned offset) {
  NullObserver observer;
  MachineWith<> machine(config, observer);
  LineSink sink(machine);
  SentFrames sent;
  CaptureBench bench(machine, size, 3, offset);
  const auto source = open_video_source({"pattern:bars", size, frames, config.seed});
  machine.player().set_source(source.get());
  machine.player().set_listener(&sent);
  std::string result;
  run_software("driver", [&] {
    bench.begin();
    machine.player().start();
    for (unsigned completed = 0; completed < frames && result.empty();) {
      sink.wait_for(true);
      const std::uint32_t state = bench.read(reg::kIntrState);
      if (state != reg::kFrameDone) result = "INTR_STATE " + std::to_string(state);
      bench.write(reg::kIntrState, state);
      CaptureBench::Completion record;
      while (result.empty() && bench.next(&record)) {
        if (record.sequence != completed) result = "sequence " + std::to_string(record.sequence);
        if (record.bytes != size.bytes()) result = "bytes " + std::to_string(record.bytes);
        if (record.started >= record.written) result = "timestamps";
        if (bench.frame(record.cookie) != sent.frames.at(completed)) result = "data of " + std::to_string(completed);
        bench.queue(record.cookie);
        ++completed;
      }
    }
    if (result.empty() && bench.read(reg::kCntFrames) != frames) result = "CNT_FRAMES";
    if (result.empty() && bench.read(reg::kCntDropped) != 0) result = "CNT_DROPPED";
    if (result.empty() && machine.dma_counters().write_bytes != frames * (size.bytes() + 32)) result = "bytes written";
    if (result.empty() && machine.dma_counters().error_responses != 0) result = "error responses";
    if (result.empty()) result = "ok";
    machine.stop("done");
  });
  sc_core::sc_start();
  return result.empty() ? machine.stop_reason() : result;
}

TEST(Capture, FramesArriveByteForByte) { EXPECT_EQ(capture(config_with(1), {320, 240}, 5, 0), "ok"); }

TEST(Capture, AnyAlignmentOfTheBuffer) {
  for (const unsigned offset : {1u, 3u, 4u, 7u, 8u, 0x7FDu, 0xFFFu}) {
    EXPECT_EQ(in_own_process([&] { return capture(config_with(offset), {66, 21}, 4, offset); }), "ok") << offset;
  }
}

TEST(Capture, TwentySeedsOfWaitStates) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(in_own_process([&] { return capture(config_with(seed), {128, 32}, 4, 0x40); }), "ok") << seed;
  }
}

TEST(Capture, AlwaysReadyMemory) {
  MachineConfig config = config_with(1);
  config.timing.always_ready = true;
  EXPECT_EQ(capture(config, {640, 480}, 2, 0), "ok");
}

/// Sees the interrupt pin as a flip-flop would.
struct InterruptPin : NullObserver {
  void bus_cycle(std::uint64_t cycle, const BusPins<Reference>& pins) {
    if (pins.intr != level) changes.push_back(cycle);
    level = pins.intr;
  }
  std::uint8_t level = 0;
  std::vector<std::uint64_t> changes;
};

TEST(Capture, CompletionInterruptsArriveInTheirOwnCycle) {
  InterruptPin observer;
  MachineWith<InterruptPin> machine(config_with(1), observer);
  LineSink sink(machine);
  CaptureBench bench(machine, {128, 32}, 3);
  const auto source = open_video_source({"pattern:bars", FrameSize{128, 32}, 5, 1});
  machine.player().set_source(source.get());
  run_software("driver", [&] {
    bench.begin();
    machine.player().start();
    for (unsigned completed = 0; completed < 3; ++completed) {
      sink.wait_for(true);  // no register access is under way: only the edge itself can end the run-ahead
      bench.write(reg::kIntrState, bench.read(reg::kIntrState));
      sink.wait_for(false);
    }
    machine.stop("done");
  });
  sc_core::sc_start();
  EXPECT_EQ(machine.stop_reason(), "done");
  ASSERT_GE(sink.edges.size(), 6u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(sink.edges[i].level, i % 2 == 0);
    EXPECT_EQ(sink.edges[i].ps, (observer.changes.at(i) - 1) * 8000) << "edge " << i;
  }
}

/// What the chip reports after a bus error made by `arrange`.
struct ErrorReport {
  std::uint32_t cause = 0, state = 0;
  std::uint64_t address = 0;
};
template <class Arrange>
ErrorReport provoke(Machine& machine, CaptureBench& bench, LineSink& sink, Arrange arrange) {
  ErrorReport report;
  const auto source = open_video_source({"pattern:bars", FrameSize{128, 64}, 2, 1});
  machine.player().set_source(source.get());
  run_software("driver", [&] {
    arrange();
    bench.begin();
    machine.player().start();
    sink.wait_for(true);
    report.state = bench.read(reg::kIntrState);
    report.cause = bench.read(reg::kErrCause);
    report.address = bench.read(reg::kErrAddrLo) | std::uint64_t{bench.read(reg::kErrAddrHi)} << 32;
    EXPECT_NE(bench.read(reg::kStatus) & reg::kHalted, 0u);
    machine.stop("done");
  });
  sc_core::sc_start();
  EXPECT_EQ(machine.stop_reason(), "done");
  return report;
}

class CaptureError : public ::testing::Test {
 protected:
  CaptureError() : machine(config_with(1), observer), sink(machine), log(machine), bench(machine, {128, 64}, 2) {}
  NullObserver observer;
  MachineWith<> machine;
  LineSink sink;
  Recorder log;
  CaptureBench bench;
};

TEST_F(CaptureError, AnUnmappedPageIsAFaultAndNothingIsWritten) {
  const std::uint64_t page = bench.logical(0, 1) / kPageBytes;
  const ErrorReport report = provoke(machine, bench, sink, [&] { machine.iommu_unmap(0, page); });
  EXPECT_NE(report.state & reg::kBusErr, 0u);
  EXPECT_EQ(report.cause & 0x1Fu, 3u | 2u << 2) << "DECERR on a data write";
  EXPECT_EQ(report.address / kPageBytes, page);
  ASSERT_NE(machine.first_dma_fault(), nullptr);
  EXPECT_EQ(machine.first_dma_fault()->address, page * kPageBytes);
  EXPECT_TRUE(machine.first_dma_fault()->write);
  EXPECT_GT(machine.first_dma_fault()->bus_cycle, 0u);
  EXPECT_NE(log.text().find("sim.dma.fault address=" + std::to_string(page * kPageBytes)), std::string::npos);
  const auto frame = bench.frame(0);
  EXPECT_TRUE(std::all_of(frame.begin() + kPageBytes, frame.begin() + 2 * kPageBytes, [](auto b) { return b == 0; }));
}

TEST_F(CaptureError, AnInjectedSlverrIsReported) {
  const ErrorReport report = provoke(machine, bench, sink, [&] {
    machine.bus_faults().add(
        {.on_read = false, .first_address = bench.logical(0, 2), .last_address = bench.logical(0, 2) + kPageBytes - 1});
  });
  EXPECT_EQ(report.cause & 0x1Fu, 2u | 2u << 2) << "SLVERR on a data write";
  EXPECT_EQ(report.address, bench.logical(0, 2));
  EXPECT_EQ(machine.dma_fault_count(), 0u);
}

TEST_F(CaptureError, DisabledBusMasteringRefusesTheDescriptorRead) {
  const ErrorReport report = provoke(machine, bench, sink, [&] { machine.config_write(0, 4, 2, 2); });
  EXPECT_EQ(report.cause & 0x1Fu, 3u | 1u << 2) << "DECERR on a descriptor read";
  EXPECT_EQ(machine.dma_fault_count(), 0u) << "it never reached the IOMMU";
}

}  // namespace
}  // namespace p2p::sim
