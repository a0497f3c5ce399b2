// trace.fst: software beside the chip, at the times that events.jsonl has for the same.
#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

using Json = nlohmann::json;

class Waveform : public TracedProgram {
 protected:
  /// What a signal shows after each of its events, and that it changes at no other time. A nanosecond counts as one
  /// time, as in events.jsonl: its last event says what is shown.
  class Expected {
   public:
    explicit Expected(std::string initial) : initial_(std::move(initial)) {}
    void becomes(const Json& event, const std::string& value) { at_[event["ns"]] = value; }
    void check(const RecordedWave& wave, const std::string& signal) const {
      SCOPED_TRACE(signal);
      ASSERT_TRUE(wave.has(signal));
      EXPECT_EQ(wave.at_ns(signal, 0), at_.count(0) != 0 ? at_.at(0) : initial_);
      for (const auto& [ns, value] : at_) EXPECT_EQ(wave.at_ns(signal, ns), value) << "at " << ns << " ns";
      for (const RecordedWave::Change& change : wave.changes(signal))
        EXPECT_TRUE(change.ps == 0 || at_.count(change.ps / 1000) != 0) << "changes at " << change.ps << " ps";
    }

   private:
    std::string initial_;
    std::map<std::uint64_t, std::string> at_;
  };
};

TEST_F(Waveform, AgreesWithTheEventsOnInterrupts) {
  expect_pass(pin2pin("--size 64x48 --frames 5 --trace full"), "out", 5);
  Expected line("0"), isr("0"), dpc("0"), queued("0");
  unsigned isrs = 0, dpcs = 0, waiting = 0, rises = 0;
  for (const Json& event : events()) {
    const std::string name = event["ev"];
    if (name == "irq.line") line.becomes(event, std::to_string(event["level"].get<int>()));
    if (name == "irq.line") rises += event["level"].get<unsigned>();
    if (name == "isr.enter") isr.becomes(event, std::to_string(++isrs));
    if (name == "isr.exit") isr.becomes(event, std::to_string(--isrs));
    if (name == "dpc.queue") queued.becomes(event, std::to_string(++waiting));
    if (name == "dpc.enter") queued.becomes(event, std::to_string(--waiting));
    if (name == "dpc.enter") dpc.becomes(event, std::to_string(++dpcs));
    if (name == "dpc.exit") dpc.becomes(event, std::to_string(--dpcs));
  }
  ASSERT_GE(rises, 5u);
  const RecordedWave wave = this->wave();
  line.check(wave, "sw.interrupt.line");
  isr.check(wave, "sw.interrupt.isr");
  dpc.check(wave, "sw.interrupt.dpc");
  queued.check(wave, "sw.interrupt.dpcs_queued");
  // The line at the CPUs is the chip's output, in its very cycle.
  const auto& chip = wave.changes("vcap.intr_o");
  const auto& cpus = wave.changes("sw.interrupt.line");
  ASSERT_EQ(chip.size(), cpus.size());
  for (std::size_t i = 0; i < chip.size(); ++i) {
    EXPECT_EQ(chip[i].ps, cpus[i].ps);
    EXPECT_EQ(chip[i].value, cpus[i].value);
  }
}

TEST_F(Waveform, AgreesWithTheEventsOnPins) {
  expect_pass(pin2pin("--size 64x48 --frames 5 --trace full"), "out", 5);
  static const char* const kStates[] = {"STOP", "ACQUIRE", "PAUSE", "RUN"};
  struct Pin {
    Expected state{""}, queued{"0"}, leading{"0"}, completed{"0"};
    std::set<std::uint64_t> irps;
  };
  std::map<unsigned, Pin> pins;
  for (const Json& event : events()) {
    const std::string name = event["ev"];
    if (name == "irp.complete") {
      for (auto& [number, pin] : pins)
        if (pin.irps.erase(event["irp"]) != 0) pin.queued.becomes(event, std::to_string(pin.irps.size()));
    }
    if (event["src"] != "ks" || !event.contains("pin")) continue;
    const bool good = !event.contains("status") || event["status"].get<std::uint64_t>() < 0x80000000u;
    if (name == "format.try" || name == "format.match") continue;
    Pin& pin = pins[event["pin"].get<unsigned>()];
    if (name == "pin.create" && good) pin.state.becomes(event, "STOP");
    if (name == "pin.close") pin.state.becomes(event, "");
    if (name == "pin.state" && good) pin.state.becomes(event, kStates[event["to"].get<int>()]);
    if (name == "edge.advance") pin.leading.becomes(event, std::to_string(event["frame"].get<int>()));
    if (name == "queue.insert") pin.irps.insert(event["irp"].get<std::uint64_t>());
    if (name == "frame.complete") pin.irps.erase(event["irp"].get<std::uint64_t>());
    if (name == "queue.insert" || name == "frame.complete") pin.queued.becomes(event, std::to_string(pin.irps.size()));
    if (name == "frame.complete" && event["bytes"] != 0)
      pin.completed.becomes(event, std::to_string(event["frame"].get<int>()));
  }
  ASSERT_FALSE(pins.empty());
  const RecordedWave wave = this->wave();
  for (const auto& [number, pin] : pins) {
    const std::string scope = "sw.ks.pin" + std::to_string(number) + ".";
    pin.state.check(wave, scope + "state");
    pin.queued.check(wave, scope + "queued");
    pin.leading.check(wave, scope + "leading");
    pin.completed.check(wave, scope + "completed");
  }
}

TEST_F(Waveform, AgreesWithTheEventsOnIrps) {
  expect_pass(pin2pin("--size 64x48 --frames 5 --trace full"), "out", 5);
  const RecordedWave wave = this->wave();
  std::map<std::uint64_t, std::string> shown_state;  // by IRP, of those alive
  static const std::map<std::string, std::string> kStates{{"irp.create", "created"},      {"irp.call", "called"},
                                                          {"irp.pend", "pending"},        {"irp.cancel", "cancelled"},
                                                          {"irp.complete", "completing"}, {"irp.done", "done"}};
  const auto lane_of = [&wave](std::uint64_t irp, std::uint64_t ns) {
    for (unsigned lane = 0;; ++lane) {
      std::string scope = std::string("sw.irp.lane") + (lane < 10 ? "0" : "") + std::to_string(lane) + ".";
      if (!wave.has(scope + "irp")) return std::string();
      if (wave.at_ns(scope + "irp", ns) == std::to_string(irp)) return scope;
    }
  };
  const std::vector<Json> all = events();
  unsigned looked_at = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string name = all[i]["ev"];
    if (name.rfind("irp.", 0) != 0) continue;
    const std::uint64_t irp = all[i]["irp"], ns = all[i]["ns"];
    if (kStates.count(name) != 0) shown_state[irp] = kStates.at(name);
    if (name == "irp.free") shown_state.erase(irp);
    if (i + 1 < all.size() && all[i + 1]["ns"] == ns) continue;  // more happens in this nanosecond
    for (const auto& [alive, state] : shown_state) {
      const std::string lane = lane_of(alive, ns);
      ASSERT_FALSE(lane.empty()) << "IRP " << alive << " has no lane at " << ns << " ns";
      EXPECT_EQ(wave.at_ns(lane + "state", ns), state) << "IRP " << alive << " at " << ns << " ns";
      ++looked_at;
    }
    EXPECT_TRUE(name != "irp.free" || lane_of(irp, ns).empty()) << "IRP " << irp << " is gone at " << ns << " ns";
  }
  EXPECT_GT(looked_at, 100u);
  EXPECT_EQ(wave.changes("sw.irp.without_lane").size(), 1u) << "only its initial value";
}

TEST_F(Waveform, AgreesWithTheEventsOnFramesAndCpus) {
  expect_pass(pin2pin("--size 64x48 --frames 12 --trace full"), "out", 12);
  const RecordedWave wave = this->wave();
  unsigned frames = 0;
  std::set<std::uint64_t> dpc_left;
  const std::vector<Json> all = events();
  for (const Json& event : all) {
    const std::string name = event["ev"];
    const std::uint64_t ns = event["ns"];
    if (name == "frame.sof" || name == "frame.eof") {
      const unsigned frame = event["frame"];
      const std::string lane = "sw.frame.lane" + std::to_string(frame % 8) + ".";
      EXPECT_EQ(wave.at_ns(lane + "frame", ns), std::to_string(frame));
      EXPECT_EQ(wave.at_ns(lane + "hop", ns), name == "frame.sof" ? "pins" : "chip");
      ++frames;
    }
    if (name == "isr.enter") {
      const std::string cpu = "sw.cpu" + std::to_string(event["cpu"].get<int>()) + ".";
      EXPECT_EQ(wave.at_ns(cpu + "context", ns), "ISR") << ns;
      EXPECT_EQ(wave.at_ns(cpu + "irql", ns), "DIRQL 9") << ns;
      EXPECT_EQ(wave.at_ns(cpu + "function", ns), "VcapIsr") << ns;
    }
    if (name == "dpc.exit") dpc_left.insert(ns);
  }
  unsigned dpcs = 0;
  for (const Json& event : all) {
    const std::uint64_t ns = event["ns"];
    if (event["ev"] != "dpc.enter" || dpc_left.count(ns) != 0) continue;  // over in the instant: nothing to see
    const std::string cpu = "sw.cpu" + std::to_string(event["cpu"].get<int>()) + ".";
    EXPECT_EQ(wave.at_ns(cpu + "context", ns), "DPC") << ns;
    EXPECT_EQ(wave.at_ns(cpu + "function", ns), "VcapDpc") << ns;
    ++dpcs;
  }
  EXPECT_GE(dpcs, 12u);
  EXPECT_EQ(frames, 24u);
  for (unsigned frame = 0; frame < 12; ++frame) {
    std::string seen;
    for (const RecordedWave::Change& change : wave.changes("sw.frame.lane" + std::to_string(frame % 8) + ".summary"))
      if (change.value.rfind(std::to_string(frame) + " ", 0) == 0) seen += change.value + "; ";
    EXPECT_NE(seen.find(" delivered IRP "), std::string::npos) << seen;
  }
}

TEST_F(Waveform, AgreesWithTheEventsOnMappings) {
  expect_pass(pin2pin("--size 64x48 --frames 12 --trace full"), "out", 12);
  const RecordedWave wave = this->wave();
  std::map<std::uint64_t, std::string> lane_of;  // a mapping's
  std::set<std::string> lanes;
  std::map<std::string, Expected> mapping, irp;
  unsigned maps = 0;
  for (const Json& event : events()) {
    if (event["ev"] == "dma.map") {
      unsigned free = 0;
      const auto name = [](unsigned lane) {
        return "sw.dma.lane" + std::string(lane < 10 ? "0" : "") + std::to_string(lane);
      };
      while (lanes.count(name(free)) != 0) ++free;
      const std::string lane = lane_of[event["mapping"]] = name(free);
      lanes.insert(lane);
      mapping.try_emplace(lane, "0").first->second.becomes(event, event["mapping"].dump());
      irp.try_emplace(lane, "0").first->second.becomes(event, std::to_string(event.value("irp", 0)));
      ++maps;
    } else if (event["ev"] == "dma.unmap") {
      const std::string lane = lane_of.at(event["mapping"]);
      lanes.erase(lane);
      mapping.at(lane).becomes(event, "0");
      irp.at(lane).becomes(event, "0");
    }
  }
  EXPECT_EQ(maps, 2u + 8 + 12) << "common buffers, and what was queued";
  EXPECT_TRUE(lanes.empty()) << "all is unmapped in the end";
  for (const auto& [lane, expected] : mapping) expected.check(wave, lane + ".mapping");
  for (const auto& [lane, expected] : irp) expected.check(wave, lane + ".irp");
}

/// A lane takes a burst at the edge at which the wires have its handshake, and each handshake is a burst in a lane.
TEST_F(Waveform, DecodesTheBusesAboveTheirWires) {
  expect_pass(pin2pin("--size 64x48 --frames 3 --seed 5 --trace full"), "out", 3);
  const RecordedWave wave = this->wave();
  for (const auto& [bus, wires] :
       std::map<std::string, std::string>{{"bus.write", "vcap.m_axi_aw"}, {"bus.read", "vcap.m_axi_ar"}}) {
    std::map<std::uint64_t, std::string> begun, taken;
    for (const std::string& signal : wave.signals_below(bus)) {
      if (signal.find(".address") == std::string::npos) continue;
      for (const RecordedWave::Change& change : wave.changes(signal))
        if (change.value != "0") begun[change.ps] = change.value;
    }
    for (const RecordedWave::Change& clock : wave.changes("vcap.clk_i")) {
      if (clock.value != "1" || clock.ps == 0) continue;
      const auto before = [&wave, &clock, &channel = wires](const char* wire) {
        return wave.before_ps(channel + wire, clock.ps);
      };
      if (before("valid") == "1" && before("ready") == "1") taken[clock.ps] = before("addr");
    }
    EXPECT_GT(taken.size(), 5u) << bus;
    EXPECT_EQ(begun, taken) << bus;
  }
  // Register accesses: each by name, in the order of the driver's start.
  std::vector<std::string> accesses;
  for (const RecordedWave::Change& change : wave.changes("bus.register.done")) accesses.push_back(change.value);
  ASSERT_GT(accesses.size(), 20u);
  EXPECT_EQ(accesses[1], "read ID 0x56434150");
  EXPECT_NE(std::find(accesses.begin(), accesses.end(), "write INTR_ENABLE 0x0"), accesses.end());
}

TEST_F(Waveform, TellsMessages) {
  expect_pass(pin2pin("--size 64x48 --frames 3 --trace full" + with_messages()), "out", 3);
  Expected messages("0");
  unsigned count = 0;
  for (const Json& event : events())
    if (event["ev"] == "irq.message") messages.becomes(event, std::to_string(++count));
  ASSERT_GE(count, 3u);
  messages.check(wave(), "sw.interrupt.messages");
}

TEST_F(Waveform, MarksAViolationInItsCycle) {
  std::ofstream(folder_ / "tight.toml") << "[latency]\npin_to_deliver_ns = 10\n";
  ASSERT_EQ(pin2pin("--size 64x48 --frames 3 --trace full --config tight.toml").status, 1);
  const Json violations = summary("out")["checks"]["violations"];
  const RecordedWave wave = this->wave();
  ASSERT_EQ(violations.size(), 3u);
  const auto& counts = wave.changes("sw.check.violations");
  ASSERT_EQ(counts.size(), 4u) << "its initial value, and a change for each";
  for (std::size_t i = 0; i < violations.size(); ++i) {
    EXPECT_EQ(counts[i + 1].ps / 8000, violations[i]["cycle"].get<std::uint64_t>());
    const std::uint64_t ns = counts[i + 1].ps / 1000;
    EXPECT_EQ(wave.at_ns("sw.check.rule", ns), violations[i]["rule"].get<std::string>());
    EXPECT_EQ(wave.at_ns("sw.check.text", ns), violations[i]["text"].get<std::string>());
  }
}

TEST_F(Waveform, ChangesNothingButTheWaveform) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 4 --schedule random --seed 5 --out with --trace full").status, 0);
  ASSERT_EQ(pin2pin("--size 64x48 --frames 4 --schedule random --seed 5 --out without").status, 0);
  EXPECT_EQ(slurp(folder_ / "with/events.jsonl"), slurp(folder_ / "without/events.jsonl"));
  EXPECT_EQ(slurp(folder_ / "with/capture.mkv"), slurp(folder_ / "without/capture.mkv"));
}

TEST_F(Waveform, SaveFileShowsOnlyWhatThereIs) {
  expect_pass(pin2pin("--size 64x48 --frames 3 --trace full"), "out", 3);
  const RecordedWave wave = this->wave();
  std::istringstream save(slurp(folder_ / "out/trace.gtkw"));
  unsigned shown = 0;
  for (std::string line; std::getline(save, line);) {
    if (line.rfind("+{", 0) == 0) line = line.substr(line.find("} ") + 2);
    if (line.rfind("sw.", 0) != 0 && line.rfind("vcap.", 0) != 0) continue;
    EXPECT_TRUE(wave.has(line.substr(0, line.find('[')))) << line;
    ++shown;
  }
  EXPECT_GT(shown, 60u);
}

TEST_F(Waveform, HasTheSignalsThatAreDocumented) {
  expect_pass(pin2pin("--size 64x48 --frames 1 --trace full"), "out", 1);
  std::set<std::string> there, documented;
  static const std::regex number("[0-9]"), name("`((?:sw|bus)\\.[A-Za-z_.]+)`");
  const RecordedWave wave = this->wave();
  for (const char* scope : {"sw", "bus"})
    for (const std::string& signal : wave.signals_below(scope)) there.insert(std::regex_replace(signal, number, "N"));
  const std::string page = slurp(fs::path(P2P_ROOT) / "docs/waveform.md");
  for (std::sregex_iterator at(page.begin(), page.end(), name), end; at != end; ++at) documented.insert((*at)[1]);
  ASSERT_GT(there.size(), 20u);
  EXPECT_EQ(there, documented);
}

/// What GTKWave itself says it shows: names and values at its marker.
TEST_F(Waveform, OpensInGtkwaveOnTheFirstFrame) {
  expect_pass(pin2pin("--size 64x48 --frames 4 --trace full"), "out", 4);
  std::ofstream(folder_ / "tell.tcl") << R"(
for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {
  puts "[gtkwave::getTraceNameFromIndex $i] = [gtkwave::getTraceValueAtMarkerFromIndex $i]"
}
puts "window [gtkwave::getWindowStartTime] [gtkwave::getMarker] [gtkwave::getNamedMarker B] [gtkwave::getWindowEndTime]"
gtkwave::/File/Quit
)";
  const Ran ran = shell("xvfb-run -a " P2P_PROGRAM " view out -S tell.tcl");
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  for (const char* line : {"\nframe 0 = 0 pins\n", "\nIRP 0 = 24 pending vcapdrv DEVICE_CONTROL\n",
                           "\npin3 state = RUN\n", "\npin3 queued = 8\n", "\ncpu1 irql = PASSIVE\n",
                           "\nline at the CPUs = 0\n", "\nm_axi_awvalid = 0\n", "\nviolations = 0\n"})
    EXPECT_NE(ran.out.find(line), std::string::npos) << line << "is not in\n" << ran.out;
  std::istringstream window(ran.out.substr(ran.out.find("\nwindow ") + 8));
  std::uint64_t begin = 0, sof = 0, delivered = 0, end = 0;
  window >> begin >> sof >> delivered >> end;
  const std::vector<Json> all = events();
  const auto first = [&all](const char* name) {
    return std::find_if(all.begin(), all.end(), [name](const Json& event) { return event["ev"] == name; });
  };
  EXPECT_EQ(sof / 1000, (*first("frame.sof"))["ns"].get<std::uint64_t>());
  EXPECT_EQ(delivered / 1000, (*first("sample.deliver"))["ns"].get<std::uint64_t>());
  EXPECT_LT(begin, sof);
  EXPECT_GT(end, sof + (delivered - sof) * 9 / 10) << "the frame fills the window";
}

/// As on a full disk. The run is left where it is, with what its threads own.
TEST_F(Waveform, ThatCannotBeWrittenEndsTheRun) {
  for (const char* trace : {"full", "control"}) {
    const Ran ran = shell(std::string("(trap '' XFSZ; ulimit -f 300; ASAN_OPTIONS=detect_leaks=0 " P2P_PROGRAM
                                      " run --size 64x48 --frames 20 --no-capture --trace ") +
                          trace + ")");
    EXPECT_EQ(ran.status, 1) << ran.out << ran.err;
#ifndef __SANITIZE_ADDRESS__  // which tells that an exception comes from a stack that it does not know
    EXPECT_EQ(ran.error_lines(), 1u) << ran.err;
#endif
    EXPECT_NE(ran.err.find("/trace.fst: cannot write the waveform: File too large"), std::string::npos) << ran.err;
    EXPECT_TRUE(fs::is_empty(folder_)) << "something was left behind";
  }
}

TEST_F(Waveform, ViewRefusesWhatIsNoTracedRun) {
  expect_pass(pin2pin("--size 64x48 --frames 1 --out untraced"), "untraced", 1);
  expect_refused(shell(P2P_PROGRAM " view untraced"),
                 "untraced/trace.fst: not there; expected a run that failed, or one with --trace control or full");
  expect_pass(pin2pin("--size 64x48 --frames 1 --trace full --out traced"), "traced", 1);
  expect_refused(shell("DISPLAY=:99 PATH=/nowhere " P2P_PROGRAM " view traced"), "gtkwave: No such file or directory");
  expect_refused(shell("DISPLAY= WAYLAND_DISPLAY= " P2P_PROGRAM " view traced"),
                 "view traced: nothing to show a window on");
  fs::remove(folder_ / "traced/trace.gtkw");  // killed before it was written
  expect_refused(shell("DISPLAY=:99 PATH=/nowhere " P2P_PROGRAM " view traced"), "gtkwave: No such file or directory");
}

}  // namespace
}  // namespace p2p::e2e
