// Frames a second of the software path alone: the reference driver, AVStream, the kernel, ksproxy and the application,
// with a device model in the chip's place.
//   bench_software_path DRIVER [--frames N]     prints a line of JSON
// Simulated time passes as it does with the chip; CPU time is this process's, from the first frames to the last.
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <systemc>

#include "bench/software_chip.h"
#include "ntos/kernel.h"
#include "proxy/capture.h"
#include "tests/ntos/fake_hardware.h"

namespace {

using namespace p2p;

constexpr unsigned kWidth = 640, kHeight = 480, kBuffers = 8;
constexpr std::uint64_t kFramePs = 2'000'000'000;  // 2 ms: the path keeps up, nothing is dropped
constexpr std::uint64_t kWarmUp = 10;
constexpr std::int64_t kPatience100ns = 600'000'000;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Outcome {
  std::string failure;
  std::uint64_t frames = 0;
  double cpu_s = 0;
};

/// In a simulated user thread.
Outcome capture(std::uint64_t frames) {
  Outcome outcome;
  proxy::CaptureSession session;
  double begin = 0, end = 0;
  const auto take = [&](const proxy::DeliveredSample& sample) {
    if (sample.index == kWarmUp) begin = cpu_seconds();
    if (sample.index == kWarmUp + frames) end = cpu_seconds();
  };
  proxy::CaptureResult result = session.open();
  if (result.ok()) result = session.connect({kWidth, kHeight, 333333});
  if (result.ok()) result = session.run(kBuffers, 0, take);
  const std::uint64_t delivered = session.wait_for(kWarmUp + frames + 1, kPatience100ns);
  if (result.ok()) result = session.stop();
  if (result.ok()) result = session.close();
  outcome.failure = result.message;
  if (result.ok() && delivered <= kWarmUp + frames) outcome.failure = "only " + std::to_string(delivered) + " frames";
  outcome.frames = frames;
  outcome.cpu_s = end - begin;
  return outcome;
}

int run(const char* module, std::uint64_t frames) {
  void* library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "bench_software_path: %s\n", dlerror());
    return 2;
  }
  void* entry = dlsym(library, "DriverEntry");
  test::FakeHardware hardware;
  bench::SoftwareChip chip(hardware, kFramePs);
  ntos::Kernel kernel(hardware, {});
  Outcome outcome;
  outcome.failure = "the driver did not start";
  kernel.run_in_system_thread("boot", [&] {
    if (kernel.load_driver("vcapdrv", entry) < 0 || kernel.start_device("vcapdrv", 0) < 0) return;
    kernel.run_in_user_thread("application", [&] {
      outcome = capture(frames);
      hardware.stop("done");
    });
  });
  test::FakeHardware::run();
  if (kernel.bugcheck() != nullptr) outcome.failure = kernel.bugcheck()->message;
  if (outcome.failure.empty() && chip.dropped() != 0) {
    outcome.failure = std::to_string(chip.dropped()) + " frames were dropped";
  }
  if (!outcome.failure.empty()) {
    std::fprintf(stderr, "bench_software_path: %s\n", outcome.failure.c_str());
    return 1;
  }
  std::printf("{\"size\": \"%ux%u\", \"frames\": %llu, \"cpu_s\": %.6f, \"software_frames_per_s\": %.1f}\n", kWidth,
              kHeight, static_cast<unsigned long long>(outcome.frames), outcome.cpu_s,
              static_cast<double>(outcome.frames) / outcome.cpu_s);
  return 0;
}

int usage() {
  std::fprintf(stderr, "bench_software_path: expected DRIVER [--frames N], N from 1\n");
  return 2;
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return usage();
  std::uint64_t frames = 2000;
  if (argc == 4) {
    char* rest = nullptr;
    frames = std::strtoull(argv[3], &rest, 10);
    if (std::strcmp(argv[2], "--frames") != 0 || *rest != 0 || argv[3][0] == '-' || frames == 0) return usage();
  }
  return run(argv[1], frames);
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  return sc_core::sc_elab_and_sim(argc, argv);
}
