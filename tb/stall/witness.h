// Takes the evidence of a stall.
#pragma once

#include <map>

#include "sim/machine.h"
#include "tb/event_listener.h"
#include "tb/stall/evidence.h"

namespace p2p::tb {

/// Listens to the run's events.
class StallWitness final : public EventListener {
 public:
  explicit StallWitness(const sim::Machine& machine) : machine_(machine) {}
  void on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                std::initializer_list<TraceField> fields) override;
  /// As it is now, while the kernel is there. `sent`, `delivered`, `held_samples` are the caller's to add.
  StallEvidence take() const;

 private:
  const sim::Machine& machine_;
  std::map<std::uint64_t, std::uint64_t> completed_;  // frames with data, by pin
  std::optional<std::uint64_t> last_isr_, last_dpc_, last_source_frame_, last_complete_;
  std::uint64_t first_frame_ = 0, frame_cycles_ = 0;
  bool frame_under_way_ = false;
};

}  // namespace p2p::tb
