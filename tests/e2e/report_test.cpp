// report.html as a reader has it: opened in headless Chromium, with its script run.
#include <regex>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class Report : public Program {
 protected:
  /// The page's elements once its script has run. `script`: of the test, run behind it. `part`: of the address.
  /// `option`: of Chromium.
  std::string opened(const std::string& out, const std::string& script = "", const std::string& part = "",
                     const std::string& option = "") const {
    const std::string page = slurp(folder_ / out / "report.html");
    const std::size_t end = page.rfind("</body>");
    EXPECT_NE(end, std::string::npos);
    std::ofstream(folder_ / out / "opened.html")
        << page.substr(0, end) << "<script>" << script << "</script>" << page.substr(end);
    // A profile of its own: Chromium would wait for another one's.
    const Ran ran = shell("timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir='" +
                          (folder_ / "profile").string() + "' " + option + " --dump-dom 'file://" +
                          (folder_ / out / "opened.html").string() + part + "'");
    fs::remove_all(folder_ / "profile");
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.out;
  }
  static bool has_chromium() { return std::system("command -v chromium >/dev/null") == 0; }
  static std::size_t times(const std::string& html, const std::string& text) {
    std::size_t found = 0;
    for (std::size_t at = html.find(text); at != std::string::npos; at = html.find(text, at + 1)) ++found;
    return found;
  }
  /// What the reader sees of the frame that is chosen.
  static std::string detail(const std::string& dom) {
    const std::size_t from = dom.find("<div id=\"frame\""), to = dom.find("<details>", from);
    return from == std::string::npos ? "" : dom.substr(from, to - from);
  }
};

#define P2P_NEEDS_CHROMIUM() \
  if (!has_chromium()) GTEST_SKIP() << "chromium is not installed: scripts/install-deps.sh view"

TEST_F(Report, DrawsEveryFrameAndTellsOfOne) {
  P2P_NEEDS_CHROMIUM();
  expect_pass(pin2pin("--size 64x48 --frames 12 --out out"), "out", 12);
  const std::string dom = opened("out");
  EXPECT_EQ(times(dom, "role=\"option\""), 12u);
  EXPECT_EQ(times(dom, "style=\"background: linear-gradient(to right,var(--h0)"), 12u);
  EXPECT_EQ(times(dom, "id=\"waterfall\" hidden"), 0u);
  EXPECT_NE(detail(dom).find("<h3>Frame 0, IRP "), std::string::npos) << detail(dom);
  EXPECT_EQ(times(detail(dom), "<tr>"), 11u) << "a head and ten hops";
  const std::string command = "pin2pin events " + (folder_ / "out").string() + " --frame 0";
  EXPECT_NE(detail(dom).find(command), std::string::npos) << "to copy: " << detail(dom);
}

TEST_F(Report, IsReadByKeyboard) {
  P2P_NEEDS_CHROMIUM();
  expect_pass(pin2pin("--size 64x48 --frames 30 --out out"), "out", 30);
  const auto after = [this](const std::string& keys) {
    const std::string dom =
        opened("out", "for (const key of " + keys +
                          ") document.getElementById('rows').dispatchEvent(new KeyboardEvent('keydown', {key}));");
    std::smatch frame;
    const std::string shown = detail(dom);
    EXPECT_EQ(times(dom, "aria-selected=\"true\""), 1u);
    EXPECT_TRUE(std::regex_search(shown, frame, std::regex("<h3>Frame (\\d+), IRP"))) << shown;
    EXPECT_NE(dom.find("aria-activedescendant=\"frame-" + frame[1].str() + "\""), std::string::npos);
    return frame[1].str();
  };
  EXPECT_EQ(after("['ArrowDown', 'j', 'j', 'k']"), "2");
  EXPECT_EQ(after("['End', 'ArrowDown']"), "29");
  EXPECT_EQ(after("['PageDown', 'ArrowUp']"), "19");
  EXPECT_EQ(after("['End', 'Home', 'k']"), "0");
  EXPECT_NE(detail(opened("out", "", "#frame-7")).find("<h3>Frame 7, IRP "), std::string::npos);
}

// What scrolls can be focused, what can be clicked too, and every text is far enough from its ground for WCAG 2's AA.
TEST_F(Report, CanBeReachedByTabAndReadInBothSchemes) {
  P2P_NEEDS_CHROMIUM();
  expect_pass(pin2pin("--size 64x48 --frames 2 --out passed"), "passed", 2);
  ASSERT_EQ(pin2pin("--size 32x16 --frames 1 --driver e2e_double_completion --out stopped").status, 1);
  ASSERT_EQ(pin2pin("--size 64x48 --frames 4 --driver e2e_interrupt_masked --out stalled").status, 1);
  constexpr const char* kMeasure = R"js(
    const luminance = ([r, g, b]) => {
      const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
      return .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
    };
    const channels = color => color.match(/[\d.]+/g).map(Number);
    const ground = e => {
      const color = channels(getComputedStyle(e).backgroundColor);
      return color.length > 3 && color[3] === 0 ? ground(e.parentElement) : color;
    };
    const contrast = e => {
      const [a, b] = [luminance(channels(getComputedStyle(e).color)), luminance(ground(e))];
      return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    };
    document.querySelectorAll('details').forEach(e => e.open = true);
    const texts = [...document.body.querySelectorAll('*')].filter(e => e.getClientRects().length && e.tagName !== 'SCRIPT' &&
      [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()));
    const faint = texts.filter(e => contrast(e) < 4.5).map(e => `${e.tagName} ${e.textContent.slice(0, 40)}`);
    const lost = [...document.querySelectorAll('.wide, pre, #rows, a, summary, input')].filter(e => e.tabIndex < 0);
    const sideways = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    document.title = `sideways ${sideways}, dark ${matchMedia('(prefers-color-scheme: dark)').matches}, lost ${lost.length}, ` +
      `skip ${document.querySelector('a').className}, many texts ${texts.length > 100}, faint [${faint}]`;
  )js";
  for (const char* const out : {"passed", "stopped", "stalled"}) {
    const std::string page = slurp(folder_ / out / "report.html");
    for (const char* text : {"color-scheme: light dark", ":focus-visible"})
      EXPECT_NE(page.find(text), std::string::npos) << text;
    for (const bool dark : {false, true}) {
      const std::string dom = opened(out, kMeasure, "", dark ? "--force-dark-mode" : "");
      std::smatch title;
      ASSERT_TRUE(std::regex_search(dom, title, std::regex("<title>([^<]*)</title>"))) << dom.substr(0, 400);
      EXPECT_EQ(title[1], std::string("sideways false, dark ") + (dark ? "true" : "false") +
                              ", lost 0, skip skip, many texts true, faint []")
          << out;
    }
  }
}

TEST_F(Report, OfAThousandFramesIsSmallAndLoadsNothing) {
  expect_pass(pin2pin("--size 64x48 --frames 1000 --no-capture --out out"), "out", 1000);
  EXPECT_LT(fs::file_size(folder_ / "out/report.html"), 2'000'000u);
  const std::string page = slurp(folder_ / "out/report.html");
  for (const char* text : {"http://", "https://", "src=", "url(", "@import", "<link"})
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  if (has_chromium()) {
    EXPECT_EQ(times(opened("out"), "role=\"option\""), 1000u);
  }
}

TEST_F(Report, OfAViolationTellsWhatWhereAndTheCommandThatRepeatsIt) {
  std::ofstream(folder_ / "late.toml") << "[latency]\npin_to_deliver_ns = 10\n";
  ASSERT_EQ(pin2pin("--size 64x48 --frames 3 --config late.toml --out out").status, 1);
  const std::string page = slurp(folder_ / "out/report.html");
  const nlohmann::json violation = summary("out")["checks"]["violations"][0];
  EXPECT_LT(page.find(">FAIL<"), page.find("<h3>FRAME_LATENCY</h3>"));
  for (const std::string& text : {violation["text"].get<std::string>(), "bus cycle " + violation["cycle"].dump(),
                                  std::string("ks frame.complete"), std::string("Broken by 3 frames</strong> of 3")})
    EXPECT_NE(page.find(text), std::string::npos) << text;
  if (!has_chromium()) return;
  std::smatch command;
  const std::string dom = opened("out");
  ASSERT_TRUE(std::regex_search(
      dom, command, std::regex("pin2pin replay <span class=\"dir\">([^<]*)</span>( --from \\d+ --to \\d+)")));
  EXPECT_EQ(command[1], (folder_ / "out").string());
  fs::remove(folder_ / "out/opened.html");
  const Ran again = shell(P2P_PROGRAM " replay " + command[1].str() + command[2].str());
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.err.find("departs"), std::string::npos) << again.err;
  EXPECT_EQ(summary("out.replay")["checks"]["violations"][0], violation);
  EXPECT_TRUE(fs::exists(folder_ / "out.replay/trace.fst"));
}

TEST_F(Report, OfABugCheckLooksLikeOne) {
  ASSERT_EQ(pin2pin("--size 32x16 --frames 1 --driver e2e_double_completion --out out").status, 1);
  const std::string page = slurp(folder_ / "out/report.html");
  for (const char* text : {"<div class=\"stop\">", "MULTIPLE_IRP_COMPLETE_REQUESTS (0x44)", "e2e_double_completion.so",
                           "double_completion.cpp:16", "What led there", "pin2pin replay "})
    EXPECT_NE(page.find(text), std::string::npos) << text;
  if (!has_chromium()) return;
  const std::string dom = opened("out", R"js(
    const stop = document.querySelector('.stop');
    document.title = `stop ${getComputedStyle(stop).backgroundColor}, ${/^rgb\(11, 92, 173\) 0px 0px 0px \d{3,}/.test(getComputedStyle(stop).boxShadow)}`;
  )js");
  EXPECT_NE(dom.find("<title>stop rgb(11, 92, 173), true</title>"), std::string::npos) << dom.substr(0, 300);
}

TEST_F(Report, OfARunThatStandsStillTellsTheCauseFirst) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 30 --timeout 2500us --driver e2e_interrupt_masked --out out").status, 1);
  const std::string page = slurp(folder_ / "out/report.html");
  EXPECT_LT(page.find("<strong>interrupt masked</strong>"), page.find("<nav"));
  EXPECT_NE(page.find("not delivered"), std::string::npos);
}

TEST_F(Report, CountsTheBusOverTime) {
  expect_pass(pin2pin("--size 64x48 --frames 4 --out out"), "out", 4);
  const nlohmann::json bus = summary("out")["bus"];
  std::uint64_t written = 0;
  for (const auto& beats : bus["over_time"]["w_beats"]) written += beats.get<std::uint64_t>();
  EXPECT_EQ(written, bus["w_beats"]);
  const std::uint64_t span = bus["over_time"]["span_cycles"], cycles = summary("out")["cycles"]["bus"];
  EXPECT_EQ(bus["over_time"]["w_beats"].size(), (cycles + span - 1) / span);
  EXPECT_NE(slurp(folder_ / "out/report.html").find("<path class=\"written\""), std::string::npos);
}

TEST_F(Report, IsTheSameForTheSameRun) {
  for (const char* out : {"a", "b"}) expect_pass(pin2pin(std::string("--size 64x48 --frames 5 --out ") + out), out, 5);
  EXPECT_TRUE(slurp(folder_ / "a/report.html") == slurp(folder_ / "b/report.html"));
}

}  // namespace
}  // namespace p2p::e2e
