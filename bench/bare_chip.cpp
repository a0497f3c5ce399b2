// bench_bare_chip: replays a stimulus that `pin2pin run --record-stimulus` wrote into the bare Verilated model, and
// prints one line of JSON: cycles, CPU seconds of the replay alone, and whether the outputs were those of the recorded
// run.
//   bench_bare_chip STIMULUS [--check] [--load-only] [--trace FILE]
//   --check: compare every edge, not only every 1024th bus cycle; --load-only: read the stimulus, replay nothing
// Exit status: 0 the outputs are the recorded ones; 1 they are not; 2 bad usage or a file that cannot be read.
#include "bench/replay.h"

#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <string_view>

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int usage(const char* what) {
  std::fprintf(stderr, "bench_bare_chip: %s; usage: bench_bare_chip STIMULUS [--check] [--load-only] [--trace FILE]\n",
               what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace p2p;
  std::string path, trace;
  auto check = bench::Replay::Check::kSparse;
  bool load_only = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--check") {
      check = bench::Replay::Check::kFull;
    } else if (argument == "--load-only") {
      load_only = true;
    } else if (argument == "--trace") {
      if (++i == argc) return usage("--trace: file expected");
      trace = argv[i];
    } else if (path.empty() && !argument.starts_with("-")) {
      path = argument;
    } else {
      return usage(argv[i]);
    }
  }
  if (path.empty()) return usage("stimulus expected");
  try {
    const tb::Stimulus stimulus = tb::Stimulus::load(path);
    if (load_only) return 0;
    const bool full = check == bench::Replay::Check::kFull;
    double seconds = 0;
    std::uint64_t sum = 0;
    {
      bench::Replay replay(stimulus, trace);
      const double began = cpu_seconds();
      sum = replay.run(check);
      seconds = cpu_seconds() - began;
    }
    const bool same = sum == (full ? stimulus.full_sum : stimulus.sparse_sum);
    std::printf(
        "{\"bus_cycles\": %llu, \"pixel_cycles\": %llu, \"frames\": %llu, \"cpu_s\": %.6f, \"outputs\": \"%s\", "
        "\"compared\": \"%s\"}\n",
        static_cast<unsigned long long>(stimulus.bus_cycles), static_cast<unsigned long long>(stimulus.pixel_cycles),
        static_cast<unsigned long long>(stimulus.frames), seconds, same ? "as recorded" : "DIFFERENT",
        full ? "every edge" : "every 1024th bus cycle");
    if (!same)
      std::fprintf(stderr, "bench_bare_chip: %s: the outputs are not those of the recorded run\n", path.c_str());
    return same ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_bare_chip: %s\n", error.what());
    return 2;
  }
}
