// Bad usage and bad input: a clear line, exit status 2, nothing left behind; folders that are not ours stay as they
// are.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

struct Refusal {
  std::string name, arguments;
  std::string says;  ///< part of the one line on stderr
};
// Without it the name of a test holds the addresses of its strings.
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.arguments; }

class BadInput : public Program, public testing::WithParamInterface<Refusal> {
 protected:
  void SetUp() override {
    Program::SetUp();  // the name of a parametrised test has a slash: a folder in a folder
    std::ofstream(folder_ / "text.mp4") << "this is no film\n";
    std::ofstream(folder_ / "empty.mp4").flush();
    std::ofstream(folder_ / "bad.toml") << "[bus\n";
    std::ofstream(folder_ / "unknown.toml") << "[bus]\nwidth = 3\n";
    std::ofstream(folder_ / "files.toml") << "[files]\n'c:' = \"nowhere\"\n";
    std::ofstream(folder_ / "late.toml") << "[latency]\npin_to_deliver_ns = 10\n";
    std::ofstream(folder_ / "type.toml") << "[run]\nbuffers = \"many\"\n";
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
};

TEST_P(BadInput, IsRefused) {
  const std::size_t before = entries();
  const Ran ran = pin2pin(GetParam().arguments + " --out deep/er/out");
  expect_refused(ran, GetParam().says);
  EXPECT_EQ(ran.err.rfind("pin2pin: ", 0), 0u) << ran.err;
  EXPECT_EQ(entries(), before) << "not even a parent of the folder is left behind";
}

INSTANTIATE_TEST_SUITE_P(
    All, BadInput,
    testing::Values(
        Refusal{"missing_file", "--source none.mp4", "none.mp4"}, Refusal{"text_file", "--source text.mp4", "text.mp4"},
        Refusal{"empty_file", "--source empty.mp4", "empty.mp4"}, Refusal{"folder", "--source .", "."},
        Refusal{"no_such_pattern", "--source pattern:plaid", "pattern:plaid"},
        Refusal{"size_0", "--size 0", "--size 0"}, Refusal{"size_1", "--size 1", "--size 1"},
        Refusal{"size_100000", "--size 100000", "--size 100000"}, Refusal{"size_odd", "--size 321x240", "321x240"},
        Refusal{"size_negative", "--size=-2x4", "--size"}, Refusal{"frames_negative", "--frames=-3", "--frames -3"},
        Refusal{"fps_0", "--fps 0", "--fps 0"}, Refusal{"fps_infinite", "--fps inf", "--fps inf"},
        Refusal{"fps_too_high", "--fps 1e9", "fps"},
        Refusal{"seed_text", "--seed x", "--seed: expected a whole number, 0 or more, not x"},
        Refusal{"seed_negative", "--seed -1", "--seed: expected a whole number, 0 or more, not -1"},
        Refusal{"hold_negative", "--hold-us=-3", "--hold-us: expected a whole number, 0 or more, not -3"},
        Refusal{"hold_for_ever", "--hold-us 60000001", "--hold-us 60000001: expected at most 60000000"},
        Refusal{"buffers_fraction", "--buffers 1.5", "--buffers: expected a whole number, 0 or more, not 1.5"},
        Refusal{"seed_too_large", "--seed 18446744073709551616", "--seed: expected a whole number"},
        Refusal{"trace_before_too_large", "--trace-before 1000000000001", "--trace-before 1000000000001: expected"},

        Refusal{"trace_unknown", "--trace some", "--trace some"},
        Refusal{"timeout_bare", "--timeout 20", "--timeout 20: expected a time with its unit"},
        Refusal{"timeout_zero", "--timeout 0ms", "--timeout 0ms: expected"},
        Refusal{"timeout_word", "--timeout soon", "--timeout soon: expected"},
        Refusal{"buffers_0", "--buffers 0", "--buffers 0"}, Refusal{"batch_0", "--batch 0", "--batch 0"},
        Refusal{"driver_is_text", "--driver ./text.mp4", "--driver ./text.mp4"},
        Refusal{"driver_unknown", "--driver nosuch",
                "--driver nosuch: no nosuch.so in " P2P_SCRATCH "/All/BadInput.IsRefused/driver_unknown/lib/drivers, "},
        Refusal{"driver_path_missing", "--driver ./nosuch.so", "--driver ./nosuch.so: does not exist"},
        Refusal{"config_missing", "--config none.toml", "none.toml"},
        Refusal{"config_not_toml", "--config bad.toml", "bad.toml:1"},
        Refusal{"config_files_no_folder", "--config files.toml", "files.toml: files.'c:': nowhere is no folder"},
        Refusal{"config_unknown_key", "--config unknown.toml", "bus.width"},
        Refusal{"latency_without_a_chip", "--device none --driver example_av_source --config late.toml",
                "late.toml: latency.pin_to_deliver_ns: expected --device vcap"},
        Refusal{"config_wrong_type", "--config type.toml", "run.buffers"}),
    [](const auto& refusal) { return refusal.param.name; });

using Folders = Program;

TEST_F(Folders, ASummaryBesideIsNoLicenceToDelete) {
  fs::create_directories(folder_ / "mine");
  std::ofstream(folder_ / "mine/thesis.txt") << "years of work";
  std::ofstream(folder_ / "mine/summary.json") << "{}";
  const Ran ran = pin2pin("--size 32x16 --frames 1 --out mine");
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.err.find("thesis.txt"), std::string::npos) << ran.err;
  EXPECT_EQ(slurp(folder_ / "mine/thesis.txt"), "years of work");
}

TEST_F(Folders, AFileInPlaceOfTheFolderIsKept) {
  std::ofstream(folder_ / "file") << "a file";
  EXPECT_EQ(pin2pin("--size 32x16 --frames 1 --out file").status, 2);
  EXPECT_EQ(slurp(folder_ / "file"), "a file");
}

TEST_F(Folders, AnEarlierRunIsReplacedWholeAndKeptWhenTheNextIsRefused) {
  expect_pass(pin2pin("--size 32x16 --frames 1 --trace full --out out"), "out", 1);
  const std::string earlier = slurp(folder_ / "out/summary.json");
  EXPECT_EQ(pin2pin("--source none.mp4 --out out").status, 2);
  EXPECT_EQ(slurp(folder_ / "out/summary.json"), earlier);
  expect_pass(pin2pin("--size 32x16 --frames 2 --out out"), "out", 2);
  EXPECT_FALSE(fs::exists(folder_ / "out/trace.fst")) << "of the earlier run";
}

}  // namespace
}  // namespace p2p::e2e
