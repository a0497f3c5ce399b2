// What the page needs of events.jsonl: a line for each IRP, the histories of some, and what led to each failure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tb/events/recorded_event.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// A request in one line.
struct IrpLine {
  std::uint64_t id = 0;
  std::string major, driver, kind;  ///< of its first IoCallDriver; how it was created
  std::uint64_t from_cycle = 0, from_ns = 0, to_cycle = 0, to_ns = 0;  ///< first and last event
  std::optional<std::uint64_t> status;                                 ///< of its final completion, else of the last
  std::uint64_t completed_cycle = 0,
                completed_line = 0;  ///< of the driver that completed it, in events.jsonl from 1; 0: none
  bool pended = false, cancelled = false, done = false, freed = false;

  /// Completed with an error that is no answer: neither "not supported" of a PnP request nor "cancelled".
  bool failed() const;
};

/// Which events tell what led to a failure.
enum class Chain {
  kAll,
  kOfIt,         ///< of its frame, with the interrupt, ISR and DPC that brought it, or of its IRP
  kInterrupts,   ///< and ISRs and DPCs
  kSignsOfLife,  ///< what moves only while frames move
};

/// One thing that is wrong, and where to look.
struct Failure {
  std::string rule, what;  ///< rule: empty if it is not about one
  bool is_bugcheck = false;
  const Rule* broken = nullptr;
  std::string clock;                          ///< "bus" or "pixel"; empty: no cycle is known
  std::uint64_t cycle = 0;                    ///< of that clock
  std::uint64_t bus_cycle = 0;                ///< the same time
  std::optional<std::uint64_t> irp;           ///< that it is about
  std::optional<std::uint64_t> frame;         ///< of the source, that it is about
  std::map<std::uint64_t, std::string> hops;  ///< of that frame: time in ns, what the event's name begins with
  Chain chain_is = Chain::kAll;
  std::uint64_t last_line = 0;       ///< of events.jsonl, from 1, with which the chain ends; 0: the cycle says
  std::vector<RecordedEvent> chain;  ///< what led there, the last one last
};

struct Story {
  static constexpr std::size_t kMostFailures = 8, kMostHistories = 24, kLongestChain = 16;

  std::vector<Failure> failures;  ///< the earliest of the run
  std::vector<IrpLine> irps;      ///< in the order of their first events
  std::map<std::uint64_t, std::vector<RecordedEvent>> histories;
};

/// The failures of a run, without their chains: violations and bug check in the order of time, of one cycle the bug
/// check first, which is not told when all is over; before them what a run says that stands still, and if there are
/// none of them what else it says.
std::vector<Failure> failures_of(const RunResult& result);

/// Reads the run's events.jsonl. Throws UsageError if it cannot be read.
Story read_story(const std::string& file, const RunResult& result);

}  // namespace p2p::tb
