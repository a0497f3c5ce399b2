// trace.gtkw opens where the story is.
#include "tb/output/gtkwave_save.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace p2p::tb {
namespace {

std::string line_with(const std::string& text, const std::string& start) {
  const std::size_t at = text.find("\n" + start);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

RunResult one_frame() {
  RunResult result;
  result.bus_period_ps = 8000;
  result.pixel_period_ps = 10000;
  FrameJourney journey;
  journey.start_ns = 1000;
  journey.end_ns = 5000;
  journey.deliver_ns = 11000;
  journey.delivered = true;
  result.journeys.push_back(journey);
  return result;
}

TEST(GtkwaveSave, ShowsTheFirstFrameFromItsFirstPixelToItsDelivery) {
  const std::string save = gtkwave_save_file(one_frame(), {});
  EXPECT_EQ(line_with(save, "[timestart]"), "[timestart] 500999");
  // 11000 ns in 1200 pixels: 2^20.806 ps in 200.
  EXPECT_NE(line_with(save, "*").find(" 1000999 1000999 11000999 -1 "), std::string::npos);
  EXPECT_EQ(line_with(save, "*").rfind("*-20.806", 0), 0u) << line_with(save, "*");
}

TEST(GtkwaveSave, ShowsTheFirstViolationOfWhicheverClock) {
  RunResult result = one_frame();
  result.violations.push_back({"AXI4_AW_4K", "bus", 5000, "later"});
  result.violations.push_back({"AXIS_STABLE", "pixel", 300, "earlier"});
  const std::string save = gtkwave_save_file(result, {});
  EXPECT_NE(line_with(save, "*").find(" 3000000 3000000 40000000 -1 "), std::string::npos)
      << "a marker on each: " << line_with(save, "*");
  EXPECT_EQ(line_with(save, "[timestart]"), "[timestart] 2520000");
}

TEST(GtkwaveSave, ShowsOfAWindowWhatItHolds) {
  RunResult result = one_frame();
  result.traced = {8'000'000, 40'000'000, 16'000'000, 8000};
  EXPECT_EQ(line_with(gtkwave_save_file(result, {}), "[timestart]"), "[timestart] 8000000")
      << "no frame is in it for sure";
  EXPECT_NE(line_with(gtkwave_save_file(result, {}), "*").find(" 16000000 16000000 -1 "), std::string::npos);
  result.violations.push_back({"AXI4_AW_4K", "bus", 5001, "after it"});
  result.violations.push_back({"AXI4_AW_4K", "bus", 999, "before it"});
  EXPECT_EQ(line_with(gtkwave_save_file(result, {}), "[timestart]"), "[timestart] 8000000");
  result.violations.push_back({"AXI4_AW_4K", "bus", 1001, "at its beginning"});
  EXPECT_EQ(line_with(gtkwave_save_file(result, {}), "[timestart]"), "[timestart] 8000000");
  EXPECT_NE(line_with(gtkwave_save_file(result, {}), "*").find(" 8008000 8008000 -1 "), std::string::npos);
}

// A marker says that something is wrong there, not how often; and GTKWave has a letter for 26.
TEST(GtkwaveSave, MarksTheFirstViolationsOnceEach) {
  RunResult result = one_frame();
  for (unsigned i = 0; i < 40; ++i) result.violations.push_back({"AXI4_AW_4K", "bus", 1000 + i / 2 * 10, "twice"});
  for (unsigned i = 0; i < 20; ++i) result.violations.push_back({"AXI4_AW_4K", "bus", 2000 + i, "once"});
  std::istringstream line(line_with(gtkwave_save_file(result, {}), "*"));
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word);
  ASSERT_EQ(words.size(), 1 + 1 + 26u);
  EXPECT_EQ(words[1], "8000000") << "the cursor";
  EXPECT_EQ(words[2], "8000000");
  EXPECT_EQ(words[3], "8080000");
  EXPECT_EQ(words[21], "9520000");
  EXPECT_EQ(words[22], "16000000");
  EXPECT_EQ(words[27], "16040000");
}

TEST(GtkwaveSave, NamesNoSignalThatAControlTraceHasNot) {
  WaveUse use;
  EXPECT_NE(gtkwave_save_file(one_frame(), use).find("m_axi_wdata"), std::string::npos);
  use.wide_data = false;
  const std::string save = gtkwave_save_file(one_frame(), use);
  for (const char* wide : {"m_axi_wdata", "m_axi_rdata", "s_axis_video_tdata"})
    EXPECT_EQ(save.find(wide), std::string::npos) << wide;
  EXPECT_NE(save.find("m_axi_awaddr"), std::string::npos);
}

TEST(GtkwaveSave, IsValidWithoutAFrame) {
  EXPECT_EQ(line_with(gtkwave_save_file({}, {}), "[timestart]"), "[timestart] 0");
}

}  // namespace
}  // namespace p2p::tb
