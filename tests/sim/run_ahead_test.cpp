// Run-ahead is exact: whatever the batch, software, interrupt edges, DMA, pins and waveform are the same.
#include "sim/machine_with.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/sim/capture_bench.h"

namespace p2p::sim {
namespace {

/// Folds every pin of every cycle into one number.
struct PinHash {
  void bus_cycle(std::uint64_t cycle, const BusPins<Reference>& p) {
    add(cycle);
    add(p.rst_n, p.intr, p.axi.awvalid, p.axi.awready, p.axi.awaddr, p.axi.awlen, p.axi.wvalid, p.axi.wready,
        p.axi.wdata, p.axi.wstrb, p.axi.wlast, p.axi.bvalid, p.axi.bready, p.axi.bresp, p.axi.arvalid, p.axi.arready,
        p.axi.araddr, p.axi.rvalid, p.axi.rready, p.axi.rdata, p.axi.rlast, p.axil.awvalid, p.axil.awready,
        p.axil.awaddr, p.axil.wvalid, p.axil.wready, p.axil.wdata, p.axil.bvalid, p.axil.bready, p.axil.arvalid,
        p.axil.arready, p.axil.araddr, p.axil.rvalid, p.axil.rready, p.axil.rdata);
  }
  void pixel_cycle(std::uint64_t cycle, const VideoPins<Reference>& p) {
    add(cycle);
    add(p.rst_n, p.tdata, p.tvalid, p.tready, p.tuser, p.tlast);
  }
  template <class... Values>
  void add(const Values&... values) {
    ((hash = (hash ^ static_cast<std::uint64_t>(values)) * 0x100000001B3u), ...);
  }
  std::uint64_t hash = 0xCBF29CE484222325u;
};

constexpr FrameSize kSize{64, 24};
constexpr unsigned kFrames = 6;

/// Two software processes, one driven by interrupts, one polling registers and memory at odd times.
std::string scenario(const MachineConfig& config, const std::function<void(Machine&)>& prepare = {}) {
  PinHash pins;
  MachineWith<PinHash> machine(config, pins);
  if (prepare) prepare(machine);
  Recorder log(machine);
  LineSink sink(machine);
  CaptureBench bench(machine, kSize, 3, 0x123);
  const auto source = open_video_source({"pattern:noise", kSize, kFrames, config.seed});
  machine.player().set_source(source.get());
  const auto note_pins = [&](const std::string& what) { log.note(what + " pins " + std::to_string(pins.hash)); };
  machine.player().set_finished_callback([&] { note_pins("source finished"); });

  run_software("driver", [&] {
    bench.begin();
    machine.player().start();
    for (unsigned completed = 0; completed < kFrames;) {
      sink.wait_for(true);
      const std::uint32_t state = bench.read(reg::kIntrState);
      bench.write(reg::kIntrState, state);
      note_pins("intr_state " + std::to_string(state));
      CaptureBench::Completion completion;
      while (bench.next(&completion)) {
        const auto bytes = bench.frame(completion.cookie);
        PinHash hash;
        for (const std::uint8_t byte : bytes) hash.add(byte);
        log.note("frame " + std::to_string(completion.sequence) + " data " + std::to_string(hash.hash) + " at " +
                 std::to_string(completion.started) + " " + std::to_string(completion.written));
        bench.queue(completion.cookie);
        ++completed;
      }
      if ((state & ~reg::kFrameDone) != 0) break;  // an error shows in the log
    }
    note_pins("driver done");
    wait_ps(1'000'003);
    note_pins("stop");
    machine.stop("done");
  });
  run_software("poller", [&] {
    std::uint64_t step = 1;
    while (true) {
      step = step * 48271 % 2147483647;
      wait_ps(1 + step % 400'000);
      PinHash memory;
      for (const std::uint8_t byte : bench.frame(static_cast<unsigned>(step % 3))) memory.add(byte);
      note_pins("memory " + std::to_string(memory.hash) + " sent " + std::to_string(machine.player().frames_sent()));
      wait_ps(8000 - machine.now_ps() % 8000);  // exactly on an edge: software goes first
      note_pins("before the edge");
      if (step % 3 == 0) note_pins("status " + std::to_string(bench.read(reg::kStatus)));
    }
  });
  sc_core::sc_start();
  machine.close_trace();
  log.note("ended: " + machine.stop_reason() + ", beats " + std::to_string(machine.dma_counters().write_beats));
  note_pins("end");
  return log.text();
}

MachineConfig config_with(std::uint64_t batch, std::uint64_t seed = 1) {
  MachineConfig config;
  config.seed = seed;
  config.batch = batch;
  config.memory_bytes = 4 << 20;
  config.video = {.hblank_clocks = 300, .vblank_lines = 8};
  config.time_limit_ps = 3'000'000'000;
  return config;
}

std::string text_of(const MachineConfig& config) {
  return in_own_process([&] { return scenario(config); });
}

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(RunAhead, EveryBatchGivesTheSameRun) {
  const std::string one = text_of(config_with(1));
  ASSERT_NE(one.find("ended: done"), std::string::npos) << one.substr(one.size() > 2000 ? one.size() - 2000 : 0);
  ASSERT_NE(one.find("frame 5"), std::string::npos) << "all frames were captured";
  for (const std::uint64_t batch : {2u, 7u, 100u, 65536u, 1u << 30})
    EXPECT_EQ(text_of(config_with(batch)), one) << batch;
}

TEST(RunAhead, HoldsForOtherSeedsAndClocks) {
  for (std::uint64_t seed = 2; seed <= 5; ++seed) {
    MachineConfig one = config_with(1, seed), many = config_with(1 << 30, seed);
    one.pixel_period_ps = many.pixel_period_ps = seed == 2 ? 8000 : seed == 3 ? 16000 : 3999 + seed;
    const std::string text = text_of(one);
    EXPECT_NE(text.find("ended: done"), std::string::npos) << seed;
    EXPECT_EQ(text, text_of(many)) << seed;
  }
}

TEST(RunAhead, SameSeedSameRunOtherSeedOtherWaitStates) {
  const std::string a = text_of(config_with(65536, 1));
  EXPECT_EQ(a, text_of(config_with(65536, 1)));
  EXPECT_NE(a, text_of(config_with(65536, 2)));
}

TEST(RunAhead, TheWaveformChangesNothingAndIsTheSameForEveryBatch) {
  const auto directory = std::filesystem::temp_directory_path() / "p2p_run_ahead_trace";
  std::filesystem::create_directories(directory);
  const std::string untraced = text_of(config_with(65536));
  const auto traced = [&](std::uint64_t batch, const char* name) {
    MachineConfig config = config_with(batch);
    config.trace_file = (directory / name).string();
    EXPECT_EQ(text_of(config), untraced);
    return bytes_of(config.trace_file);
  };
  const std::string one = traced(1, "one.fst"), many = traced(1 << 30, "many.fst"),
                    again = traced(1 << 30, "again.fst");
  EXPECT_GT(one.size(), 10000u);
  EXPECT_TRUE(one == many);
  EXPECT_TRUE(many == again);
  std::filesystem::remove_all(directory);
}

TEST(RunAhead, AWaveformOfAPartChangesNothingAndIsTheSameForEveryBatch) {
  const auto directory = std::filesystem::temp_directory_path() / "p2p_run_ahead_part";
  std::filesystem::create_directories(directory);
  const std::string untraced = text_of(config_with(65536));
  const auto traced = [&](std::uint64_t batch, const char* name) {
    MachineConfig config = config_with(batch);
    config.traceable = true;
    const std::string file = (directory / name).string();
    const std::string text = in_own_process([&] {
      return scenario(config, [&file](Machine& machine) {
        machine.call_at(40'000'003, [&machine, file] {
          machine.begin_trace(file);
          machine.call_at(60'000'000, [&machine] { machine.end_trace(); });
        });
      });
    });
    EXPECT_EQ(text, untraced);
    return bytes_of(file);
  };
  const std::string one = traced(1, "one.fst"), many = traced(1 << 30, "many.fst");
  EXPECT_GT(one.size(), 10000u);
  EXPECT_TRUE(one == many);
  std::filesystem::remove_all(directory);
}

TEST(RunAhead, CallsComeBetweenTheEdgesBeforeAndAfterTheirTime) {
  const std::string text = in_own_process([] {
    std::string calls;
    scenario(config_with(65536), [&calls](Machine& machine) {
      machine.call_at(1'000'001, [&machine, &calls] {
        calls += std::to_string(machine.now_ps()) + " bus " + std::to_string(machine.bus_cycle());
        machine.call_at(0, [&machine, &calls] { calls += ", then " + std::to_string(machine.now_ps()); });
      });
      machine.call_at(1'000'002, [&calls] { calls += ", second"; });
      machine.call_at(0, [&calls] { calls += "first, "; });
    });
    return calls;
  });
  // Of edges each 8000 and each 6734 ps the next is the pixel clock's 149th.
  EXPECT_EQ(text, "first, 1003366 bus 125, then 1003366, second");
}

TEST(RunAhead, AWaveformWasToBeExpected) {
  const std::string text = in_own_process([] {
    NullObserver observer;
    MachineWith<> machine(config_with(1), observer);
    try {
      machine.begin_trace("trace.fst");
    } catch (const std::logic_error& error) {
      return std::string(error.what());
    }
    return std::string();
  });
  EXPECT_EQ(text, "begin_trace: expected MachineConfig::traceable");
}

TEST(RunAhead, AWaveformThatCannotBeWrittenIsOneClearError) {
  MachineConfig config = config_with(1);
  config.trace_file = "/nonexistent/trace.fst";
  NullObserver observer;
  try {
    MachineWith<> machine(config, observer);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "/nonexistent/trace.fst: cannot write the waveform: No such file or directory");
  }
}

}  // namespace
}  // namespace p2p::sim
