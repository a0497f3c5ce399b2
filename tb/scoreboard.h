// Follows each frame from the source's pixels to the application's buffer. Records and delivered samples are matched to
// source frames by the start of frame as the chip stamped it; delivered bytes are compared one by one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tb/check/completion_checker.h"
#include "tb/check/rule.h"
#include "tb/event_log.h"

namespace p2p::tb {

/// When a frame passed each hop, in ns of simulated time; 0: never. Interrupt, ISR or DPC that came before its record
/// are another frame's: a DPC that runs already may take it along.
struct FrameJourney {
  std::uint64_t frame = 0;
  std::uint64_t start_cycle = 0;  ///< bus cycle of the first beat at the pins
  std::uint64_t start_ns = 0, end_ns = 0;
  std::uint64_t first_beat_ns = 0, last_beat_ns = 0, response_ns = 0, record_ns = 0;  ///< AXI4 handshakes
  std::uint64_t irq_ns = 0, isr_ns = 0, dpc_ns = 0, complete_ns = 0, irp_ns = 0, deliver_ns = 0;
  std::uint64_t irp = 0;
  std::uint64_t bytes = 0, w_beats = 0, w_bursts = 0;
  std::uint64_t w_cycles = 0;  ///< bus cycles from the first to the last W handshake of the frame's data, both counted
  bool recorded = false;
  bool delivered = false;
};

struct HopLatency {
  std::string hop;
  std::uint64_t p50 = 0, p99 = 0, max = 0;
  std::size_t samples = 0;
};

struct ScoreboardConfig {
  std::uint64_t bus_period_ps = 8000;
  /// Bus cycles from time 0 to the release of reset, where the chip's timestamp begins.
  std::uint64_t reset_cycles = 16;
  /// Longest allowed time from the last beat at the pins to delivery; 0: no limit.
  std::uint64_t latency_limit_ns = 0;
};

class Scoreboard final : public EventListener {
 public:
  explicit Scoreboard(const ScoreboardConfig& config = {}) : config_(config) {}

  /// Source side. `bus_cycle` of the first beat at the pins; frames start in order.
  void frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t bus_cycle,
                     std::uint64_t ns);
  void frame_ended(std::uint64_t ns);
  /// The chip has put a frame and its record into memory.
  void written(const FrameWrite& write);
  /// What the application got. `start_100ns`: presentation time, valid if `time_valid`.
  void delivered(std::span<const std::uint8_t> bytes, bool time_valid, std::int64_t start_100ns,
                 std::uint64_t bus_cycle, std::uint64_t ns);
  /// `device_dropped`: what the device's own counter says. Call once, at the end.
  void finish(std::uint64_t device_dropped, bool counter_known, std::uint64_t bus_cycle);
  void on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                std::initializer_list<TraceField> fields) override;

  std::uint64_t sent() const { return journeys_.size(); }
  std::uint64_t delivered_count() const { return delivered_; }
  std::uint64_t missing() const { return sent() - delivered_; }
  std::uint64_t mismatched() const { return mismatched_; }
  const std::vector<FrameJourney>& journeys() const { return journeys_; }
  /// In the order of docs/latency.md.
  std::vector<HopLatency> latencies() const;

  enum Id { kRecord, kBytes, kTime, kOrder, kAccounted, kIrpOnce, kLatency, kCount };
  std::array<Rule, kCount> rules{{
      {"FRAME_RECORD", "docs/registers.md, Completion record",
       "a record carries the start time of a frame that was sent, and each frame has at most one"},
      {"FRAME_BYTES", "docs/rules.md", "a delivered frame equals its source frame byte for byte"},
      {"FRAME_TIME", "docs/rules.md", "a delivered sample carries the start time of a frame that was sent"},
      {"FRAME_ORDER", "docs/rules.md", "frames are delivered in the order they were sent, each at most once"},
      {"FRAME_ACCOUNTED", "docs/rules.md",
       "every frame that was sent is delivered or counted as dropped by the device"},
      {"IRP_ONCE", "R-IRP-31", "each IRP reaches its final completion exactly once"},
      {"FRAME_LATENCY", "docs/latency.md", "a delivered frame reaches the application within the contract"},
  }};
  ViolationLog violations;
  /// A frame's record has been written, its sample delivered: told with the frame's number, if anybody listens.
  std::function<void(std::uint64_t)> on_recorded, on_delivered;

 private:
  /// The chip sees a start of frame a few bus cycles late; presentation times count units of 100 ns.
  static constexpr std::int64_t kLateCycles = 6, kRoundingPs = 100'000;

  void fail(Id id, std::uint64_t cycle, std::string text) { violations.add(rules[id], "bus", cycle, std::move(text)); }
  /// The frame that started nearest to `ps` after the release of reset, if within `tolerance_ps`.
  FrameJourney* find(std::int64_t ps, std::int64_t tolerance_ps);
  std::int64_t chip_ps(const FrameJourney& journey) const;
  void compare(const FrameJourney& journey, std::span<const std::uint8_t> bytes, std::uint64_t bus_cycle);

  ScoreboardConfig config_;
  std::vector<FrameJourney> journeys_;
  std::map<std::uint64_t, std::vector<std::uint8_t>> pixels_;  // of frames not yet delivered or passed
  std::uint64_t next_ = 0;                                     // lowest frame that may still be delivered
  std::uint64_t delivered_ = 0, mismatched_ = 0;
  /// An ISR with the interrupt that it came for, and a DPC with the ISR before it.
  struct Served {
    std::uint64_t irq_ns, isr_ns, dpc_ns;
  };
  struct Completed {
    Served by;
    std::uint64_t irp, complete_ns, irp_ns;
  };
  std::uint64_t raised_ns_ = 0;             // the line's last rise, or the last message
  Served served_{};                         // the last ISR
  std::map<std::uint64_t, Served> in_dpc_;  // by CPU, while one runs there
  std::deque<Completed> completed_;         // frames completed with data, not yet delivered
  std::map<std::uint64_t, unsigned> irp_done_;
};

}  // namespace p2p::tb
