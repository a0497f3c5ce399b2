// The promises of the README: real clips, bad input, back-pressure, errors.
#include <regex>

#include "tests/e2e/program.h"

#include "sim/video_source.h"

namespace p2p::e2e {
namespace {

using Capture = Program;

TEST_F(Capture, TheBuiltInClipArrivesBitEqual) {
  expect_pass(pin2pin("--source pattern:bars --size 640x480 --frames 30 --out out"), "out", 30);
  const auto source = sim::open_video_source({"pattern:bars", sim::FrameSize{640, 480}, 30, 1});
  std::string sent(source->size().bytes() * 30, '\0');
  for (std::size_t i = 0; i < 30; ++i) {
    ASSERT_TRUE(source->next(
        {reinterpret_cast<std::uint8_t*>(sent.data()) + i * source->size().bytes(), source->size().bytes()}));
  }
  EXPECT_TRUE(decoded("out") == sent) << "capture.mkv differs from the source";
  EXPECT_GT(fs::file_size(folder_ / "out/contact.png"), 1000u);
  EXPECT_NE(slurp(folder_ / "out/report.html").find("PASS"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out/trace.fst"));
}

TEST_F(Capture, FilesThatFfmpegMade) {
  ASSERT_EQ(shell("ffmpeg -v error -f lavfi -i testsrc2=size=640x480:rate=25 -frames:v 6 -c:v ffv1 a.mkv").status, 0);
  ASSERT_EQ(shell("ffmpeg -v error -f lavfi -i mandelbrot=size=320x240:rate=25 -frames:v 8 -c:v mpeg4 b.mp4").status,
            0);
  ASSERT_EQ(shell("ffmpeg -v error -f lavfi -i testsrc2=size=322x242:rate=25 -frames:v 5 -c:v ffv1 c.mkv").status, 0);
  ASSERT_EQ(shell("ffmpeg -v error -f lavfi -i testsrc=size=160x120 -frames:v 1 d.png").status, 0);
  expect_pass(pin2pin("--source a.mkv --out a"), "a", 6);
  expect_pass(pin2pin("--source b.mp4 --out b"), "b", 8);
  expect_pass(pin2pin("--source c.mkv --out c"), "c", 5);
  expect_pass(pin2pin("--source c.mkv --size 160x90 --out c2"), "c2", 5);
  expect_pass(pin2pin("--source d.png --frames 4 --out d"), "d", 4);
  EXPECT_EQ(decoded("b").size(), 320u * 240 * 2 * 8);
}

TEST_F(Capture, BadInputIsOneLineAndLeavesNothing) {
  expect_refused(pin2pin("--source missing.mp4 --out out"), "missing.mp4");
  std::ofstream(folder_ / "text.mp4") << "this is no video\n";
  expect_refused(pin2pin("--source text.mp4 --out out"), "text.mp4");
  std::ofstream(folder_ / "empty.mp4").flush();
  expect_refused(pin2pin("--source empty.mp4 --out out"), "empty.mp4");
  for (const char* size : {"0x480", "640x0", "1x1", "100000x100000", "641x480", "640", "axb"}) {
    expect_refused(pin2pin(std::string("--size ") + size + " --out out"), size);
  }
  expect_refused(pin2pin("--frames 0 --out out"), "--frames");
  expect_refused(pin2pin("--driver nosuch --out out"), "nosuch");
  expect_refused(pin2pin("--trace some --out out"), "--trace some: expected off, window, control or full");
  expect_refused(pin2pin("--inject slverr@nowhere --out out"), "--inject");
  expect_refused(pin2pin("--no-such-option --out out"), "--no-such-option");
  std::ofstream(folder_ / "c.toml") << "[cost]\ninterrupt_latencie = 5\n";
  expect_refused(pin2pin("--config c.toml --out out"), "cost.interrupt_latencie");
}

TEST_F(Capture, AForeignFolderIsNotReplaced) {
  fs::create_directories(folder_ / "mine");
  std::ofstream(folder_ / "mine/letter.txt") << "dear\n";
  const Ran ran = pin2pin("--size 32x16 --frames 1 --out mine");
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.err.find("mine"), std::string::npos);
  EXPECT_EQ(slurp(folder_ / "mine/letter.txt"), "dear\n");
  expect_pass(pin2pin("--size 32x16 --frames 1 --out again"), "again", 1);
  expect_pass(pin2pin("--size 32x16 --frames 2 --out again"), "again", 2);
}

TEST_F(Capture, BackPressureDropsWholeFramesAndAccountsForThem) {
  const Ran ran = pin2pin("--size 320x240 --frames 40 --buffers 2 --hold-us 2000 --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const nlohmann::json s = summary("out");
  EXPECT_GT(s["frames"]["dropped"], 0);
  EXPECT_GT(s["frames"]["delivered"], 0);
  EXPECT_EQ(s["frames"]["sent"].get<int>(), s["frames"]["delivered"].get<int>() + s["frames"]["dropped"].get<int>());
  EXPECT_EQ(s["frames"]["mismatched"], 0);
  EXPECT_EQ(s["irps"]["outstanding"], 0);
}

TEST_F(Capture, ABusErrorFailsTheRunAndSaysSo) {
  for (const char* fault : {"slverr@write:50", "decerr@read:3"}) {
    const Ran ran = pin2pin(std::string("--size 320x240 --frames 10 --inject ") + fault + " --out out");
    EXPECT_EQ(ran.status, 1) << fault << ran.out << ran.err;
    const nlohmann::json s = summary("out");
    EXPECT_EQ(s["status"], "fail");
    EXPECT_EQ(s["irps"]["outstanding"], 0) << fault;
    EXPECT_EQ(s["frames"]["mismatched"], 0) << fault;
    // One cause, one line; another says where to look.
    EXPECT_EQ(ran.error_lines(), 2u) << ran.err;
    EXPECT_NE(ran.err.find("a read failed"), std::string::npos) << ran.err;
    EXPECT_TRUE(s["notes"].empty());
    const std::string events = slurp(folder_ / "out/events.jsonl");
    const std::string answer =
        *fault == 's' ? R"("write":1,"response":"SLVERR"})" : R"("write":0,"response":"DECERR"})";
    const std::size_t error = events.find(R"("ev":"bus.error","address":)");
    ASSERT_NE(error, std::string::npos) << fault;
    EXPECT_NE(events.substr(error, events.find('\n', error) - error).find(answer), std::string::npos) << fault;
    EXPECT_EQ(events.find(R"("ev":"bus.error")", error + 1), std::string::npos) << "one, as asked";
  }
}

TEST_F(Capture, ABusErrorThatNeverCameIsNoted) {
  const Ran ran = pin2pin("--size 64x48 --frames 2 --inject slverr@write:40000 --inject decerr@read:40000 --out out");
  expect_pass(ran, "out", 2);
  const nlohmann::json notes = summary("out")["notes"];
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_TRUE(std::regex_match(
      notes[0].get<std::string>(),
      std::regex("--inject slverr@write:40000 has not happened: the chip began [1-9][0-9]* write bursts")))
      << notes[0];
  EXPECT_TRUE(std::regex_match(
      notes[1].get<std::string>(),
      std::regex("--inject decerr@read:40000 has not happened: the chip began [1-9][0-9]* read bursts")))
      << notes[1];
  EXPECT_EQ(ran.error_lines(), 2u) << ran.err;
  for (const auto& [other, told] : {std::pair("slverr", 0u), std::pair("decerr", 1u)}) {
    pin2pin(std::string("--size 64x48 --frames 2 --inject slverr@write:5 --out out --inject ") + other + "@write:5");
    ASSERT_EQ(summary("out")["notes"].size(), told);
  }
  EXPECT_EQ(summary("out")["notes"][0],
            "--inject decerr@write:5 has not happened: that burst was answered by another --inject");
}

TEST_F(Capture, ALatencyContractCanFail) {
  std::ofstream(folder_ / "tight.toml") << "[latency]\npin_to_deliver_ns = 10\n";
  const Ran ran = pin2pin("--size 64x48 --frames 2 --config tight.toml --out out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("FRAME_LATENCY"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace p2p::e2e
