// Which events of a run tell what happened to one IRP, one pin, one frame, or in a span of cycles.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tb/events/recorded_event.h"

namespace p2p::tb {

/// What is asked for; all of it must hold of an event.
struct Selection {
  std::optional<std::uint64_t> irp, pin;
  std::optional<std::uint64_t> frame;                                      ///< of the source: tb/events/frame_story.h
  std::uint64_t from = 0, to = std::numeric_limits<std::uint64_t>::max();  ///< bus cycles, both included
  std::string name;                                                        ///< as a file name may be given: irp.*
};

/// The chosen ones of `events`, in order. Throws UsageError if the run had no such IRP, pin or frame.
std::vector<const RecordedEvent*> select(const std::vector<RecordedEvent>& events, const Selection& selection);

/// Every event of the file that names the IRP, in order. Throws UsageError if the file cannot be read.
std::vector<RecordedEvent> irp_history(const std::string& file, std::uint64_t irp);

}  // namespace p2p::tb
