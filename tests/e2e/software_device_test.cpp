// --device none: drivers that bring their own hardware, our examples. What each draws is known, so what arrives is
// checked byte by byte, in every layout that the capture knows.
#include "tests/e2e/program.h"

#include <array>
#include <cstdint>
#include <sstream>

namespace p2p::e2e {
namespace {

class SoftwareDevice : public Program {
 protected:
  Ran run(const std::string& driver, const std::string& more = "") const {
    return pin2pin("--device none --driver example_" + driver + " --frames 12 --out out " + more);
  }
  /// The capture decoded by ffmpeg to its own layout.
  std::string frames(const std::string& layout) const {
    const Ran ran = shell("ffmpeg -v error -i out/capture.mkv -f rawvideo -pix_fmt " + layout + " -y decoded.raw");
    EXPECT_EQ(ran.status, 0) << ran.err;
    return slurp(folder_ / "decoded.raw");
  }
  void expect_streams(const Ran& ran, std::size_t streams) const {
    ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
    const nlohmann::json s = summary("out");
    EXPECT_EQ(s["status"], "pass");
    EXPECT_EQ(s["device"], "none");
    EXPECT_EQ(s["frames"]["sent"], 0) << "there is no source";
    EXPECT_EQ(s["frames"]["delivered"], 12);
    EXPECT_EQ(s["cycles"]["bus"], 0) << "there is no chip";
    EXPECT_EQ(s["irps"]["outstanding"], 0);
    EXPECT_EQ(s["allocations"]["pool_bytes_left"], 0);
    EXPECT_TRUE(s["verifier"]["enabled"]);
    EXPECT_EQ(s["streams"].size(), streams);
    EXPECT_TRUE(fs::exists(folder_ / "out/contact.png"));
    const std::string report = slurp(folder_ / "out/report.html");
    EXPECT_NE(report.find("Device none"), std::string::npos);
    EXPECT_EQ(report.find("Latency"), std::string::npos) << "hops of a chip that is not there";
  }
};

std::uint8_t at(const std::string& bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<std::uint8_t>(bytes[index]) : 0;
}

TEST_F(SoftwareDevice, CapturesRgbOfAPinCentricDriver) {
  expect_streams(run("pin_centric"), 1);
  const nlohmann::json stream = summary("out")["streams"][0];
  EXPECT_EQ(stream["format"], "RGB24 320x240, 29.97 frames/s");
  EXPECT_EQ(stream["bytes"], 12 * 320 * 240 * 3);
  const std::string pixels = frames("bgr24");
  ASSERT_EQ(pixels.size(), 12u * 320 * 240 * 3);
  // Bars of 40 pixels that have moved by a pixel in frame 1, the first: white, then yellow.
  const std::array<std::array<int, 3>, 2> bars = {{{255, 255, 255}, {0, 255, 255}}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(at(pixels, 38 * 3 + i), bars[0][i]) << "byte " << i << " of pixel 38";
    EXPECT_EQ(at(pixels, 39 * 3 + i), bars[1][i]) << "byte " << i << " of pixel 39";
  }
}

TEST_F(SoftwareDevice, CapturesUyvyOfAFilterCentricDriver) {
  expect_streams(run("filter_source"), 1);
  const std::string pixels = frames("uyvy422");
  ASSERT_EQ(pixels.size(), 12u * 176 * 144 * 2);
  for (std::size_t frame = 0; frame < 12; ++frame) {
    const std::size_t first = frame * 176 * 144 * 2;
    EXPECT_EQ(at(pixels, first), 128) << "chroma of frame " << frame;
    EXPECT_EQ(at(pixels, first + 1), 16 + frame) << "luma of frame " << frame;
  }
}

/// What the application tried, as events.jsonl has it: "range 0: why".
std::vector<std::string> tried(const std::string& events, const std::string& name) {
  std::vector<std::string> lines;
  std::istringstream in(events);
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    if (event.value("src", "") != "proxy" || event.value("ev", "") != name) continue;
    lines.push_back("range " + std::to_string(event["range"].get<int>()) + ": " + event["why"].get<std::string>());
  }
  return lines;
}

TEST_F(SoftwareDevice, NegotiationTellsWhatWasTried) {
  expect_streams(run("pin_centric"), 1);
  EXPECT_EQ(tried(slurp(folder_ / "out/events.jsonl"), "format.match"),
            std::vector<std::string>{"range 0: RGB24 320x240, 29.97 frames/s"});
  const Ran refused = run("pin_centric", "--size 100x100");
  EXPECT_EQ(refused.status, 1) << refused.out << refused.err;
  const std::vector<std::string> tries = tried(slurp(folder_ / "out/events.jsonl"), "format.try");
  ASSERT_EQ(tries.size(), 1u);
  EXPECT_EQ(tries[0].rfind("range 0: the driver ", 0), 0u) << tries[0];
  EXPECT_NE(refused.err.find("pin 0 range 0"), std::string::npos) << "the error names it, too: " << refused.err;
}

TEST_F(SoftwareDevice, CapturesSoundBesideThePicture) {
  expect_streams(run("av_source"), 2);
  const nlohmann::json sound = summary("out")["streams"][1];
  EXPECT_EQ(sound["format"], "PCM 48000 Hz, 2 channels, 16 bits");
  EXPECT_EQ(sound["file"], "capture.wav");
  EXPECT_GE(sound["delivered"], 22) << "two buffers of sound a frame";
  const std::string wave = slurp(folder_ / "out/capture.wav");
  ASSERT_EQ(wave.size(), 44 + sound["bytes"].get<std::size_t>());
  const auto sample = [&](std::size_t i) {
    return static_cast<std::int16_t>(at(wave, 44 + 2 * i) | at(wave, 45 + 2 * i) << 8);
  };
  EXPECT_EQ(sample(0), -7200);
  EXPECT_EQ(sample(1), 7200);
  EXPECT_EQ(sample(2 * 24), 7200) << "half a period on";
  EXPECT_EQ(run("av_source").status, 0) << "a folder with sound of an earlier run may be written again";
  const Ran probe =
      shell("ffprobe -v error -show_entries stream=codec_name,sample_rate,channels -of csv=p=0 out/capture.wav");
  EXPECT_EQ(probe.out, "pcm_s16le,48000,2\n") << probe.err;
}

/// The source's frames as the chip's driver captures them, YUY2.
class FedDevice : public SoftwareDevice {
 protected:
  std::string source_frames() const {
    const Ran ran = pin2pin("--source pattern:noise --size 64x48 --frames 12 --out out");
    EXPECT_EQ(ran.status, 0) << ran.err;
    return frames("yuyv422");
  }
  static constexpr const char* kFeed = "--source pattern:noise --size 64x48";
};

TEST_F(FedDevice, ATransformGetsTheSourcesPicturesAndGivesItsOwn) {
  const std::string source = source_frames();
  const Ran ran = run("transform", kFeed);
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  const nlohmann::json s = summary("out");
  EXPECT_EQ(s["status"], "pass");
  EXPECT_EQ(s["frames"]["sent"], 12);
  EXPECT_EQ(s["fed"]["delivered"], 12);
  EXPECT_EQ(s["streams"][0]["delivered"], 12);
  const std::string negative = frames("yuyv422");
  ASSERT_EQ(negative.size(), source.size());
  for (std::size_t i = 0; i < source.size(); i += 2) {
    ASSERT_EQ(at(negative, i), 255 - at(source, i)) << "luma at byte " << i;
    ASSERT_EQ(at(negative, i + 1), at(source, i + 1)) << "chroma at byte " << i + 1;
  }
}

TEST_F(FedDevice, ARendererTakesEveryPictureUnchangedAtItsTime) {
  const std::string source = source_frames();
  std::uint64_t luma = 0;
  for (std::size_t i = 0; i < source.size(); i += 2) luma += at(source, i);
  const Ran ran = run("renderer", kFeed);
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  const nlohmann::json s = summary("out");
  EXPECT_EQ(s["fed"]["delivered"], 12);
  EXPECT_EQ(s["fed"]["bytes"], 12 * 64 * 48 * 2);
  EXPECT_TRUE(s["streams"].empty());
  EXPECT_GE(s["sim_time_ns"], 11 * 40'000'000) << "pictures were shown before their time";
  EXPECT_NE(slurp(folder_ / "out/events.jsonl").find("screen: 12 pictures, luma " + std::to_string(luma)),
            std::string::npos)
      << "the driver saw other pictures";
}

TEST_F(FedDevice, PassesUnderRandomSchedules) {
  for (const char* seed : {"1", "2", "3"}) {
    for (const char* driver : {"transform", "renderer"}) {
      const Ran ran = run(driver, std::string("--schedule random --seed ") + seed);
      EXPECT_EQ(ran.status, 0) << driver << ", seed " << seed << ": " << ran.out << ran.err;
    }
  }
}

TEST_F(FedDevice, ASourceIsForDriversThatTakePictures) {
  const Ran ran = run("filter_source", "--source pattern:ramp");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("--source pattern:ramp: the driver has no pin that takes pictures"), std::string::npos)
      << ran.err;
  fs::remove_all(folder_ / "out");
  expect_refused(pin2pin("--device none --source clip.mp4 --out out"), "--source clip.mp4: expected a pattern");
}

TEST_F(SoftwareDevice, GivesTheSameBytesForTheSameSeed) {
  ASSERT_EQ(run("av_source").status, 0);
  fs::rename(folder_ / "out", folder_ / "first");
  ASSERT_EQ(run("av_source").status, 0);
  for (const char* file : {"events.jsonl", "capture.mkv", "capture.wav", "contact.png"})
    EXPECT_EQ(slurp(folder_ / "first" / file), slurp(folder_ / "out" / file)) << file << " differs";
}

TEST_F(SoftwareDevice, PassesUnderRandomSchedules) {
  for (const char* seed : {"1", "2", "3"}) {
    const Ran ran = run("pin_centric", std::string("--schedule random --seed ") + seed);
    EXPECT_EQ(ran.status, 0) << "seed " << seed << ": " << ran.out << ran.err;
  }
}

TEST_F(SoftwareDevice, NamesWhatADriverAnswersInPlaceOfASizeItDoesNotHave) {
  const Ran ran = run("pin_centric", "--size 640x480");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("the driver answers RGB24 320x240"), std::string::npos) << ran.err;
}

TEST_F(SoftwareDevice, SaysThatADriverForTheChipDoesNotStartWithoutIt) {
  const Ran ran = pin2pin("--device none --out out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("driver vcapdrv: the device did not start"), std::string::npos) << ran.err;
}

TEST_F(SoftwareDevice, RefusesWhatConcernsTheChip) {
  expect_refused(pin2pin("--device none --trace full --out out"), "--trace: expected --device vcap");
  expect_refused(pin2pin("--device none --checkers off --out out"), "--checkers: expected --device vcap");
  expect_refused(pin2pin("--device card --out out"), "--device card: expected vcap or none");
}

}  // namespace
}  // namespace p2p::e2e
