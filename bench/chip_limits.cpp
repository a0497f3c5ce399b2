// What the chip makes of its bus, measured at its pins: a line of JSON for each work and response latency, and one for
// the distances between events. The bench of tests/rtl around the model this program is linked with.
#include <cstdio>
#include <exception>

#include "tests/rtl/limits.h"

namespace {
using namespace p2p::rtltest;

constexpr Work kWorks[] = {
    {"lines of 1280, stride 1280, a descriptor a line", 640, 480, 0, 0, true},
    {"lines of 1280, stride 2048, a descriptor a line", 640, 480, 2048, 0, true},
    {"lines of 1280, stride 2048, one descriptor", 640, 480, 2048, 0, false},
    {"frame of 614400, one descriptor", 640, 480, 0, 0, false},
    {"lines of 1280, stride 1283, base + 3", 640, 480, 1283, 3, true},
};
constexpr uint32_t kLatencies[] = {1, 20, 100};
}  // namespace

int main() {
  try {
    for (const Work& work : kWorks) {
      for (const uint32_t latency : kLatencies) {
        const Utilisation got = measure_utilisation(work, latency);
        std::printf(
            "{\"work\": \"%s\", \"burst\": %u, \"latency\": %u, \"beats\": %llu, \"least_beats\": %llu, \"cycles\": "
            "%llu}\n",
            work.name, kMaxBurst, latency, static_cast<unsigned long long>(got.beats),
            static_cast<unsigned long long>(got.least_beats), static_cast<unsigned long long>(got.cycles));
      }
    }
    const Distances distances = measure_distances();
    std::printf(
        "{\"doorbell_to_read\": %llu, \"response_to_interrupt\": %llu, \"record_to_interrupt\": %llu, "
        "\"clear_to_low\": %llu}\n",
        static_cast<unsigned long long>(distances.doorbell_to_read),
        static_cast<unsigned long long>(distances.response_to_interrupt),
        static_cast<unsigned long long>(distances.record_to_interrupt),
        static_cast<unsigned long long>(distances.clear_to_low));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
