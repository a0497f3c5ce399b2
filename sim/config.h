// What a run of the machine can be configured with. Plain data: every value takes part in determinism.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace p2p::sim {

/// Random back-pressure of one channel: about `percent` of the handshakes are followed by a stall of
/// 1..`max_cycles` cycles. percent 0 never stalls.
struct Stall {
  unsigned percent = 0;
  unsigned max_cycles = 0;
};

/// Cycles drawn uniformly from min..max.
struct Latency {
  unsigned min = 0;
  unsigned max = 0;
};

/// Wait states of the buses, all drawn from one seeded generator a bridge.
struct BusTiming {
  /// No wait state anywhere: every ready is constantly high, every response comes the cycle after its request. What
  /// benchmarks use; the members below are ignored.
  bool always_ready = false;
  Stall aw{20, 3};           ///< awready low after an address
  Stall w{8, 3};             ///< wready low after a beat
  Stall ar{20, 3};           ///< arready low after an address
  Stall r{15, 3};            ///< rvalid low after a beat
  Latency b_latency{1, 12};  ///< last write beat to bvalid
  bool reorder = false;      ///< responses that are due come in any order, those of one ID in turn
  Latency r_latency{2, 16};  ///< read address to first rvalid
  Latency axil_gap{0, 2};    ///< AXI4-Lite master: between requests, between AW and W, before bready and rready
};

/// Blanking of the video source, in pixel clocks and lines. One beat carries two pixels.
struct VideoTiming {
  unsigned hblank_clocks = 64;
  unsigned vblank_lines = 15;
  /// Frames a second of simulated time; 0: what the blanking gives. Otherwise the vertical blanking is stretched so
  /// that frames start at this rate (rounded down to whole pixel clocks); a rate the pixel clock cannot carry is an
  /// error.
  double fps = 0;
};

struct MachineConfig {
  std::uint64_t seed = 1;
  std::uint64_t bus_period_ps = 8000;
  std::uint64_t pixel_period_ps = 6734;
  /// Most clock-edge instants the chip runs ahead of the SystemC kernel; 1: one a kernel wake-up. Changes speed only.
  std::uint64_t batch = 65536;
  BusTiming timing;
  VideoTiming video;
  std::size_t memory_bytes = std::size_t{256} << 20;  ///< whole pages, lazily backed
  unsigned reset_cycles = 16;                         ///< cycles of each clock with its reset asserted, from time 0
  /// FST file of the chip's signals from the first cycle on (`--trace full`, `control`); empty: none.
  std::string trace_file;
  /// Of the chip only what controls it (sim/control_dump.h), not every signal.
  bool trace_control = false;
  /// A waveform may be begun later (Machine::begin_trace).
  bool traceable = false;
  /// As PC firmware leaves a device: BAR 0 assigned, memory decode and bus mastering on. Off: command register 0.
  bool firmware_enables_device = true;
  /// Guard against a run that never ends: the machine stops with a reason at this simulated time; 0: no limit.
  std::uint64_t time_limit_ps = 0;
};

}  // namespace p2p::sim
