// The way of each source frame through the events of a run, from its first pixel to the application.
#pragma once

#include <cstdint>
#include <vector>

#include "tb/events/recorded_event.h"

namespace p2p::tb {

/// Each event null if it did not come to that. Those from the interrupt on are known of a delivered frame only: which
/// frame a buffer held is told by the presentation time of its sample.
struct FrameStory {
  std::uint64_t frame = 0;
  const RecordedEvent* sof = nullptr;
  const RecordedEvent* eof = nullptr;
  const RecordedEvent* interrupt = nullptr;  ///< line raised, or message, last before the ISR
  const RecordedEvent* lowered = nullptr;    ///< the line's next change, if the ISR made it
  const RecordedEvent* isr = nullptr;        ///< last entered before the DPC
  const RecordedEvent* isr_exit = nullptr;
  const RecordedEvent* dpc_queue = nullptr;
  const RecordedEvent* dpc = nullptr;  ///< last entered before the frame was completed
  const RecordedEvent* dpc_exit = nullptr;
  const RecordedEvent* complete = nullptr;  ///< by its stream pointer
  const RecordedEvent* irp_done = nullptr;
  const RecordedEvent* segment = nullptr;  ///< KsCompleteIo
  const RecordedEvent* deliver = nullptr;
  std::uint64_t irp = 0;  ///< that carried it; 0: none is known
};

/// In the order of the frames. Points into `events`.
std::vector<FrameStory> follow_frames(const std::vector<RecordedEvent>& events);

/// What happened to one frame, in order: its own events and the whole life of its IRP. Throws UsageError if the run had
/// no such frame.
std::vector<const RecordedEvent*> events_of_frame(const std::vector<RecordedEvent>& events, std::uint64_t frame);

}  // namespace p2p::tb
