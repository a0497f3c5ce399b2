// Which events belong to a frame, and what the head of a line says.
#include "tb/events/frame_story.h"

#include "tb/events/irp_major.h"
#include "tb/events/line_head.h"
#include "tb/run/options.h"
#include "tests/tb/recorded.h"

namespace p2p::tb {
namespace {

std::uint64_t at(const RecordedEvent* event) { return event == nullptr ? 0 : event->cycle; }

TEST(FrameStory, FollowsAFrameToTheApplication) {
  const auto events = parse_events(two_frames());
  const auto frames = follow_frames(events);
  ASSERT_EQ(frames.size(), 3u);
  const FrameStory& first = frames[0];
  EXPECT_EQ(first.irp, 24u);
  EXPECT_EQ(at(first.sof), 1000u);
  EXPECT_EQ(at(first.eof), 2000u);
  EXPECT_EQ(at(first.interrupt), 2010u);
  EXPECT_EQ(at(first.lowered), 2110u);
  EXPECT_EQ(at(first.isr), 2100u);
  EXPECT_EQ(at(first.isr_exit), 2120u);
  EXPECT_EQ(at(first.dpc_queue), 2120u);
  EXPECT_EQ(at(first.dpc), 2130u);
  EXPECT_EQ(at(first.dpc_exit), 2240u) << "after the delivery";
  EXPECT_EQ(at(first.complete), 2131u);
  EXPECT_EQ(at(first.irp_done), 2133u);
  EXPECT_EQ(at(first.segment), 2200u);
  EXPECT_EQ(at(first.deliver), 2210u);
}

TEST(FrameStory, TellsProcessorsApart) {
  const auto events = parse_events(two_frames());
  const FrameStory second = follow_frames(events).at(1);
  EXPECT_EQ(second.irp, 25u);
  EXPECT_EQ(at(second.interrupt), 4010u);
  EXPECT_EQ(at(second.isr), 4100u) << "not the one on the other CPU";
  EXPECT_EQ(at(second.dpc), 4130u);
  EXPECT_EQ(at(second.dpc_exit), 4140u);
}

TEST(FrameStory, OfAFrameThatNeverArrivedIsWhatThePinsSaw) {
  const auto events = parse_events(two_frames());
  const FrameStory last = follow_frames(events).at(2);
  EXPECT_EQ(at(last.sof), 5000u);
  EXPECT_EQ(last.eof, nullptr);
  EXPECT_EQ(last.deliver, nullptr);
  EXPECT_EQ(last.irp, 0u);
  EXPECT_EQ(events_of_frame(events, 2).size(), 1u);
}

// A frame in between has no buffer: the presentation time tells, not the order.
TEST(FrameStory, FindsTheFrameByItsTime) {
  std::vector<std::string> lines = two_frames();
  std::erase_if(lines, [](const std::string& line) {
    return line.find("\"irp\":24") != std::string::npos || line.find("\"sample\":0") != std::string::npos ||
           line.find("\"segment\":0") != std::string::npos;
  });
  const auto events = parse_events(lines);
  const auto frames = follow_frames(events);
  EXPECT_EQ(frames.at(0).deliver, nullptr);
  EXPECT_EQ(frames.at(1).irp, 25u);
}

TEST(FrameStory, IsInOrderAndHasTheWholeLifeOfTheIrp) {
  const auto events = parse_events(two_frames());
  const auto chosen = events_of_frame(events, 0);
  std::vector<std::string> names;
  std::uint64_t cycle = 0;
  for (const RecordedEvent* event : chosen) {
    EXPECT_GE(event->cycle, cycle);
    cycle = event->cycle;
    names.push_back(event->name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"irp.create", "irp.call", "frame.sof", "frame.eof", "irq.line",
                                             "isr.enter", "irq.line", "dpc.queue", "isr.exit", "dpc.enter",
                                             "frame.complete", "irp.complete", "irp.done", "irp.free",
                                             "segment.complete", "sample.deliver", "dpc.exit"}));
}

TEST(FrameStory, RefusesAFrameThatWasNot) {
  const auto events = parse_events(two_frames());
  try {
    events_of_frame(events, 3);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--frame 3: the run's last is 2");
  }
  EXPECT_THROW(events_of_frame({}, 0), UsageError);
}

TEST(LineHead, IsReadWithoutParsingTheRest) {
  const std::string line = event_line(9325, "ntos", "irp.call", R"(,"irp":24,"major":14,"driver":"vcapdrv")");
  const auto head = line_head(line);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->cycle, 9325u);
  EXPECT_EQ(head->ns, 74600u);
  EXPECT_EQ(head->layer, "ntos");
  EXPECT_EQ(head->name, "irp.call");
  EXPECT_EQ(head->number("irp"), 24u);
  EXPECT_EQ(head->text("driver"), "vcapdrv");
  EXPECT_EQ(head->number("rp"), std::nullopt);
  EXPECT_EQ(head->number("driver"), std::nullopt);
  EXPECT_EQ(head->text("irp"), "");
  EXPECT_FALSE(line_head("{\"cycle\":1}"));
}

// What a driver prints may look like a field.
TEST(LineHead, IsNotMisledByText) {
  const std::string line = event_line(1, "ntos", "dbgprint", R"(,"text":"\"irp\":99, \"irp\":98")");
  EXPECT_EQ(line_head(line)->number("irp"), std::nullopt);
}

TEST(LineHead, NamesMajorFunctions) {
  EXPECT_EQ(irp_major_name(14), "DEVICE_CONTROL");
  EXPECT_EQ(irp_major_name(27), "PNP");
  EXPECT_EQ(irp_major_name(28), "?");
}

}  // namespace
}  // namespace p2p::tb
