// All that a run found out, as summary and report show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ntos/kernel.h"
#include "tb/bus_use.h"
#include "tb/check/rule.h"
#include "tb/events/recorded_event.h"
#include "tb/output/call_stack_text.h"
#include "tb/run/coverage_result.h"
#include "tb/run/traced_span.h"
#include "tb/scoreboard.h"
#include "tb/stall/evidence.h"

namespace p2p::tb {

/// One pin's stream of a run without the chip.
struct StreamResult {
  unsigned pin = 0;
  std::string kind, format, file, sha256;  ///< file: empty without capture
  std::uint64_t delivered = 0, mismatched = 0, bytes = 0;
  std::optional<std::uint64_t> dropped;  ///< by the pin's own counter, if it has one
};

/// Which recorded run this one was to repeat, and how far its events are the same.
struct Replayed {
  std::string folder;
  std::uint64_t same_events = 0;
  bool was_killed = false;  ///< its record ends there, and the replay goes on
};

struct RunResult {
  std::string device = "vcap";
  std::vector<StreamResult> streams;  ///< with device "none"
  /// What was written to an input pin: `delivered` samples of the source, each given back by the driver.
  std::optional<StreamResult> fed;
  std::string source, driver;
  std::uint64_t seed = 1;
  unsigned width = 0, height = 0;
  std::uint64_t bus_period_ps = 0, pixel_period_ps = 0;  ///< pixel: 0 without the chip
  std::uint64_t bus_cycles = 0, pixel_cycles = 0, sim_time_ns = 0;
  std::uint64_t sent = 0, delivered = 0, dropped = 0, mismatched = 0;
  std::string sha256;
  ntos::KernelCounters kernel;
  std::uint64_t interrupts_asserted = 0;
  std::uint64_t w_beats = 0, axi_beats_checked = 0;
  BusUseResult bus_use;                ///< without spans: nobody counted
  std::uint64_t latency_limit_ns = 0;  ///< the contract; 0: none
  std::vector<Rule> rules;
  std::vector<Violation> violations;
  std::vector<HopLatency> latencies;
  std::vector<FrameJourney> journeys;
  std::optional<CoverageResult> coverage;  ///< if the run was asked for it
  bool verifier = true;
  bool random_schedule = false;
  bool checked = true;  ///< false: checkers and scoreboard were off, nothing is known
  std::optional<ntos::BugCheck> bugcheck;
  std::vector<CallSite> bugcheck_stack;       ///< innermost first
  std::vector<RecordedEvent> bugcheck_irp;    ///< history of the IRP it is about
  std::vector<std::string> outstanding_irps;  ///< at the end, by id: what each is, where it is, how it got there
  std::vector<CallSite> contrary_stack;       ///< of a lock order: where it was the other way round
  /// Why the run is no pass beside violations: a step that failed, a stall, leaks. One line each.
  std::vector<std::string> failures;
  /// What the run was asked for and did not do, though it is no failure. One line each.
  std::vector<std::string> notes;
  std::optional<StallEvidence> stall;     ///< of a run that came to a standstill
  std::optional<TracedSpan> traced;       ///< trace.fst, where it is not the whole run's
  std::uint64_t snapshot_peak_bytes = 0;  ///< memory of the snapshots (--trace window)
  std::optional<Replayed> replayed;
  double wall_s = 0;

  /// Nothing that was looked at is wrong.
  bool clean() const { return violations.empty() && !bugcheck && failures.empty(); }
  bool pass() const { return checked && clean(); }
  const char* status() const { return pass() ? "pass" : clean() ? "unchecked" : "fail"; }
};

}  // namespace p2p::tb
