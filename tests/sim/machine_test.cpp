#include "sim/machine_with.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim/pci_function.h"
#include "tests/sim/capture_bench.h"

namespace p2p::sim {
namespace {

constexpr std::uint64_t kBar = 0xE0000000;

MachineConfig small_config() {
  MachineConfig config;
  config.memory_bytes = 4 << 20;
  config.time_limit_ps = 1'000'000'000;  // 1 ms: a test that hangs ends
  return config;
}

/// Sees the interrupt pin as a flip-flop would.
struct PinWatcher : NullObserver {
  void bus_cycle(std::uint64_t cycle, const BusPins<Reference>& pins) {
    if (pins.intr != level) changes.push_back(cycle);
    level = pins.intr;
    if (cycle == stop_at) machine->stop("the observer says so");
    last = cycle;
  }
  std::uint8_t level = 0;
  std::vector<std::uint64_t> changes;
  std::uint64_t stop_at = ~std::uint64_t{0}, last = 0;
  Machine* machine = nullptr;
};

TEST(Machine, RegistersAnswerAtEveryWidth) {
  NullObserver observer;
  MachineWith<> machine(small_config(), observer);
  bool done = false;
  run_software("cpu", [&] {
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), reg::kIdValue);
    EXPECT_GT(machine.now_ps(), 16u * 8000u) << "an access waits for the end of reset";
    EXPECT_EQ(machine.now_ps() % 8000, 0u) << "and ends on a clock edge";
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId + 1, 1), 0x41u);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId + 2, 2), 0x5643u);
    const std::uint64_t version = machine.mmio_read(kBar + reg::kVersion, 4);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 8), version << 32 | reg::kIdValue) << "low half first";
    machine.mmio_write(kBar + reg::kRingBaseLo, 8, 0x1122334455667780);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kRingBaseHi, 4), 0x11223344u);
    machine.mmio_write(kBar + reg::kRingBaseHi + 1, 1, 0xAB);
    machine.mmio_write(kBar + reg::kRingBaseHi + 2, 2, 0xCDEF);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kRingBaseLo, 8), 0xCDEFAB4455667780 & ~std::uint64_t{0x3F});
    done = true;
    machine.stop("done");
  });
  sc_core::sc_start();
  EXPECT_TRUE(done);
  EXPECT_EQ(machine.stop_reason(), "done");
}

TEST(Machine, RegistersAreLostInD3) {
  const sc_core::sc_time kTwoCycles(16, sc_core::SC_NS);
  NullObserver observer;
  MachineWith<> machine(small_config(), observer);
  bool done = false;
  std::uint64_t in_flight = 0;
  sc_core::sc_event go("go");
  run_software("cpu", [&] {
    const std::uint32_t bar = machine.config_read(0, pci::kBar0, 4);
    machine.mmio_write(kBar + reg::kRingBaseLo, 8, 0x1122334455667780);
    go.notify();
    sc_core::wait(kTwoCycles);
    machine.config_write(0, pci::kPowerControl, 2, pci::kD3Hot);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), 0xFFFFFFFFu) << "only configuration space answers in D3hot";
    sc_core::wait(25 * kTwoCycles);
    EXPECT_EQ(in_flight, 0xFFFFFFFFu) << "an access in flight when the power goes ends";
    machine.config_write(0, pci::kPowerControl, 2, pci::kD0);
    machine.config_write(0, pci::kBar0, 4, bar);
    machine.config_write(0, pci::kCommand, 2, 6);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), reg::kIdValue);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kRingBaseLo, 8), 0u);
    done = true;
    machine.stop("done");
  });
  run_software("other_cpu", [&] {
    sc_core::wait(go);
    in_flight = machine.mmio_read(kBar + reg::kRingBaseHi, 4);
  });
  sc_core::sc_start();
  EXPECT_TRUE(done);
}

TEST(Machine, WhereNobodyAnswersReadsAllOnes) {
  NullObserver observer;
  MachineWith<> machine(small_config(), observer);
  bool done = false;
  run_software("cpu", [&] {
    EXPECT_EQ(machine.mmio_read(kBar + 0x1000, 4), 0xFFFFFFFFu) << "outside the BAR";
    EXPECT_EQ(machine.mmio_read(kBar + 0xFF0, 4), 0xFFFFFFFFu) << "SLVERR";
    EXPECT_EQ(machine.mmio_read(kBar + 0xFF0, 8), ~std::uint64_t{0});
    EXPECT_EQ(machine.mmio_read(kBar + 0xFF0, 1), 0xFFu);
    EXPECT_EQ(machine.mmio_read(kBar + 2, 4), 0xFFFFFFFFu) << "misaligned";
    machine.config_write(0, 4, 2, 0);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), 0xFFFFFFFFu) << "memory space disabled";
    machine.config_write(0, 4, 2, 6);
    EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), reg::kIdValue);
    EXPECT_EQ(machine.config_read(1, 0, 4), 0xFFFFFFFFu);
    EXPECT_EQ(machine.pci_function_count(), 1u);
    EXPECT_THROW(machine.mmio_read(kBar, 16), std::logic_error);
    done = true;
    machine.stop("done");
  });
  sc_core::sc_start();
  EXPECT_TRUE(done);
}

TEST(Machine, ProcessesShareTheRegistersFairly) {
  NullObserver observer;
  MachineWith<> machine(small_config(), observer);
  std::string order;
  for (const char name : {'a', 'b', 'c'}) {
    run_software(std::string(1, name).c_str(), [&machine, &order, name] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(machine.mmio_read(kBar + reg::kId, 4), reg::kIdValue);
        order += name;
      }
      if (order.size() == 15) machine.stop("done");
    });
  }
  sc_core::sc_start();
  EXPECT_EQ(order, "abcabcabcabcabc");
}

TEST(Machine, InterruptEdgesArriveInTheirOwnCycle) {
  PinWatcher observer;
  MachineWith<PinWatcher> machine(small_config(), observer);
  LineSink sink(machine);
  run_software("cpu", [&] {
    for (int i = 0; i < 3; ++i) {
      machine.mmio_write(kBar + reg::kIntrEnable, 4, reg::kFrameDone);
      machine.mmio_write(kBar + reg::kIntrTest, 4, reg::kFrameDone);
      sink.wait_for(true);
      EXPECT_EQ(machine.mmio_read(kBar + reg::kIntrState, 4), reg::kFrameDone);
      machine.mmio_write(kBar + reg::kIntrState, 4, reg::kFrameDone);
      sink.wait_for(false);
      wait_ps(12345);
    }
    machine.stop("done");
  });
  sc_core::sc_start();
  ASSERT_EQ(sink.edges.size(), 6u);
  ASSERT_EQ(observer.changes.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(sink.edges[i].line, kInterruptLine);
    EXPECT_EQ(sink.edges[i].level, i % 2 == 0);
    // The line changes with the edge; a flip-flop sees it at the next one.
    EXPECT_EQ(sink.edges[i].ps, (observer.changes[i] - 1) * 8000);
  }
}

TEST(Machine, AnObserverStopsTheRunInItsCycle) {
  PinWatcher observer;
  MachineWith<PinWatcher> machine(small_config(), observer);
  observer.machine = &machine;
  observer.stop_at = 777;
  sc_core::sc_start();
  EXPECT_EQ(machine.stop_reason(), "the observer says so");
  EXPECT_EQ(machine.now_ps(), 777u * 8000u);
  EXPECT_EQ(machine.bus_cycle(), 777u);
  EXPECT_EQ(observer.last, 777u);
}

TEST(Machine, SoftwareStopsTheRunBeforeTheEdgeAtItsTime) {
  PinWatcher observer;
  MachineWith<PinWatcher> machine(small_config(), observer);
  run_software("cpu", [&] {
    wait_ps(500 * 8000);
    machine.stop("first");
    machine.stop("second");
  });
  sc_core::sc_start();
  EXPECT_EQ(machine.stop_reason(), "first");
  EXPECT_EQ(observer.last, 499u);
}

TEST(Machine, TheTimeLimitEndsTheRun) {
  PinWatcher observer;
  MachineConfig config = small_config();
  config.time_limit_ps = 1000 * 8000;
  MachineWith<PinWatcher> machine(config, observer);
  sc_core::sc_start();
  EXPECT_EQ(machine.stop_reason(), "the time limit of the run was reached");
  EXPECT_EQ(machine.now_ps(), 1000u * 8000u);
  EXPECT_EQ(observer.last, 999u);
}

TEST(Machine, PartialRunsStopWhereTheyShould) {
  PinWatcher observer;
  MachineWith<PinWatcher> machine(small_config(), observer);
  machine.run_for(100 * 8000 - 1);
  EXPECT_EQ(observer.last, 99u);
  machine.run_for(100 * 8000);
  EXPECT_EQ(observer.last, 199u);
  EXPECT_EQ(machine.now_ps(), 200u * 8000u - 1u);
}

TEST(Machine, ConfigurationIsChecked) {
  const auto refused = [](auto change) {
    MachineConfig config = small_config();
    change(config);
    NullObserver observer;
    EXPECT_THROW(MachineWith<>(config, observer), std::invalid_argument);
  };
  refused([](MachineConfig& c) { c.bus_period_ps = 0; });
  refused([](MachineConfig& c) { c.batch = 0; });
  refused([](MachineConfig& c) { c.memory_bytes = 0; });
  refused([](MachineConfig& c) { c.timing.b_latency = {5, 4}; });
}

}  // namespace
}  // namespace p2p::sim
