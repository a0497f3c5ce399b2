#include "tb/events/frame_story.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>

#include "tb/run/options.h"

namespace p2p::tb {
namespace {

/// A presentation time counts from the release of reset, in 100 ns, from where the chip saw the frame begin. All that
/// is less than this; frames are further apart.
constexpr std::uint64_t kTolerance = 1000;  // ns

/// What happens to interrupt, ISR and DPC, and which of it belongs to a buffer that is completed now.
class Follower {
 public:
  explicit Follower(std::vector<FrameStory>& frames) : frames_(frames) {}

  void take(const RecordedEvent& event) {
    const std::string& name = event.name;
    if (name == "frame.sof" && event.layer == "sim") {
      frames_.emplace_back();
      frames_.back().frame = event.number("frame").value_or(0);
      frames_.back().sof = &event;
    } else if (name == "frame.eof" && event.layer == "sim") {
      if (!frames_.empty() && event.number("frame") == frames_.back().frame) frames_.back().eof = &event;
    } else if (name == "irq.line" || name == "irq.message" || name.starts_with("isr.") || name.starts_with("dpc.")) {
      interrupt(event);
    } else if (name == "frame.complete" && event.layer == "ks") {
      if (event.number("bytes").value_or(0) == 0) return;
      const auto in_dpc = in_dpc_.find(event.number("cpu").value_or(0));
      FrameStory carried = in_dpc != in_dpc_.end() ? in_dpc->second : now_;
      carried.complete = &event;
      carried.irp = event.number("irp").value_or(0);
      completed_.push_back(carried);
    } else if (name == "irp.done") {
      for (FrameStory& carried : completed_) {
        if (carried.irp == event.number("irp") && carried.irp_done == nullptr) carried.irp_done = &event;
      }
    } else if (name == "segment.complete") {
      if (event.number("status") == 0u) segments_.insert(segments_.end(), event.number("samples").value_or(0), &event);
    } else if (name == "sample.deliver") {
      deliver(event);
    }
  }

 private:
  void interrupt(const RecordedEvent& event) {
    const std::string& name = event.name;
    if (name == "irq.message" || (name == "irq.line" && event.number("level") == 1u)) {
      raised_ = &event;
    } else if (name == "irq.line") {
      if (now_.isr != nullptr && now_.lowered == nullptr) now_.lowered = &event;
    } else if (name == "isr.enter") {
      now_ = {};
      now_.interrupt = raised_;
      now_.isr = &event;
    } else if (name == "isr.exit") {
      now_.isr_exit = &event;
      for (FrameStory& carried : completed_) finish(carried.isr_exit, carried.isr, event);
    } else if (name == "dpc.queue") {
      now_.dpc_queue = &event;
    } else if (name == "dpc.enter") {
      now_.dpc = &event;
      in_dpc_[event.number("cpu").value_or(0)] = now_;
    } else if (name == "dpc.exit") {
      in_dpc_.erase(event.number("cpu").value_or(0));
      for (FrameStory& carried : completed_) finish(carried.dpc_exit, carried.dpc, event);
      for (const std::size_t frame : in_time_) finish(frames_[frame].dpc_exit, frames_[frame].dpc, event);
      std::erase_if(in_time_, [this](std::size_t frame) { return frames_[frame].dpc_exit != nullptr; });
    }
  }

  static void finish(const RecordedEvent*& exit, const RecordedEvent* enter, const RecordedEvent& event) {
    if (exit == nullptr && enter != nullptr && enter->number("cpu") == event.number("cpu")) exit = &event;
  }

  void deliver(const RecordedEvent& event) {
    FrameStory carried;
    if (!completed_.empty()) {
      carried = completed_.front();
      completed_.pop_front();
    }
    if (!segments_.empty()) {
      carried.segment = segments_.front();
      segments_.pop_front();
    }
    FrameStory* frame = frame_at(event.number("time").value_or(0) * 100);
    if (frame == nullptr || frame->deliver != nullptr) return;
    carried.frame = frame->frame;
    carried.sof = frame->sof;
    carried.eof = frame->eof;
    carried.deliver = &event;
    *frame = carried;
    if (frame->dpc != nullptr && frame->dpc_exit == nullptr)
      in_time_.push_back(static_cast<std::size_t>(frame - frames_.data()));
  }

  /// The frame that began nearest to that time.
  FrameStory* frame_at(std::uint64_t ns) {
    const auto later = std::lower_bound(frames_.begin(), frames_.end(), ns,
                                        [](const FrameStory& frame, std::uint64_t at) { return frame.sof->ns < at; });
    FrameStory* nearest = nullptr;
    std::uint64_t least = kTolerance;
    for (auto candidate : {later, later == frames_.begin() ? later : later - 1}) {
      if (candidate == frames_.end()) continue;
      const std::uint64_t began = candidate->sof->ns, distance = began < ns ? ns - began : began - ns;
      if (distance >= least) continue;
      least = distance;
      nearest = &*candidate;
    }
    return nearest;
  }

  std::vector<FrameStory>& frames_;
  const RecordedEvent* raised_ = nullptr;
  FrameStory now_;                              // interrupt, ISR and DPC that came last
  std::map<std::uint64_t, FrameStory> in_dpc_;  // by CPU, while one runs there
  std::deque<FrameStory> completed_;            // buffers with data, not yet delivered
  std::vector<std::size_t> in_time_;            // frames that are delivered while their DPC still runs
  std::deque<const RecordedEvent*> segments_;
};

}  // namespace

std::vector<FrameStory> follow_frames(const std::vector<RecordedEvent>& events) {
  std::vector<FrameStory> frames;
  Follower follower(frames);
  for (const RecordedEvent& event : events) follower.take(event);
  return frames;
}

std::vector<const RecordedEvent*> events_of_frame(const std::vector<RecordedEvent>& events, std::uint64_t frame) {
  const std::vector<FrameStory> frames = follow_frames(events);
  const auto found =
      std::find_if(frames.begin(), frames.end(), [frame](const FrameStory& story) { return story.frame == frame; });
  if (found == frames.end()) {
    throw UsageError(
        "--frame " + std::to_string(frame) + ": " +
        (frames.empty() ? "the run had none" : "the run's last is " + std::to_string(frames.back().frame)));
  }
  std::vector<const RecordedEvent*> chosen{
      found->sof, found->eof,      found->interrupt, found->lowered,  found->isr,     found->isr_exit, found->dpc_queue,
      found->dpc, found->dpc_exit, found->complete,  found->irp_done, found->segment, found->deliver};
  std::erase(chosen, nullptr);
  for (const RecordedEvent& event : events) {
    if (found->irp != 0 && event.number("irp") == found->irp) chosen.push_back(&event);
  }
  // All point into one vector, in the order of which things happened.
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace p2p::tb
