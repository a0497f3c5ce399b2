// What `pin2pin run` was asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ntos/kernel.h"
#include "sim/config.h"
#include "sim/video_source.h"

namespace p2p::tb {

/// Bad usage or bad input: one line for stderr, exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct InjectedFault {
  bool write = true;
  bool decode_error = false;
  std::uint64_t nth = 0;  ///< the burst, counted from 0, that fails
};

/// More bus cycles than any run has, and few enough to be told in ps.
constexpr std::uint64_t kMostCycles = 1'000'000'000'000;

/// Bus cycles, both included.
struct CycleSpan {
  std::uint64_t from = 0;
  std::optional<std::uint64_t> to;  ///< none: to the end of the run
};

struct RunOptions {
  std::string source = "pattern:bars";
  bool source_given = false;  ///< on the command line
  std::optional<sim::FrameSize> size;
  std::optional<double> fps;
  std::optional<std::uint64_t> frames;
  std::string device = "vcap";  ///< or "none": the driver brings its own hardware
  std::string driver = "vcapdrv";
  std::string config_file;
  std::string out = "out";
  std::uint64_t seed = 1;
  std::string trace = "window";           ///< off, window, control, full
  std::uint64_t trace_before = 20'000;    ///< bus cycles of the window before the failure,
  std::uint64_t trace_after = 2'000;      ///< and after it
  std::uint64_t snapshot_cycles = 0;      ///< bus cycles between snapshots; 0: about a second of real time
  std::optional<CycleSpan> trace_cycles;  ///< a waveform of these, whatever `trace` says
  std::string replay_of;                  ///< folder of the run that this one has to repeat; empty: none
  bool verifier = true;
  bool json = false;
  bool live = false;            ///< GTKWave shows the waveform while it grows
  bool perfetto = false;        ///< write trace.perfetto.json
  bool checkers = true;         ///< off: nothing is checked, the run is no pass (for benchmarks)
  bool model = true;            ///< the reference model beside the chip
  bool coverage = false;        ///< count functional bins (docs/coverage.md)
  bool capture = true;          ///< write capture.mkv and contact.png
  std::string record_stimulus;  ///< file for what entered the chip's pins (tb/stimulus.h); empty: none
  unsigned buffers = 8;
  std::uint64_t hold_us = 0;
  std::uint64_t reads = 0;             ///< that the application asks for; 0: it goes on
  std::uint32_t stall_limit_ms = 200;  ///< without a frame while the source goes on; 0: no limit
  std::uint64_t latency_limit_ns = 0;  ///< last beat at the pins to delivery; 0: no contract
  std::vector<std::string> inject;
  std::string timeout;           ///< as given
  std::uint64_t timeout_ps = 0;  ///< simulated time; 0: none

  sim::MachineConfig machine;
  ntos::KernelConfig kernel;

  RunOptions() { kernel.power_limit_ms = 2'000; }  // the chip's clocks make ten seconds a long wait
};

/// "640x480". Throws UsageError.
sim::FrameSize parse_size(const std::string& text);
/// "slverr@write:3", "decerr@read:0". Throws UsageError.
InjectedFault parse_fault(const std::string& text);
/// "20ms", "1.5s", "300us" in ps; at least 1 ns, at most a day. Throws UsageError that names `option`.
std::uint64_t parse_duration(const std::string& option, const std::string& text);
/// Reads the TOML file into `options`; an unknown key or a value of the wrong kind throws UsageError that names both.
void read_config(const std::string& path, RunOptions& options);

}  // namespace p2p::tb
