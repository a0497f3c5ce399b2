// Files are made with the ffmpeg program, so that what we read is what people have.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "sim/video_source.h"

namespace p2p::sim {
namespace {

class FileSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("p2p_file_source_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string make(const std::string& arguments, const std::string& name) const {
    std::string file = path(name);
    const std::string command = "ffmpeg -v error -y " + arguments + " '" + file + "' </dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return file;
  }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  static std::vector<std::vector<std::uint8_t>> read(VideoSource& source, unsigned most = 1000) {
    std::vector<std::vector<std::uint8_t>> frames;
    std::vector<std::uint8_t> frame(source.size().bytes());
    while (frames.size() < most && source.next(frame)) frames.push_back(frame);
    return frames;
  }
  static std::string error_of(const SourceRequest& request) {
    try {
      open_video_source(request);
    } catch (const SourceError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(request.name), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("expected"), std::string::npos) << error.what();
      return error.what();
    }
    return "";
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(FileSourceTest, LosslessYuy2ComesBackByteForByte) {
  const std::string raw =
      make("-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 7 -pix_fmt yuyv422 -f rawvideo", "a.yuv");
  const std::string nut = make("-f rawvideo -pix_fmt yuyv422 -s 64x48 -r 25 -i '" + raw + "' -c:v rawvideo", "a.nut");
  const auto source = open_video_source({nut, {}, {}, 1});
  EXPECT_EQ(source->size(), (FrameSize{64, 48}));
  ASSERT_TRUE(source->frame_rate().has_value());
  EXPECT_DOUBLE_EQ(*source->frame_rate(), 25.0);
  const auto frames = read(*source);
  ASSERT_EQ(frames.size(), 7u);
  std::ifstream file(raw, std::ios::binary);
  for (const auto& frame : frames) {
    std::vector<char> expected(frame.size());
    file.read(expected.data(), static_cast<std::streamsize>(expected.size()));
    EXPECT_TRUE(std::equal(frame.begin(), frame.end(), expected.begin(),
                           [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }));
  }
}

TEST_F(FileSourceTest, CompressedVideoDecodesToItsEndTheSameEveryTime) {
  const std::string file = make("-f lavfi -i mandelbrot=size=320x240:rate=30 -frames:v 12 -c:v mpeg4 -bf 2", "m.mp4");
  const auto a = read(*open_video_source({file, {}, {}, 1}));
  const auto b = read(*open_video_source({file, {}, {}, 1}));
  EXPECT_EQ(a.size(), 12u);
  EXPECT_EQ(a, b);
  EXPECT_EQ(read(*open_video_source({file, {}, 5, 1})).size(), 5u);
  EXPECT_EQ(read(*open_video_source({file, {}, 50, 1})).size(), 12u) << "a video does not loop";
}

TEST_F(FileSourceTest, ScalesOnRequest) {
  const std::string file = make("-f lavfi -i testsrc2=size=322x242:rate=25 -frames:v 3 -c:v ffv1", "odd.mkv");
  const auto own = open_video_source({file, {}, {}, 1});
  EXPECT_EQ(own->size(), (FrameSize{322, 242}));
  EXPECT_EQ(read(*own).size(), 3u);
  const auto scaled = open_video_source({file, FrameSize{64, 33}, {}, 1});
  EXPECT_EQ(scaled->size(), (FrameSize{64, 33}));
  EXPECT_EQ(read(*scaled).size(), 3u);
}

TEST_F(FileSourceTest, AnImageRepeatsForTheRequestedFrames) {
  const std::string file = path("100%d picture.png");  // not a numbered series
  std::filesystem::rename(make("-f lavfi -i testsrc2=size=40x30 -frames:v 1", "p.png"), file);
  const auto frames = read(*open_video_source({file, {}, 9, 1}));
  ASSERT_EQ(frames.size(), 9u);
  for (const auto& frame : frames) EXPECT_EQ(frame, frames[0]);
  EXPECT_EQ(read(*open_video_source({file, {}, {}, 1})).size(), 1u);
  EXPECT_FALSE(open_video_source({file, {}, {}, 1})->frame_rate().has_value());
}

TEST_F(FileSourceTest, FullRangeColoursBecomeLimitedRange) {
  const std::string file = make("-f lavfi -i color=white:size=32x32 -frames:v 1", "white.png");
  const auto frames = read(*open_video_source({file, {}, {}, 1}));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_NEAR(frames[0][0], 235, 1);
  EXPECT_NEAR(frames[0][1], 128, 1);
  const std::string jpeg = make("-f lavfi -i color=white:size=32x32 -frames:v 1", "white.jpg");
  EXPECT_NEAR(read(*open_video_source({jpeg, {}, {}, 1}))[0][0], 235, 1);
}

TEST_F(FileSourceTest, OddWidthAsksForASize) {
  const std::string file = make("-f lavfi -i testsrc=size=41x30 -frames:v 1", "odd.png");
  EXPECT_EQ(error_of({file, {}, {}, 1}),
            file + ": its size 41x30 has an odd width; an even width expected: scale it with --size WxH");
  EXPECT_EQ(read(*open_video_source({file, FrameSize{40, 30}, {}, 1})).size(), 1u);
}

TEST_F(FileSourceTest, BadFilesAreOneClearLine) {
  EXPECT_EQ(error_of({path("missing.mp4"), {}, {}, 1}),
            path("missing.mp4") + ": No such file or directory; a video or image file that FFmpeg decodes expected");
  EXPECT_NE(error_of({write("empty.mp4", ""), {}, {}, 1}).find("is empty"), std::string::npos);
  EXPECT_NE(error_of({write("text.mp4", "this is no video\n"), {}, {}, 1}), "");
  EXPECT_NE(error_of({write("notes.txt", std::string(2000, 'x') + "\nthis is no video\n"), {}, {}, 1}), "");
  EXPECT_NE(error_of({path("."), {}, {}, 1}).find("is a directory"), std::string::npos);
}

TEST_F(FileSourceTest, SoundAloneHasNoVideoStream) {
  const std::string file = make("-f lavfi -i sine=duration=1", "tone.wav");
  EXPECT_NE(error_of({file, {}, {}, 1}).find("has no video stream"), std::string::npos);
}

TEST_F(FileSourceTest, ATruncatedVideoIsNotAcceptedSilently) {
  const std::string file = make("-f lavfi -i testsrc2=size=64x48 -frames:v 20 -c:v mpeg4", "cut.mp4");
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_NE(error_of({file, {}, {}, 1}), "");
}

}  // namespace
}  // namespace p2p::sim
