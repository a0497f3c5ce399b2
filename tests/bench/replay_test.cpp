// A run recorded at the chip's pins, replayed into the bare model: the same outputs, and any other stimulus is noticed.
#include <gtest/gtest.h>

#include <string>

#include "tb/stimulus.h"
#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

class Replay : public TracedProgram {
 protected:
  void SetUp() override {
    Program::SetUp();
    expect_pass(pin2pin("--size 64x48 --frames 2 --seed 5 --no-capture --record-stimulus run.stim --out out"), "out",
                2);
  }
  Ran bare(const std::string& arguments) const { return shell(std::string(P2P_BARE) + " " + arguments); }
  tb::Stimulus recorded() const { return tb::Stimulus::load((folder_ / "run.stim").string()); }
  void save(const tb::Stimulus& stimulus) const { stimulus.save((folder_ / "other.stim").string()); }

  /// First byte of the `nth` group `bit` of a stream whose content satisfies `wanted`.
  template <class Group, class Wanted>
  static std::uint8_t* find(std::vector<std::uint8_t>& stream, tb::StimulusBit bit, unsigned nth, Wanted wanted) {
    for (std::size_t at = 0; at < stream.size();) {
      const std::uint8_t bits = stream[at++];
      for (const auto& [group, bytes] : {std::pair<unsigned, std::size_t>{tb::kResetBit, sizeof(tb::ResetGroup)},
                                         {tb::kWriteBit, sizeof(tb::WriteGroup)},
                                         {tb::kReadBit, sizeof(tb::ReadGroup)},
                                         {tb::kRegisterBit, sizeof(tb::RegisterGroup)},
                                         {tb::kVideoBit, sizeof(tb::VideoGroup)}}) {
        if ((bits & group) == 0) continue;
        Group content{};
        if (group == bit) {
          std::memcpy(&content, &stream[at], sizeof content);
          if (wanted(content) && nth-- == 0) return &stream[at];
        }
        at += bytes;
      }
    }
    return nullptr;
  }
};

TEST_F(Replay, GivesTheRecordedOutputs) {
  const tb::Stimulus stimulus = recorded();
  EXPECT_EQ(stimulus.frames, 2u);
  EXPECT_EQ(stimulus.bus_cycles, summary("out")["cycles"]["bus"]);
  EXPECT_EQ(stimulus.pixel_cycles, summary("out")["cycles"]["pixel"]);
  for (const char* options : {"", " --check", " --check --trace bare.fst"}) {
    const Ran ran = bare(std::string("run.stim") + options);
    EXPECT_EQ(ran.status, 0) << options << ran.err;
    const auto said = nlohmann::json::parse(ran.out);
    EXPECT_EQ(said["outputs"], "as recorded");
    EXPECT_EQ(said["bus_cycles"], stimulus.bus_cycles);
    EXPECT_EQ(said["frames"], 2);
  }
  EXPECT_GT(fs::file_size(folder_ / "bare.fst"), 1000u);
}

// The device goes to D3, in reset, at whatever phase of the two clocks the run ends.
TEST_F(Replay, GivesThemWhereverTheResetOfTheEndFalls) {
  std::vector<std::string> runs = {"--size 320x240 --frames 3 --seed 1"};
  for (int seed = 1; seed <= 6; ++seed) runs.push_back("--size 64x48 --frames 1 --seed " + std::to_string(seed));
  for (const std::string& run : runs) {
    ASSERT_EQ(pin2pin(run + " --no-capture --record-stimulus end.stim --out out").status, 0) << run;
    const Ran ran = bare("end.stim --check");
    EXPECT_EQ(ran.status, 0) << run << ran.out << ran.err;
  }
}

TEST_F(Replay, RecordsTheSameRunWithATraceAndReplaysToTheSameTrace) {
  const std::string untraced = slurp(folder_ / "run.stim");
  expect_pass(pin2pin("--size 64x48 --frames 2 --seed 5 --trace full --record-stimulus traced.stim --out out"), "out",
              2);
  EXPECT_EQ(slurp(folder_ / "traced.stim"), untraced);
  // Every signal of the chip at every instant, not only its outputs.
  EXPECT_EQ(bare("traced.stim --trace bare.fst").status, 0);
  const RecordedWave alone = wave_of("bare.fst"), run = wave();
  ASSERT_EQ(alone.signals_below("vcap"), run.signals_below("vcap"));
  ASSERT_GT(run.signals_below("vcap").size(), 1000u);
  for (const std::string& signal : run.signals_below("vcap"))
    ASSERT_TRUE(alone.changes(signal) == run.changes(signal)) << signal;
}

TEST_F(Replay, NoticesOnePixelThatDiffers) {
  tb::Stimulus stimulus = recorded();
  std::uint8_t* pixel = find<tb::VideoGroup>(stimulus.pixel, tb::kVideoBit, 700,
                                             [](const tb::VideoGroup& g) { return g.tvalid && !g.tuser && !g.tlast; });
  ASSERT_NE(pixel, nullptr);
  *pixel ^= 1;
  save(stimulus);
  const Ran ran = bare("other.stim --check");
  EXPECT_EQ(ran.status, 1) << ran.out;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["outputs"], "DIFFERENT");
  EXPECT_EQ(ran.error_lines(), 1u);
}

TEST_F(Replay, NoticesAWaitStateThatDiffersEvenWhileItIsTimed) {
  tb::Stimulus stimulus = recorded();
  // The chip is never ready to write again: from here on its write channel stands still.
  const auto ready = [](const tb::WriteGroup& g) { return g.wready != 0; };
  std::uint8_t* wait = find<tb::WriteGroup>(stimulus.bus, tb::kWriteBit, 40, ready);
  ASSERT_NE(wait, nullptr);
  for (unsigned n = 40; wait != nullptr; wait = find<tb::WriteGroup>(stimulus.bus, tb::kWriteBit, n, ready))
    wait[1] = 0;
  save(stimulus);
  EXPECT_EQ(bare("other.stim").status, 1);
}

TEST_F(Replay, RefusesADamagedFile) {
  const std::string whole = slurp(folder_ / "run.stim");
  const auto refused = [&](const std::string& bytes, const std::string& names) {
    std::ofstream(folder_ / "bad.stim", std::ios::binary) << bytes;
    const Ran ran = bare("bad.stim");
    EXPECT_EQ(ran.status, 2) << ran.out;
    EXPECT_EQ(ran.error_lines(), 1u);
    EXPECT_NE(ran.err.find(names), std::string::npos) << ran.err;
  };
  refused(whole.substr(0, whole.size() - 1), "cut off");
  refused(whole + "x", "cut off");
  refused(whole.substr(0, 20), "not a recorded stimulus");
  refused("#" + whole.substr(1), "not a recorded stimulus");
  std::string shape = whole;
  shape[whole.size() - 1] = static_cast<char>(0xFF);  // the last entry now claims groups that are not there
  refused(shape, "damaged");
  EXPECT_EQ(bare("none.stim").status, 2);
  EXPECT_EQ(bare("").status, 2);
  EXPECT_EQ(bare("run.stim --fast").status, 2);
}

}  // namespace
}  // namespace p2p::e2e
