// What the waveform shows of software, from events alone.
#include "tb/wave/software_wave.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace p2p::tb {
namespace {

/// Keeps the last value of every signal by its path.
class Shown final : public sim::WaveSignals {
 public:
  bool recorded() const override { return is_recorded; }
  Signal add_words(std::string_view path) override { return add(path, 0); }
  Signal add_number(std::string_view path, unsigned bits) override { return add(path, bits); }
  void set(Signal signal, std::string_view words) override {
    if (widths_.at(signal) != 0) throw std::logic_error(paths_[signal] + " is a number");
    values_[paths_[signal]] = words;
  }
  void set(Signal signal, std::uint64_t number) override {
    const unsigned bits = widths_.at(signal);
    if (bits == 0 || (bits < 64 && number >> bits != 0))
      throw std::logic_error(paths_[signal] + " cannot hold " + std::to_string(number));
    values_[paths_[signal]] = std::to_string(number);
  }
  bool is_recorded = true;
  /// Fails the test if the signal does not exist or has no value yet.
  std::string operator[](const std::string& path) const {
    const auto found = values_.find(path.rfind("bus.", 0) == 0 ? path : "sw." + path);
    if (found != values_.end()) return found->second;
    ADD_FAILURE() << path << " has no value";
    return {};
  }

 private:
  Signal add(std::string_view path, unsigned bits) {
    paths_.emplace_back(path);
    widths_.push_back(bits);
    return static_cast<Signal>(paths_.size() - 1);
  }
  std::vector<std::string> paths_;
  std::vector<unsigned> widths_;
  std::map<std::string, std::string> values_;
};

class Waves : public ::testing::Test {
 protected:
  using Fields = std::initializer_list<TraceField>;
  void event(std::string_view name, Fields fields) { wave.on_event(0, "", name, fields); }
  void irp(std::string_view what, std::uint64_t id) { event(what, {{"irp", id}}); }
  void call(std::uint64_t id, unsigned major, const char* driver) {
    event("irp.call", {{"irp", id}, {"major", major}, {"driver", driver}});
  }
  void frame(std::string_view what, std::uint64_t number) { event(what, {{"frame", number}, {"pix_cycle", 0u}}); }

  Shown shown;
  SoftwareWave wave{shown,
                    {.cpus = 2, .irp_lanes = 2, .dma_lanes = 2, .frame_lanes = 3, .pins = 2},
                    [](const ntos::CallFrame& where) {
                      ++named;
                      return "function at " + std::to_string(where.offset);
                    },
                    [](std::uint16_t address) { return "register " + std::to_string(address); }};
  static inline unsigned named = 0;
};

TEST_F(Waves, AnIrpHasALaneWhileItLives) {
  irp("irp.create", 7);
  EXPECT_EQ(shown["irp.lane00.irp"], "7");
  EXPECT_EQ(shown["irp.lane00.state"], "created");
  call(7, 14, "vcapdrv");
  EXPECT_EQ(shown["irp.lane00.major"], "DEVICE_CONTROL");
  EXPECT_EQ(shown["irp.lane00.driver"], "vcapdrv");
  EXPECT_EQ(shown["irp.lane00.pending"], "0");
  irp("irp.pend", 7);
  EXPECT_EQ(shown["irp.lane00.pending"], "1");
  EXPECT_EQ(shown["irp.lane00.summary"], "7 pending vcapdrv DEVICE_CONTROL");
  irp("irp.create", 8);
  EXPECT_EQ(shown["irp.lane01.irp"], "8");
  irp("irp.cancel", 7);
  EXPECT_EQ(shown["irp.lane00.state"], "cancelled");
  irp("irp.complete", 7);
  EXPECT_EQ(shown["irp.lane00.state"], "completing");
  EXPECT_EQ(shown["irp.lane00.pending"], "1");
  irp("irp.done", 7);
  EXPECT_EQ(shown["irp.lane00.state"], "done");
  EXPECT_EQ(shown["irp.lane00.pending"], "0");
  irp("irp.free", 7);
  for (const char* words : {"major", "driver", "state", "summary"})
    EXPECT_EQ(shown[std::string("irp.lane00.") + words], "") << words;
  EXPECT_EQ(shown["irp.lane00.irp"], "0");
  EXPECT_EQ(shown["irp.lane01.irp"], "8");
  irp("irp.create", 9);
  EXPECT_EQ(shown["irp.lane00.irp"], "9") << "the lowest free lane";
  EXPECT_EQ(shown["irp.without_lane"], "0");
  EXPECT_EQ(wave.use().irp_lanes, 2u);
}

TEST_F(Waves, AnIrpWithoutALaneIsCounted) {
  for (const std::uint64_t id : {1u, 2u, 3u}) irp("irp.create", id);
  EXPECT_EQ(shown["irp.without_lane"], "1");
  irp("irp.pend", 3);
  irp("irp.free", 3);
  irp("irp.free", 1);
  event("irp.create", {{"irp", 4u}, {"kind", "raw"}});  // nobody says when it is gone
  EXPECT_EQ(shown["irp.without_lane"], "2");
  EXPECT_EQ(shown["irp.lane00.irp"], "0");
}

TEST_F(Waves, ABugCheckIsNamed) {
  EXPECT_EQ(shown["check.bugcheck"], "");
  event("bugcheck", {{"code", 0xC4u}, {"p1", 0x62u}, {"rule", "ExFreePool"}, {"message", "twice"}});
  EXPECT_EQ(shown["check.bugcheck"], "0xC4 ExFreePool");
}

TEST_F(Waves, AMappingHasALaneWhileTheDeviceMayReachIt) {
  event("dma.map",
        {{"mapping", 3u}, {"kind", "list"}, {"address", 0x10FEFB000u}, {"bytes", 6144u}, {"write", 1u}, {"irp", 24u}});
  EXPECT_EQ(shown["dma.lane00.mapping"], "3");
  EXPECT_EQ(shown["dma.lane00.irp"], "24");
  EXPECT_EQ(shown["dma.lane00.address"], std::to_string(0x10FEFB000u));
  EXPECT_EQ(shown["dma.lane00.bytes"], "6144");
  EXPECT_EQ(shown["dma.lane00.summary"], "IRP 24: 6144 bytes from the device");
  const auto map = [this](std::uint64_t number) {
    event("dma.map",
          {{"mapping", number}, {"kind", "transfer"}, {"address", 4096u}, {"bytes", 16u}, {"write", 0u}, {"irp", 0u}});
  };
  map(4);
  EXPECT_EQ(shown["dma.lane01.summary"], "transfer: 16 bytes to the device");
  map(5);
  EXPECT_EQ(shown["dma.without_lane"], "1");
  event("dma.unmap", {{"mapping", 5u}});
  event("dma.unmap", {{"mapping", 3u}});
  for (const char* number : {"mapping", "irp", "address", "bytes"})
    EXPECT_EQ(shown[std::string("dma.lane00.") + number], "0") << number;
  EXPECT_EQ(shown["dma.lane00.summary"], "");
  EXPECT_EQ(shown["dma.lane01.mapping"], "4");
  map(6);
  EXPECT_EQ(shown["dma.lane00.mapping"], "6") << "the lowest free lane";
  EXPECT_EQ(wave.use().dma_lanes, 2u);
}

TEST_F(Waves, ABurstHasALaneFromItsAddressToItsResponse) {
  wave.bus().burst_begins(true, 2, 0x1000, 16);
  wave.bus().burst_begins(true, 3, 0x2000, 1);
  EXPECT_EQ(shown["bus.write.lane00.summary"], "0x1000 16 beats data");
  EXPECT_EQ(shown["bus.write.lane01.summary"], "0x2000 1 beat data");
  wave.bus().burst_in_memory(0);
  EXPECT_EQ(shown["bus.write.lane00.phase"], "OKAY");
  EXPECT_EQ(shown["bus.write.lane01.phase"], "data");
  wave.bus().burst_in_memory(2);
  EXPECT_EQ(shown["bus.write.lane01.summary"], "0x2000 1 beat SLVERR");
  wave.bus().burst_ends(true, 3, 2);
  EXPECT_EQ(shown["bus.write.lane01.beats"], "0");
  EXPECT_EQ(shown["bus.write.lane00.beats"], "16");
  wave.bus().burst_begins(true, 2, 0x3000, 4);
  wave.bus().burst_in_memory(0);
  wave.bus().burst_ends(true, 2, 0);
  EXPECT_EQ(shown["bus.write.lane00.address"], "0") << "of one ID the older first";
  EXPECT_EQ(shown["bus.write.lane01.address"], std::to_string(0x3000));
  EXPECT_EQ(wave.use().write_lanes, 2u);
  EXPECT_EQ(wave.use().read_lanes, 0u);
}

TEST_F(Waves, ReadsEndInTheirOrderAndAResetEndsAll) {
  wave.bus().burst_begins(false, 1, 0x40, 4);
  wave.bus().burst_begins(false, 0, 0x80, 4);
  wave.bus().burst_ends(false, 1, 0);
  EXPECT_EQ(shown["bus.read.lane00.summary"], "");
  EXPECT_EQ(shown["bus.read.lane01.summary"], "0x80 4 beats data");
  wave.bus().burst_begins(true, 2, 0x1000, 16);
  wave.bus().bus_reset();
  EXPECT_EQ(shown["bus.read.lane01.summary"], "");
  EXPECT_EQ(shown["bus.write.lane00.summary"], "");
}

TEST_F(Waves, ARegisterAccessIsNamed) {
  wave.bus().access_begins(true, 4, 0x1F);
  EXPECT_EQ(shown["bus.register.access"], "write register 4 0x1F");
  wave.bus().access_ends(0x1F, 0);
  EXPECT_EQ(shown["bus.register.access"], "");
  EXPECT_EQ(shown["bus.register.done"], "write register 4 0x1F");
  wave.bus().access_begins(false, 0, 0);
  EXPECT_EQ(shown["bus.register.access"], "read register 0");
  wave.bus().access_ends(0xFFFFFFFF, 3);
  EXPECT_EQ(shown["bus.register.done"], "read register 0 0xFFFFFFFF DECERR");
}

TEST_F(Waves, BusesAreShownOnceThereIsAWaveform) {
  shown.is_recorded = false;
  wave.bus().burst_begins(true, 0, 0x1000, 16);
  wave.bus().access_begins(true, 4, 1);
  EXPECT_EQ(shown["bus.write.lane00.summary"], "");
  EXPECT_EQ(shown["bus.register.access"], "");
  shown.is_recorded = true;
  wave.begun();
  EXPECT_EQ(shown["bus.write.lane00.summary"], "0x1000 16 beats data");
  EXPECT_EQ(shown["bus.register.access"], "write register 4 0x1");
}

TEST_F(Waves, AMajorFunctionThatWindowsDoesNotHaveIsNamedSo) {
  irp("irp.create", 1);
  call(1, 27, "d");
  EXPECT_EQ(shown["irp.lane00.major"], "PNP");
  call(1, 28, "d");
  EXPECT_EQ(shown["irp.lane00.major"], "?");
}

TEST_F(Waves, APinHasItsStateAndQueue) {
  event("pin.create", {{"pin", 1u}, {"status", 0xC0000001u}});
  EXPECT_EQ(shown["ks.pin1.state"], "") << "it was refused";
  event("pin.create", {{"pin", 2u}, {"status", 0u}});
  EXPECT_EQ(shown["ks.pin2.state"], "STOP");
  event("pin.state", {{"pin", 2u}, {"from", 0u}, {"to", 1u}, {"status", 0u}});
  EXPECT_EQ(shown["ks.pin2.state"], "ACQUIRE");
  event("pin.state", {{"pin", 2u}, {"from", 1u}, {"to", 2u}, {"status", 0xC0000001u}});
  EXPECT_EQ(shown["ks.pin2.state"], "ACQUIRE") << "the change was refused";
  event("queue.insert", {{"pin", 2u}, {"irp", 5u}, {"frame", 1u}});
  event("queue.insert", {{"pin", 2u}, {"irp", 6u}, {"frame", 2u}});
  event("edge.advance", {{"pin", 2u}, {"irp", 5u}, {"frame", 1u}});
  EXPECT_EQ(shown["ks.pin2.queued"], "2");
  EXPECT_EQ(shown["ks.pin2.inserted"], "2");
  EXPECT_EQ(shown["ks.pin2.leading"], "1");
  event("frame.complete", {{"pin", 2u}, {"irp", 5u}, {"frame", 1u}, {"bytes", 64u}, {"cpu", 0u}});
  irp("irp.complete", 5);
  EXPECT_EQ(shown["ks.pin2.queued"], "1") << "its IRP leaves the queue once";
  EXPECT_EQ(shown["ks.pin2.completed"], "1");
  irp("irp.complete", 6);
  EXPECT_EQ(shown["ks.pin2.queued"], "0") << "a cancelled IRP leaves, too";
  EXPECT_EQ(shown["ks.pin2.completed"], "1");
  event("pin.close", {{"pin", 2u}});
  EXPECT_EQ(shown["ks.pin2.state"], "");
  EXPECT_EQ(wave.use().pins, std::vector<unsigned>{2});
}

TEST_F(Waves, APinBeyondThoseThatAreShownChangesNothing) {
  event("pin.create", {{"pin", 3u}, {"status", 0u}});
  event("queue.insert", {{"pin", 3u}, {"irp", 5u}, {"frame", 1u}});
  EXPECT_TRUE(wave.use().pins.empty());
}

TEST_F(Waves, AnInterruptGoesFromItsLineToItsDpc) {
  event("irq.line", {{"line", 16u}, {"level", 1u}});
  EXPECT_EQ(shown["interrupt.line"], "1");
  event("isr.enter", {{"cpu", 0u}, {"line", 16u}, {"isr", 1u}});
  EXPECT_EQ(shown["interrupt.isr"], "1");
  event("dpc.queue", {{"cpu", 0u}, {"dpc", 1u}});
  event("dpc.queue", {{"cpu", 0u}, {"dpc", 2u}});
  event("irq.line", {{"line", 16u}, {"level", 0u}});
  event("isr.exit", {{"cpu", 0u}, {"line", 16u}, {"isr", 1u}, {"claimed", 1u}});
  EXPECT_EQ(shown["interrupt.line"], "0");
  EXPECT_EQ(shown["interrupt.isr"], "0");
  EXPECT_EQ(shown["interrupt.dpcs_queued"], "2");
  event("dpc.enter", {{"cpu", 0u}, {"dpc", 1u}});
  EXPECT_EQ(shown["interrupt.dpcs_queued"], "1");
  EXPECT_EQ(shown["interrupt.dpc"], "1");
  event("dpc.remove", {{"cpu", 0u}, {"dpc", 2u}});
  EXPECT_EQ(shown["interrupt.dpcs_queued"], "0");
  event("dpc.exit", {{"cpu", 0u}, {"dpc", 1u}});
  EXPECT_EQ(shown["interrupt.dpc"], "0");
  event("irq.message", {{"vector", 0x60u}});
  EXPECT_EQ(shown["interrupt.messages"], "1");
}

TEST_F(Waves, AFrameGoesThroughEveryHop) {
  frame("frame.sof", 3);
  EXPECT_EQ(shown["frame.lane0.summary"], "3 pins") << "frame 3 of 3 lanes";
  frame("frame.eof", 3);
  EXPECT_EQ(shown["frame.lane0.hop"], "chip");
  wave.frames().recorded(3);
  EXPECT_EQ(shown["frame.lane0.hop"], "memory");
  event("irq.line", {{"line", 16u}, {"level", 1u}});
  EXPECT_EQ(shown["frame.lane0.hop"], "interrupt");
  event("isr.enter", {{"cpu", 0u}, {"line", 16u}, {"isr", 1u}});
  EXPECT_EQ(shown["frame.lane0.hop"], "isr");
  event("dpc.queue", {{"cpu", 0u}, {"dpc", 1u}});
  event("dpc.enter", {{"cpu", 0u}, {"dpc", 1u}});
  EXPECT_EQ(shown["frame.lane0.hop"], "dpc");
  event("frame.complete", {{"pin", 2u}, {"irp", 5u}, {"frame", 1u}, {"bytes", 64u}, {"cpu", 0u}});
  EXPECT_EQ(shown["frame.lane0.hop"], "completed");
  EXPECT_EQ(shown["frame.lane0.irp"], "5");
  irp("irp.done", 6);
  EXPECT_EQ(shown["frame.lane0.hop"], "completed") << "another IRP";
  irp("irp.done", 5);
  EXPECT_EQ(shown["frame.lane0.hop"], "irp_done");
  wave.frames().delivered(3);
  EXPECT_EQ(shown["frame.lane0.summary"], "3 delivered IRP 5");
  frame("frame.sof", 6);
  EXPECT_EQ(shown["frame.lane0.summary"], "6 pins") << "the lane's next";
}

TEST_F(Waves, FramesCompleteInTheOrderOfTheirRecordsAndTheOneWithoutIsDropped) {
  for (const std::uint64_t number : {0u, 1u, 2u}) {
    frame("frame.sof", number);
    frame("frame.eof", number);
    if (number != 1) wave.frames().recorded(number);
  }
  EXPECT_EQ(shown["frame.lane1.summary"], "1 dropped");
  event("frame.complete", {{"pin", 2u}, {"irp", 5u}, {"frame", 1u}, {"bytes", 0u}, {"cpu", 0u}});
  EXPECT_EQ(shown["frame.lane0.hop"], "memory") << "a buffer that came back empty";
  for (const std::uint64_t id : {6u, 7u, 8u})
    event("frame.complete", {{"pin", 2u}, {"irp", id}, {"frame", 1u}, {"bytes", 64u}, {"cpu", 0u}});
  EXPECT_EQ(shown["frame.lane0.irp"], "6");
  EXPECT_EQ(shown["frame.lane2.irp"], "7");
  EXPECT_EQ(wave.use().frame_lanes, 3u);
}

TEST_F(Waves, ACpuShowsWhatRunsAndWhichFunctionOfADriver) {
  CpuSignals& cpus = wave.cpus();
  EXPECT_EQ(shown["cpu0.irql"], "PASSIVE");
  EXPECT_EQ(shown["cpu1.context"], "idle");
  cpus.thread_runs(0, 4, "application");
  cpus.function_begins(0, ntos::Entry::kDispatch, {"driver.so", 10, ""});
  EXPECT_EQ(shown["cpu0.context"], "application");
  EXPECT_EQ(shown["cpu0.function"], "function at 10");
  cpus.irql_is(0, 9);
  cpus.function_begins(0, ntos::Entry::kIsr, {"driver.so", 20, ""});
  EXPECT_EQ(shown["cpu0.irql"], "DIRQL 9");
  EXPECT_EQ(shown["cpu0.context"], "ISR");
  EXPECT_EQ(shown["cpu0.function"], "function at 20");
  cpus.function_ends(0);
  EXPECT_EQ(shown["cpu0.context"], "application");
  EXPECT_EQ(shown["cpu0.function"], "function at 10") << "the call that was interrupted goes on";
  cpus.function_begins(0, ntos::Entry::kDpc, {"driver.so", 30, ""});
  cpus.function_begins(0, ntos::Entry::kCompletion, {"driver.so", 40, ""});
  EXPECT_EQ(shown["cpu0.context"], "DPC") << "what a DPC routine calls is still the DPC";
  EXPECT_EQ(shown["cpu0.function"], "function at 40");
  cpus.function_ends(0);
  cpus.function_ends(0);
  EXPECT_EQ(shown["cpu0.context"], "application");
  for (const auto& [irql, words] : {std::pair{0u, "PASSIVE"}, {1u, "APC"}, {2u, "DISPATCH"}, {15u, "HIGH"}}) {
    cpus.irql_is(1, irql);
    EXPECT_EQ(shown["cpu1.irql"], words);
  }
}

TEST_F(Waves, ACallMovesWithItsThread) {
  CpuSignals& cpus = wave.cpus();
  cpus.thread_runs(0, 4, "application");
  cpus.function_begins(0, ntos::Entry::kCallback, {{}, 0, "KSPIN_DISPATCH.Process"});
  cpus.thread_runs(0, 5, "worker");
  EXPECT_EQ(shown["cpu0.function"], "");
  cpus.thread_runs(0, 0, "idle0");
  EXPECT_EQ(shown["cpu0.context"], "idle");
  cpus.thread_runs(1, 4, "application");
  EXPECT_EQ(shown["cpu1.function"], "KSPIN_DISPATCH.Process") << "it has waited, and goes on elsewhere";
  cpus.function_ends(1);
  EXPECT_EQ(shown["cpu1.function"], "");
}

TEST_F(Waves, AFunctionsNameIsAskedForOnce) {
  const unsigned before = named;
  for (int i = 0; i < 3; ++i) {
    wave.cpus().function_begins(0, ntos::Entry::kDpc, {"driver.so", 50, ""});
    wave.cpus().function_ends(0);
  }
  wave.cpus().function_begins(0, ntos::Entry::kDpc, {"other.so", 50, ""});
  EXPECT_EQ(named - before, 2u);
}

TEST_F(Waves, NobodyAsksForNamesWhileThereIsNoWaveform) {
  const unsigned before = named;
  shown.is_recorded = false;
  wave.cpus().thread_runs(0, 4, "application");
  wave.cpus().function_begins(0, ntos::Entry::kDispatch, {"driver.so", 60, ""});
  wave.cpus().function_begins(0, ntos::Entry::kCallback, {"driver.so", 70, ""});
  EXPECT_EQ(shown["cpu0.context"], "application");
  EXPECT_EQ(named, before);
  shown.is_recorded = true;
  wave.cpus().refresh();
  EXPECT_EQ(shown["cpu0.function"], "function at 70") << "the call began before the waveform did";
  wave.cpus().function_ends(0);
  EXPECT_EQ(shown["cpu0.function"], "function at 60");
}

TEST_F(Waves, AViolationShowsItsRule) {
  EXPECT_EQ(shown["check.violations"], "0");
  wave.violated({"AXI4_AW_4K", "bus", 17, "a burst crosses 4 KiB"});
  wave.violated({"MODEL_OUTPUT", "bus", 18, "intr_o"});
  EXPECT_EQ(shown["check.violations"], "2");
  EXPECT_EQ(shown["check.rule"], "MODEL_OUTPUT");
  EXPECT_EQ(shown["check.text"], "intr_o");
}

}  // namespace
}  // namespace p2p::tb
