// trace.gtkw opens where the story is.
#include "tb/output/gtkwave_save.h"

#include <gtest/gtest.h>

namespace p2p::tb {
namespace {

std::string line_with(const std::string& text, const std::string& start) {
  const std::size_t at = text.find("\n" + start);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

RunResult one_frame() {
  RunResult result;
  result.bus_hz = 125'000'000;
  result.pixel_hz = 100'000'000;
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
  EXPECT_NE(line_with(save, "*").find(" 3000000 3000000 -1 "), std::string::npos) << line_with(save, "*");
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

TEST(GtkwaveSave, IsValidWithoutAFrame) {
  EXPECT_EQ(line_with(gtkwave_save_file({}, {}), "[timestart]"), "[timestart] 0");
}

}  // namespace
}  // namespace p2p::tb
