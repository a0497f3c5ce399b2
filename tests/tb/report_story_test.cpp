// What the report takes from events.jsonl, and where it says that a rule looks.
#include "tb/report/story.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tb/observer.h"
#include "tb/report/rule_places.h"
#include "tb/scoreboard.h"
#include "tests/tb/recorded.h"

namespace p2p::tb {
namespace {

class ReportStory : public testing::Test {
 protected:
  void TearDown() override { std::remove(file_.c_str()); }
  Story read(const std::vector<std::string>& lines, const RunResult& result = {}) {
    std::ofstream out(file_);
    for (const std::string& line : lines) out << line << "\n";
    out.close();
    return read_story(file_, result);
  }
  static RunResult failing(const Violation& violation) {
    RunResult result;
    result.bus_period_ps = 8000;
    result.pixel_period_ps = 10'000;
    result.violations.push_back(violation);
    FrameJourney journey;
    journey.frame = 1;
    journey.irp = 25;
    journey.delivered = true;
    result.journeys.push_back(journey);
    return result;
  }

  std::string file_ = testing::TempDir() + "p2p_report_story." + std::to_string(getpid());
};

std::vector<std::uint64_t> cycles(const std::vector<RecordedEvent>& events) {
  std::vector<std::uint64_t> result;
  for (const RecordedEvent& event : events) result.push_back(event.cycle);
  return result;
}

TEST_F(ReportStory, HasALineForEachIrp) {
  const Story story = read(two_frames());
  ASSERT_EQ(story.irps.size(), 2u);
  const IrpLine& first = story.irps[0];
  EXPECT_EQ(first.id, 24u);
  EXPECT_EQ(first.major, "DEVICE_CONTROL");
  EXPECT_EQ(first.driver, "vcapdrv");
  EXPECT_EQ(first.from_cycle, 90u);
  EXPECT_EQ(first.to_cycle, 2134u);
  EXPECT_EQ(first.status, 0u);
  EXPECT_TRUE(first.done && first.freed && !first.failed());
  EXPECT_FALSE(story.irps[1].freed);
  EXPECT_TRUE(story.failures.empty());
}

TEST_F(ReportStory, TellsOfAViolationWhatHappenedToItsFrame) {
  const Story story = read(two_frames(), failing({"FRAME_LATENCY", "bus", 4210, "frame 1 took 1680 ns"}));
  ASSERT_EQ(story.failures.size(), 1u);
  const Failure& failure = story.failures[0];
  EXPECT_EQ(failure.frame, 1u);
  EXPECT_EQ(failure.irp, 25u);
  EXPECT_EQ(cycles(failure.chain), (std::vector<std::uint64_t>{91, 91, 3000, 4000, 4132, 4134}));
  EXPECT_TRUE(story.histories.contains(25));
}

TEST_F(ReportStory, TellsOfALateFrameWhichInterruptBroughtIt) {
  RunResult result = failing({"FRAME_LATENCY", "bus", 4210, "frame 1 took 1680 ns"});
  FrameJourney& journey = result.journeys.front();
  journey.irq_ns = 4010 * 8;
  journey.isr_ns = 4100 * 8;
  journey.dpc_ns = 4130 * 8;
  journey.deliver_ns = 4210 * 8;
  std::vector<std::string> names;
  const Story story = read(two_frames(), result);
  for (const RecordedEvent& event : story.failures.at(0).chain) names.push_back(event.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"irp.create", "irp.call", "frame.sof", "frame.eof", "irq.message", "isr.enter",
                                      "dpc.enter", "frame.complete", "irp.done", "sample.deliver"}));
}

TEST_F(ReportStory, SortsABugCheckInAndTellsAllThatLedThere) {
  RunResult result = failing({"FRAME_LATENCY", "bus", 4210, "the journey from frame 1 took 1680 ns"});
  result.bugcheck.emplace();
  result.bugcheck->irp = 25;
  result.bugcheck->bus_cycle = 4300;
  const Story story = read(two_frames(), result);
  ASSERT_EQ(story.failures.size(), 2u);
  EXPECT_EQ(story.failures[0].rule, "FRAME_LATENCY");
  EXPECT_TRUE(story.failures[1].is_bugcheck);
  EXPECT_EQ(story.failures[1].irp, 25u);
  EXPECT_EQ(story.failures[1].chain.back().cycle, 4210u);
  EXPECT_GT(story.failures[1].chain.size(), story.failures[0].chain.size());
  EXPECT_TRUE(story.histories.contains(25));
}

TEST_F(ReportStory, FindsTheFramesNumberBehindTheFirstFrameThatHasOne) {
  const Story story = read(two_frames(), failing({"FRAME_BYTES", "bus", 4000, "a frame differs: frame 1 from byte 7"}));
  EXPECT_EQ(story.failures.at(0).frame, 1u);
}

TEST_F(ReportStory, TakesAnAnswerForNoFailure) {
  std::vector<std::string> lines;
  for (const char* status : {"3221225659", "3221225760", "3221226021", "3221226032"}) {
    const std::string irp = ",\"irp\":" + std::to_string(lines.size() / 2 + 1);
    lines.push_back(event_line(1, "ntos", "irp.create", irp + ",\"kind\":\"threaded\""));
    lines.push_back(event_line(2, "ntos", "irp.done", irp + ",\"status\":" + status));
  }
  const Story story = read(lines);
  ASSERT_EQ(story.irps.size(), 4u);
  for (const IrpLine& irp : story.irps) EXPECT_FALSE(irp.failed()) << std::hex << irp.status.value_or(0);
}

TEST_F(ReportStory, EndsTheChainWhereItFailed) {
  const Story story = read(two_frames(), failing({"FRAME_BYTES", "bus", 4000, "frame 1 differs from byte 7"}));
  EXPECT_EQ(story.failures.at(0).chain.back().cycle, 4000u);
}

TEST_F(ReportStory, TellsOfTheLineWhatInterruptsDid) {
  const Story story = read(two_frames(), failing({"INTR_HELD", "bus", 2115, "the line fell"}));
  EXPECT_EQ(cycles(story.failures.at(0).chain), (std::vector<std::uint64_t>{2010, 2100, 2110}));
}

TEST_F(ReportStory, TellsOfAPixelCycleWhatHadHappenedByThen) {
  const Story story = read(two_frames(), failing({"AXIS_STABLE", "pixel", 1640, "changed"}));
  const Failure& failure = story.failures.at(0);
  EXPECT_EQ(failure.bus_cycle, 2050u) << "1640 cycles of 10 ns in cycles of 8 ns";
  EXPECT_EQ(failure.chain.back().cycle, 2010u);
}

TEST_F(ReportStory, OfManyViolationsTheEarliest) {
  RunResult result = failing({"AXI4_AW_4K", "bus", 900, "later"});
  for (std::uint64_t cycle = 100; cycle < 120; ++cycle) result.violations.push_back({"AXI4_W_LAST", "bus", cycle, "x"});
  const Story story = read(two_frames(), result);
  ASSERT_EQ(story.failures.size(), Story::kMostFailures);
  EXPECT_EQ(story.failures.front().bus_cycle, 100u);
}

TEST_F(ReportStory, PointsAtTheFirstRequestThatFailed) {
  std::vector<std::string> lines = two_frames();
  lines.push_back(event_line(6000, "ntos", "irp.create", R"(,"irp":30,"kind":"threaded")"));
  lines.push_back(event_line(6010, "ntos", "irp.complete", R"(,"irp":30,"status":3221225659,"information":0)"));
  lines.push_back(event_line(6010, "ntos", "irp.done", R"(,"irp":30,"status":3221225659,"information":0)"));
  lines.push_back(event_line(6020, "ntos", "irp.create", R"(,"irp":31,"kind":"threaded")"));
  lines.push_back(event_line(6030, "ntos", "irp.complete", R"(,"irp":31,"status":3221225628,"information":0)"));
  lines.push_back(event_line(6030, "ntos", "irp.done", R"(,"irp":31,"status":3221225628,"information":0)"));
  lines.push_back(event_line(6040, "ntos", "thread.exit", R"(,"thread":1,"name":"boot")"));
  RunResult result;
  result.failures.push_back("streaming stopped early");
  const Story story = read(lines, result);
  ASSERT_EQ(story.failures.size(), 1u);
  EXPECT_EQ(story.failures[0].irp, 31u) << "30 was an unanswered request, which is no failure";
  EXPECT_EQ(story.failures[0].bus_cycle, 6030u);
  EXPECT_EQ(story.failures[0].chain.back().name, "irp.complete") << "what came after it is no cause";
  EXPECT_TRUE(story.histories.contains(31));
}

TEST_F(ReportStory, PointsAtWhatWasRefusedBefore) {
  std::vector<std::string> lines = two_frames();
  lines.insert(lines.begin() + 10, event_line(2100, "ntos", "allocation.refused", R"(,"number":30,"what":"pool")"));
  RunResult result;
  result.failures.push_back("open filter: no resources");
  const Story story = read(lines, result);
  EXPECT_EQ(story.failures.at(0).bus_cycle, 2100u);
  EXPECT_EQ(story.failures.at(0).chain.back().name, "allocation.refused");
}

TEST_F(ReportStory, OfAStallTellsWhatMovedLastAndNotWhatIsMissing) {
  RunResult result = failing({"FRAME_ACCOUNTED", "bus", 9000, "2 frames are missing"});
  result.failures.push_back("stalled");
  result.stall.emplace();
  result.stall->cycle = 8999;
  const Story story = read(two_frames(), result);
  ASSERT_EQ(story.failures.size(), 2u);
  EXPECT_EQ(story.failures[0].what, "stalled");
  EXPECT_EQ(story.failures[0].chain.back().name, "sample.deliver") << "the source goes on for itself";
  EXPECT_EQ(story.failures[1].rule, "FRAME_ACCOUNTED");
}

// What makes a driver stand still may end in a bug check when the stream is closed: the later is not the cause.
TEST_F(ReportStory, TellsAStallBeforeTheBugCheckThatItLedTo) {
  RunResult result = failing({"FRAME_ACCOUNTED", "bus", 9500, "2 frames are missing"});
  result.failures.push_back("stalled");
  result.stall.emplace();
  result.stall->cycle = 8999;
  result.bugcheck.emplace();
  result.bugcheck->bus_cycle = 9500;
  const Story story = read(two_frames(), result);
  ASSERT_EQ(story.failures.size(), 3u);
  EXPECT_EQ(story.failures[0].what, "stalled");
  EXPECT_TRUE(story.failures[1].is_bugcheck) << "what is counted when all is over comes last";
  EXPECT_EQ(story.failures[2].rule, "FRAME_ACCOUNTED");
}

TEST_F(ReportStory, KeepsHistoriesOfWhatNeverCameBack) {
  std::vector<std::string> lines;
  for (unsigned irp = 1; irp <= 500; ++irp) {
    lines.push_back(
        event_line(irp, "ntos", "irp.create", ",\"irp\":" + std::to_string(irp) + ",\"kind\":\"threaded\""));
    if (irp != 17)
      lines.push_back(event_line(irp, "ntos", "irp.done", ",\"irp\":" + std::to_string(irp) + ",\"status\":0"));
  }
  const Story story = read(lines);
  EXPECT_EQ(story.irps.size(), 500u);
  EXPECT_TRUE(story.histories.contains(17));
  EXPECT_TRUE(story.histories.contains(500));
  EXPECT_LE(story.histories.size(), Story::kMostHistories);
}

/// Lines of rtl/vcap.sv from 1 on.
std::string line_of_top(unsigned number) {
  std::ifstream top(std::string(P2P_RTL) + "/vcap.sv");
  std::string line;
  for (unsigned i = 0; i < number; ++i) std::getline(top, line);
  return line;
}

TEST(RulePlaces, EveryRuleOfTheChipHasPortsThatAreDeclaredThere) {
  CheckingObserver observer;
  unsigned rules = 0;
  observer.each_checker([&rules](const auto& of_checker, const ViolationLog&) {
    for (const Rule& rule : of_checker) {
      const std::vector<RtlPort> ports = rule_ports(rule.name, "");
      EXPECT_FALSE(ports.empty()) << rule.name;
      for (const RtlPort& port : ports) {
        const std::string line = line_of_top(port.line);
        EXPECT_TRUE(line.find("input ") != std::string::npos || line.find("output ") != std::string::npos) << line;
        EXPECT_NE(line.find(" " + std::string(port.name)), std::string::npos) << port.name << " is not in: " << line;
      }
      ++rules;
    }
  });
  EXPECT_GT(rules, 30u);
}

TEST(RulePlaces, TheModelNamesTheSignalItself) {
  const auto ports = rule_ports("MODEL_OUTPUT", "s_axis_video_tready[0] is 0x1, expected 0x0: the FIFO is full");
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_EQ(ports[0].name, "s_axis_video_tready");
}

TEST(RulePlaces, SoftwareHasNone) {
  const Scoreboard scoreboard;
  EXPECT_TRUE(rule_ports(scoreboard.rules[Scoreboard::kBytes].name, "frame 1 differs").empty());
  EXPECT_TRUE(rule_ports("IRP_ONCE", "IRP 3 completed twice").empty());
}

}  // namespace
}  // namespace p2p::tb
