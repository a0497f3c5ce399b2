// Runs whose waveform and events are read back.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/program.h"
#include "tests/e2e/recorded_wave.h"

namespace p2p::e2e {

class TracedProgram : public Program {
 protected:
  static constexpr std::uint64_t kCyclePs = 8000;  // of the bus, unless a test configures another

  RecordedWave wave_of(const std::string& file) const {
    const Ran ran = shell("fst2vcd " + file + " -o trace.vcd");
    EXPECT_EQ(ran.status, 0) << file << ": " << ran.err;
    return RecordedWave(slurp(folder_ / "trace.vcd"));
  }
  RecordedWave wave(const std::string& out = "out") const { return wave_of(out + "/trace.fst"); }
  std::vector<nlohmann::json> events(const std::string& out = "out") const {
    std::vector<nlohmann::json> all;
    std::istringstream in(slurp(folder_ / out / "events.jsonl"));
    for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  /// Bus cycle of the first event of that name.
  std::uint64_t first_event(const std::string& out, const std::string& name) const {
    for (const nlohmann::json& event : events(out))
      if (event["ev"] == name) return event["cycle"].get<std::uint64_t>();
    ADD_FAILURE() << "no event " << name;
    return 0;
  }
};

}  // namespace p2p::e2e
