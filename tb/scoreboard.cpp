#include "tb/scoreboard.h"

#include <algorithm>
#include <cstdlib>

namespace p2p::tb {

void Scoreboard::frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t bus_cycle,
                               std::uint64_t ns) {
  FrameJourney journey;
  journey.frame = frame;
  journey.start_cycle = bus_cycle;
  journey.start_ns = ns;
  journeys_.push_back(journey);
  pixels_[frame].assign(bytes.begin(), bytes.end());
}

void Scoreboard::frame_ended(std::uint64_t ns) {
  if (!journeys_.empty()) journeys_.back().end_ns = ns;
}

std::int64_t Scoreboard::chip_ps(const FrameJourney& journey) const {
  const auto cycles = static_cast<std::int64_t>(journey.start_cycle) - static_cast<std::int64_t>(config_.reset_cycles);
  return cycles * static_cast<std::int64_t>(config_.bus_period_ps);
}

FrameJourney* Scoreboard::find(std::int64_t ps, std::int64_t tolerance_ps) {
  const auto later = std::lower_bound(journeys_.begin(), journeys_.end(), ps,
                                      [this](const FrameJourney& j, std::int64_t at) { return chip_ps(j) < at; });
  FrameJourney* nearest = nullptr;
  for (auto candidate : {later, later == journeys_.begin() ? later : later - 1}) {
    if (candidate == journeys_.end()) continue;
    const std::int64_t distance = std::llabs(chip_ps(*candidate) - ps);
    if (distance > tolerance_ps) continue;
    tolerance_ps = distance;
    nearest = &*candidate;
  }
  return nearest;
}

void Scoreboard::written(const FrameWrite& write) {
  ++rules[kRecord].exercised;
  const auto period = static_cast<std::int64_t>(config_.bus_period_ps);
  FrameJourney* journey = find(static_cast<std::int64_t>(write.timestamp) * period, kLateCycles * period);
  if (journey == nullptr || journey->recorded) {
    fail(kRecord, write.record_response,
         "record " + std::to_string(write.sequence) + " with timestamp " + std::to_string(write.timestamp) +
             (journey == nullptr ? " belongs to no frame that was sent" : " is a second one for its frame"));
    return;
  }
  const auto ns = [this](std::uint64_t cycle) { return cycle * config_.bus_period_ps / 1000; };
  journey->recorded = true;
  journey->bytes = write.bytes;
  journey->w_beats = write.beats;
  journey->w_bursts = write.bursts;
  journey->w_cycles = write.last_beat - write.first_beat + 1;
  journey->first_beat_ns = ns(write.first_beat);
  journey->last_beat_ns = ns(write.last_beat);
  journey->response_ns = ns(write.last_response);
  journey->record_ns = ns(write.record_response);
  if (on_recorded) on_recorded(journey->frame);
}

void Scoreboard::delivered(std::span<const std::uint8_t> bytes, bool time_valid, std::int64_t start_100ns,
                           std::uint64_t bus_cycle, std::uint64_t ns) {
  Completed hops{};
  if (!completed_.empty()) {
    hops = completed_.front();
    completed_.pop_front();
  }
  ++rules[kTime].exercised;
  const auto period = static_cast<std::int64_t>(config_.bus_period_ps);
  FrameJourney* match = time_valid ? find(start_100ns * kRoundingPs, kLateCycles * period + kRoundingPs) : nullptr;
  if (match == nullptr) {
    ++mismatched_;
    fail(kTime, bus_cycle,
         time_valid ? "a sample with start time " + std::to_string(start_100ns) + " belongs to no frame that was sent"
                    : "a sample without a start time");
    return;
  }
  ++rules[kOrder].exercised;
  if (match->delivered || match->frame < next_) {
    ++mismatched_;
    fail(kOrder, bus_cycle,
         "frame " + std::to_string(match->frame) +
             (match->delivered ? " was delivered twice" : " was delivered after a later one"));
    return;
  }
  match->delivered = true;
  match->deliver_ns = ns;
  const auto own = [match](std::uint64_t at) { return at < match->record_ns ? 0 : at; };
  match->irq_ns = own(hops.by.irq_ns);
  match->isr_ns = own(hops.by.isr_ns);
  match->dpc_ns = own(hops.by.dpc_ns);
  match->complete_ns = hops.complete_ns;
  match->irp_ns = hops.irp_ns;
  match->irp = hops.irp;
  next_ = match->frame + 1;
  ++delivered_;
  if (on_delivered) on_delivered(match->frame);
  compare(*match, bytes, bus_cycle);
  if (config_.latency_limit_ns != 0) {
    ++rules[kLatency].exercised;
    if (ns - match->end_ns > config_.latency_limit_ns) {
      fail(kLatency, bus_cycle,
           "frame " + std::to_string(match->frame) + " took " + std::to_string(ns - match->end_ns) +
               " ns from its last beat");
    }
  }
  pixels_.erase(pixels_.begin(), pixels_.upper_bound(match->frame));
}

void Scoreboard::compare(const FrameJourney& journey, std::span<const std::uint8_t> bytes, std::uint64_t bus_cycle) {
  ++rules[kBytes].exercised;
  const std::vector<std::uint8_t>& source = pixels_[journey.frame];
  const std::string frame = "frame " + std::to_string(journey.frame);
  if (bytes.size() != source.size()) {
    ++mismatched_;
    fail(kBytes, bus_cycle, frame + ": " + std::to_string(bytes.size()) + " bytes of " + std::to_string(source.size()));
    return;
  }
  if (std::equal(bytes.begin(), bytes.end(), source.begin())) return;  // a memcmp: many bytes at a time
  const auto differ = std::mismatch(bytes.begin(), bytes.end(), source.begin());
  ++mismatched_;
  fail(kBytes, bus_cycle, frame + " differs from byte " + std::to_string(differ.first - bytes.begin()));
}

void Scoreboard::on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                          std::initializer_list<TraceField> fields) {
  if (event == "irq.line") {
    if (field_value(fields, "level", 0) != 0) raised_ns_ = ns;
  } else if (event == "irq.message") {
    raised_ns_ = ns;
  } else if (event == "isr.enter") {
    served_ = {raised_ns_, ns, 0};
  } else if (event == "dpc.enter") {
    in_dpc_[field_value(fields, "cpu", 0)] = {served_.irq_ns, served_.isr_ns, ns};
  } else if (event == "dpc.exit") {
    in_dpc_.erase(field_value(fields, "cpu", 0));
  } else if (layer == "ks" && event == "frame.complete") {
    if (field_value(fields, "bytes", 0) == 0) return;
    const auto in_dpc = in_dpc_.find(field_value(fields, "cpu", 0));
    completed_.push_back({in_dpc != in_dpc_.end() ? in_dpc->second : served_, field_value(fields, "irp", 0), ns, 0});
  } else if (event == "irp.done") {
    const std::uint64_t irp = field_value(fields, "irp", 0);
    for (Completed& entry : completed_) {
      if (entry.irp == irp) entry.irp_ns = ns;
    }
    ++rules[kIrpOnce].exercised;
    if (++irp_done_[irp] > 1) fail(kIrpOnce, 0, "IRP " + std::to_string(irp) + " completed twice");
  }
}

void Scoreboard::finish(std::uint64_t device_dropped, bool counter_known, std::uint64_t bus_cycle) {
  ++rules[kAccounted].exercised;
  if (!counter_known) {
    if (missing() != 0)
      fail(kAccounted, bus_cycle,
           std::to_string(missing()) + " frames are missing and the device's counter could not be read");
  } else if (missing() != device_dropped) {
    fail(kAccounted, bus_cycle,
         std::to_string(sent()) + " frames sent, " + std::to_string(delivered_) + " delivered, but the device counts " +
             std::to_string(device_dropped) + " dropped");
  }
}

std::vector<HopLatency> Scoreboard::latencies() const {
  struct Hop {
    const char* name;
    std::uint64_t FrameJourney::*from;
    std::uint64_t FrameJourney::*to;
  };
  static constexpr std::array<Hop, 11> kHops{{
      {"sof_to_first_beat", &FrameJourney::start_ns, &FrameJourney::first_beat_ns},
      {"eof_to_last_beat", &FrameJourney::end_ns, &FrameJourney::last_beat_ns},
      {"last_beat_to_response", &FrameJourney::last_beat_ns, &FrameJourney::response_ns},
      {"response_to_record", &FrameJourney::response_ns, &FrameJourney::record_ns},
      {"pin_to_irq", &FrameJourney::end_ns, &FrameJourney::irq_ns},
      {"irq_to_isr", &FrameJourney::irq_ns, &FrameJourney::isr_ns},
      {"isr_to_dpc", &FrameJourney::isr_ns, &FrameJourney::dpc_ns},
      {"dpc_to_frame_complete", &FrameJourney::dpc_ns, &FrameJourney::complete_ns},
      {"frame_complete_to_irp_done", &FrameJourney::complete_ns, &FrameJourney::irp_ns},
      {"irp_done_to_deliver", &FrameJourney::irp_ns, &FrameJourney::deliver_ns},
      {"pin_to_deliver", &FrameJourney::end_ns, &FrameJourney::deliver_ns},
  }};
  std::vector<HopLatency> result;
  for (const Hop& hop : kHops) {
    std::vector<std::uint64_t> times;
    for (const FrameJourney& journey : journeys_) {
      if (journey.delivered && journey.*hop.to >= journey.*hop.from && journey.*hop.from != 0)
        times.push_back(journey.*hop.to - journey.*hop.from);
    }
    HopLatency latency{hop.name, 0, 0, 0, times.size()};
    if (!times.empty()) {
      std::sort(times.begin(), times.end());
      // The value that so many of a hundred do not exceed.
      latency.p50 = times[(times.size() - 1) / 2];
      latency.p99 = times[(times.size() * 99 + 99) / 100 - 1];
      latency.max = times.back();
    }
    result.push_back(latency);
  }
  return result;
}

}  // namespace p2p::tb
