// The one SystemC process that runs the chip, and its rules of time. The clock loop itself is ClockedChip<Observer>.
//
// Exactness. The chip may run ahead of the kernel because nothing else can look meanwhile:
//  1. Software that acts at time T acts before the chip's edge at T: the process yields while anything is runnable now,
//     and runs only edges strictly before the kernel's next scheduled activity.
//  2. Whatever software could notice (interrupt edge, register response, end of the stream, a stop) raises `attention`:
//     the loop ends with that cycle, the kernel's time is brought up to it, and only then are others notified.
//  3. DMA changes memory during run-ahead, that is, early in kernel time; but software reads memory only when one of
//  its
//     processes runs, which is at a scheduled activity (1) or after a notification (2), and both end the run-ahead
//     first.
// So the order of all effects is that of one edge a kernel wake-up, for every batch size.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/attention.h"
#include "sim/chip_signals.h"
#include "sim/wave_signals.h"

namespace p2p::sim {

class ChipBase {
 public:
  ChipBase(std::uint64_t batch, std::uint64_t time_limit_ps, Attention& attention);
  virtual ~ChipBase();
  ChipBase(const ChipBase&) = delete;
  ChipBase& operator=(const ChipBase&) = delete;

  /// What the machine does when a cycle wants attention; runs in the chip's process at that cycle's time.
  struct Callbacks {
    std::function<void()> deliver;
    std::function<void()> time_limit_reached;
    std::function<void()> stopped_itself;
  };
  void set_callbacks(Callbacks callbacks) { callbacks_ = std::move(callbacks); }

  /// The time that whoever is running sees: the chip's while its loop runs, the kernel's otherwise.
  std::uint64_t now_ps() const;
  /// True while the clock loop (and what it calls: observers, DMA targets, trace events) runs.
  bool in_loop() const { return in_loop_; }
  /// How far the chip is ahead of the kernel.
  std::uint64_t ahead_ps() const;
  /// No edge is run after the cycle in hand.
  void halt() {
    halted_ = true;
    attention_.raised = true;
  }
  /// Pulls the reset inputs with the next edge, or lets them go: they rise MachineConfig::reset_cycles clocks later.
  /// What is on the buses ends.
  virtual void hold_reset(bool held) = 0;
  /// Level of the chip's interrupt output after the last edge.
  bool interrupt_level() const { return interrupt_level_; }
  /// Rising edges run so far.
  std::uint64_t bus_edges() const { return bus_cycle_; }
  std::uint64_t pixel_edges() const { return pixel_cycle_; }
  /// The registers inside the chip, as they are now.
  virtual std::vector<ChipSignal> signals() const = 0;
  /// Every signal from the next edge on; while no edge is being run.
  virtual void begin_trace(const std::string& file) = 0;
  /// Finishes the file; the chip can run on.
  virtual void end_trace() = 0;
  /// Signals in the waveform beside the chip's; nullptr if there can be no waveform.
  virtual WaveSignals* wave_signals() = 0;
  /// `call` is made once, in the chip's process, when the kernel's time has come to `time_ps` and the edges before it
  /// have run; of several that are due the earliest first, of one time the one that was asked for first.
  void call_at(std::uint64_t time_ps, std::function<void()> call);

 protected:
  /// Runs edges with time < horizon: at most `batch` instants, and no further than one that raises attention.
  virtual void advance(std::uint64_t horizon_ps, std::uint64_t batch) = 0;
  virtual std::uint64_t next_edge_ps() const = 0;
  /// No further edge may run; whatever is still buffered is written out.
  virtual void halted() = 0;
  /// An assertion of the chip, or its $error, $fatal, $stop or $finish, in the edge in hand.
  void stopped_itself() const { callbacks_.stopped_itself(); }

  Attention& attention_;
  std::uint64_t time_ps_ = 0;    // of the edge being run, or run last
  std::uint64_t bus_cycle_ = 0;  // number of the next rising edge
  std::uint64_t pixel_cycle_ = 0;
  bool interrupt_level_ = false;

 private:
  struct Process;
  void run();

  std::unique_ptr<Process> process_;
  Callbacks callbacks_;
  std::multimap<std::uint64_t, std::function<void()>> calls_;  // by their times
  std::uint64_t batch_;
  std::uint64_t time_limit_ps_;
  bool in_loop_ = false;
  bool halted_ = false;
};

}  // namespace p2p::sim
