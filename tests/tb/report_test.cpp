// report.html section by section, from results made by hand.
#include "tb/report/page.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tb/report/html.h"
#include "tb/report/sections.h"
#include "tests/tb/recorded.h"

namespace p2p::tb {
namespace {

RunResult run_of(std::size_t frames) {
  RunResult result;
  result.source = "pattern:bars";
  result.driver = "vcapdrv";
  result.bus_period_ps = 8000;
  result.pixel_period_ps = 6734;
  result.bus_cycles = 1000;
  result.sent = result.delivered = frames;
  result.latencies = {{"irq_to_isr", 1000, 1000, 1000, frames}, {"pin_to_deliver", 5000, 5500, 6000, frames}};
  for (std::uint64_t i = 0; i < frames; ++i) {
    FrameJourney j;
    const std::uint64_t start = 1'000'000 + i * 40'000'000;
    j.frame = i;
    j.irp = 24 + i;
    j.start_cycle = start / 8;
    j.start_ns = start;
    j.end_ns = start + 30'000'000;
    j.first_beat_ns = start + 200;
    j.last_beat_ns = j.end_ns + 100;
    j.response_ns = j.end_ns + 200;
    j.record_ns = j.end_ns + 300;
    j.irq_ns = j.end_ns + 400;
    j.isr_ns = j.end_ns + 1400;
    j.dpc_ns = j.end_ns + 2000;
    j.complete_ns = j.end_ns + 2100;
    j.irp_ns = j.end_ns + 2200;
    j.deliver_ns = j.end_ns + 5000 + (i == 777 ? 1000 : 0);
    j.recorded = j.delivered = true;
    result.journeys.push_back(j);
  }
  return result;
}

bool has(const std::string& html, const std::string& text) { return html.find(text) != std::string::npos; }

std::size_t times(const std::string& html, const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = html.find(text); at != std::string::npos; at = html.find(text, at + 1)) ++found;
  return found;
}

TEST(Report, EscapesWhatItIsGiven) {
  EXPECT_EQ(escape("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
  RunResult result = run_of(1);
  result.driver = "<script>alert(1)</script>";
  result.failures = {"<img src=x>"};
  const std::string page = report_html(result, {});
  EXPECT_FALSE(has(page, "<script>alert") || has(page, "<img src=x>"));
}

TEST(Report, SaysTheVerdictFirst) {
  RunResult result = run_of(2);
  EXPECT_TRUE(has(verdict_section(result), "pass\">PASS"));
  result.checked = false;
  EXPECT_TRUE(has(verdict_section(result), ">UNCHECKED<"));
  result.failures = {"stalled: 2 frames sent"};
  const std::string page = report_html(result, {});
  EXPECT_LT(page.find(">FAIL<"), page.find("stalled: 2 frames sent"));
  EXPECT_LT(page.find(">FAIL<"), page.find("<nav"));
}

// A bug check is often what becomes of something that went wrong before it.
TEST(Report, SaysFirstWhatWentWrongFirst) {
  RunResult result = run_of(1);
  result.violations = {{"AXI4_AW_4K", "bus", 5000, "from 0xFF8"}};
  result.failures = {"bug check 0xC4"};
  result.bugcheck.emplace();
  result.bugcheck->code = 0xC4;
  result.bugcheck->rule = "LockHierarchy";
  result.bugcheck->message = "a lock order";
  result.bugcheck->bus_cycle = 5001;
  EXPECT_TRUE(has(verdict_section(result), "<p class=\"first\"><strong>AXI4_AW_4K</strong>: from 0xFF8</p>"))
      << verdict_section(result);
  EXPECT_TRUE(has(report_html(result, {}), "class=\"stop\""));
  result.bugcheck->bus_cycle = 4999;
  EXPECT_TRUE(
      has(verdict_section(result), "<p class=\"first\">Bug check 0xC4 <strong>LockHierarchy</strong>: a lock order"))
      << verdict_section(result);
}

TEST(Report, LoadsNothing) {
  const std::string page = report_html(run_of(3), {});
  for (const char* text : {"http://", "https://", "src=", "url(", "@import", "<link"})
    EXPECT_FALSE(has(page, text)) << text;
}

TEST(Report, HasNoSectionWithoutContentAndALinkToEachOther) {
  const std::string page = report_html(run_of(3), {});
  for (const char* id : {"frames", "latency", "bus", "irps"}) {
    EXPECT_EQ(times(page, std::string("href=\"#") + id + "\""), 1u) << id;
    EXPECT_EQ(times(page, std::string("<section id=\"") + id + "\""), 1u) << id;
  }
  for (const char* id : {"bugcheck", "failed", "stands", "streams", "coverage"})
    EXPECT_FALSE(has(page, std::string("#") + id + "\"")) << id;
}

TEST(Report, HasARowForEachFrame) {
  RunResult result = run_of(3);
  result.journeys[1].delivered = false;
  result.journeys[2].irq_ns = 0;
  const std::string html = frames_section(result);
  EXPECT_TRUE(has(html,
                  "<tr><td>0<td>24<td>125000<td>30000000<td>200<td>30000100<td>30000200<td>30000300<td>30000400"
                  "<td>30001400<td>30002000<td>30002100<td>30002200<td>30005000\n"))
      << html;
  EXPECT_TRUE(has(html, "<tr><td>1<td><td>5125000<td colspan=11 class=\"t\">in memory, not delivered\n"));
  EXPECT_TRUE(has(html, "<td>30000300<td><td>30001400")) << "no interrupt was seen";
}

TEST(Report, OfManyFramesShowsTheFirstTheSlowestAndTheLast) {
  RunResult result = run_of(3000);
  result.journeys[1500].delivered = false;
  const std::string html = frames_section(result);
  EXPECT_EQ(times(html, "\n<tr><td>"), 1000u);
  EXPECT_TRUE(has(html, "Of 3000 frames these are the first 400"));
  for (const char* frame :
       {"<tr><td>0<td>", "<tr><td>399<td>", "<tr><td>777<td>", "<tr><td>1500<td>", "<tr><td>2999<td>"})
    EXPECT_TRUE(has(html, frame)) << frame;
  EXPECT_FALSE(has(html, "<tr><td>2000<td>"));
}

TEST(Report, JudgesLatencyByTheContract) {
  RunResult result = run_of(1000);
  EXPECT_TRUE(has(latency_section(result), "No contract is set"));
  result.latency_limit_ns = 6000;
  EXPECT_TRUE(has(latency_section(result), "Kept by all 1000 frames"));
  result.latency_limit_ns = 5500;
  const std::string html = latency_section(result);
  EXPECT_TRUE(has(html, "Broken by 1 frame</strong> of 1000")) << html;
  EXPECT_EQ(times(html, "class=\"limit\""), 1u) << "of the one hop that is judged";
  EXPECT_EQ(times(html, "<tr class=\"bad\">"), 1u);
  result.journeys.clear();
  EXPECT_TRUE(has(latency_section(result), "is not judged: no frame was followed")) << latency_section(result);
}

TEST(Report, DrawsTheBusOverTime) {
  RunResult result = run_of(1);
  EXPECT_TRUE(has(bus_section(result), "Not counted"));
  result.bus_use = {512, {{256, 0}, {244, 122}}};
  const std::string html = bus_section(result);
  EXPECT_TRUE(has(html, "500 beats written and 122 read in 1000 bus cycles: 50.0 % of them")) << html;
  EXPECT_TRUE(has(html, "50.0 % in the busiest span")) << "the last one has 488 cycles: " << html;
  EXPECT_TRUE(has(html, "<tr><td>512<td>4.1<td>244<td>50.0<td>500.0<td>122<td>25.0")) << html;
  EXPECT_EQ(times(html, "<path class=\"written\""), 1u);
}

TEST(Report, TellsWhereAViolationIs) {
  RunResult result = run_of(1);
  result.rules = {{"AXI4_AW_4K", "IHI0022 A3.4.1", "a write burst does not cross a 4 KiB boundary"}};
  result.violations = {{"AXI4_AW_4K", "bus", 5000, "from 0xFF8"}};
  Story story;
  story.failures = failures_of(result);
  story.failures[0].chain = parse_events(two_frames());
  const std::string html = failure_section(result, story);
  for (const char* text : {"from 0xFF8", "a write burst does not cross", "IHI0022 A3.4.1", "bus cycle 5000, 40.000 us",
                           "vcap.m_axi_awaddr", "rtl/vcap.sv:49", "--from 3000 --to 5200", "ntos isr.enter"})
    EXPECT_TRUE(has(html, text)) << text;
}

TEST(Report, BugCheckLooksLikeOne) {
  RunResult result = run_of(0);
  result.bugcheck.emplace();
  result.bugcheck->code = 0xC4;
  result.bugcheck->rule = "LockHierarchy";
  result.bugcheck->message = "a lock order";
  result.bugcheck->parameters[0] = 0x1001;
  result.bugcheck->bus_cycle = 187;
  result.bugcheck_stack = {{"pin2pin", "KeAcquireSpinLock", "", false}, {"mine.so", "MyIsr", "mine.cpp:8", true}};
  result.bugcheck_irp = parse_events({event_line(1, "ntos", "irp.done", R"(,"irp":2,"status":3221225659)")});
  const std::string html = bugcheck_section(result);
  for (const char* text : {"class=\"stop\"", "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4)", "LockHierarchy", "0x1001 0x0",
                           "mine.so, MyIsr", "mine.cpp:8", "bus cycle 187", "status=STATUS_NOT_SUPPORTED"})
    EXPECT_TRUE(has(html, text)) << text << " " << html;
  const std::string page = report_html(result, {});
  EXPECT_LT(page.find("class=\"stop\""), page.find("<section id=\"frames\""));
}

TEST(Report, IrpsLeadToTheirHistories) {
  Story story;
  for (std::uint64_t id = 1; id <= 3000; ++id) {
    IrpLine irp;
    irp.id = id;
    irp.major = "READ";
    irp.done = id != 1500 && id != 1600;
    story.irps.push_back(irp);
  }
  story.histories[1500] = parse_events({event_line(1, "ntos", "irp.pend", R"(,"irp":1500)")});
  const std::string html = irp_section(run_of(1), story);
  EXPECT_TRUE(has(html, "<a href=\"#irp-1500\">1500</a>"));
  EXPECT_TRUE(has(html, "<details id=\"irp-1500\">"));
  EXPECT_TRUE(has(html, "3000 in the order in which they came; shown are the first 400, the last 800"));
  EXPECT_TRUE(has(html, "<td>400<td") && has(html, "<td>2201<td") && has(html, "<td>1600<td"));
  EXPECT_FALSE(has(html, "<td>401<td") || has(html, "<td>2200<td"));
}

TEST(Report, StaysSmall) {
  RunResult result = run_of(100'000);
  result.bus_use.span_cycles = 2;
  result.bus_use.spans.assign(500, {1, 1});
  Story story;
  for (std::uint64_t id = 1; id <= 100'000; ++id) {
    IrpLine irp;
    irp.id = id;
    irp.major = "DEVICE_CONTROL";
    irp.driver = "vcapdrv";
    irp.from_cycle = irp.to_cycle = 1'000'000'000 + id;
    story.irps.push_back(irp);
  }
  for (std::uint64_t id = 1; id <= Story::kMostHistories; ++id) story.histories[id] = parse_events(two_frames());
  for (std::size_t i = 0; i < Story::kMostFailures; ++i) {
    Failure failure;
    failure.chain = parse_events(two_frames());
    story.failures.push_back(failure);
  }
  result.failures = {"it failed"};
  EXPECT_LT(report_html(result, story).size(), 2'000'000u);
}

TEST(Report, IsTheSameForTheSameRun) { EXPECT_EQ(report_html(run_of(50), {}), report_html(run_of(50), {})); }

}  // namespace
}  // namespace p2p::tb
