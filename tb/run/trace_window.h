// `--trace window`: the waveform around a run's first failure, at the price of none. Snapshots of the run are kept;
// when something fails, one from before is run again with tracing on, and has to come to the same failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/machine.h"
#include "tb/event_listener.h"
#include "tb/run/snapshots.h"
#include "tb/run/traced_span.h"

namespace p2p::tb {

/// Listens to the events for signs of life: after a stall, the last of them is where to look.
class TraceWindow final : public EventListener {
 public:
  struct Settings {
    std::uint64_t before_ps = 0, after_ps = 0;  ///< around the failure
    std::uint64_t snapshot_ps = 0;              ///< simulated time between snapshots; 0: about a second of real time
  };
  /// Before the simulation starts. `file`: the waveform to be. `on_begin`: called when it has been begun. `catch_up`:
  /// called at a failure, for whoever checks behind time: it may have seen an earlier one, and tells failed() so.
  TraceWindow(sim::Machine& machine, std::string file, const Settings& settings, std::function<void()> on_begin,
              std::function<void()> catch_up);

  void on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                std::initializer_list<TraceField> fields) override;
  /// Something failed at that time, which has been run. The first that is told counts.
  void failed(std::uint64_t time_ps);
  /// The chip has done something that only goes on while the run does.
  void alive() { life_ps_ = machine_.now_ps(); }
  /// The run does not get on, and is given up now.
  void stalled() { failed(life_ps_); }

  /// When the simulation has ended. A snapshot that was woken ends here, the run goes on.
  void simulation_ended();
  /// When all is known. `failing`: the run is no pass, if only for what is known at its end. Waits for the waveform:
  /// what it shows, nothing if there is none, for want of a failure or for what `trouble` then says.
  std::optional<TracedSpan> finish(bool failing, std::string* trouble);
  /// The run was stopped from outside where it is now.
  void interrupted();
  /// This process is about to end by a signal, in whose handler it is. A snapshot goes on in its place: traced up to
  /// the cycle before, then on_crash is called in it, and it ends as any other run. False: there is none.
  bool crashed(int signal);
  std::function<void(int signal)> on_crash;

  std::uint64_t snapshot_peak_bytes() const { return snapshots_.peak_bytes(); }

 private:
  void look();
  void take_snapshot();
  void thin_out();
  std::size_t newest_before(std::uint64_t time_ps) const;
  void wake(std::uint64_t failure_ps, bool by_hand = false, int crash = 0);
  void go_on_in_place();
  void note(std::uint64_t failure_ps);
  void trace_again(const Wake& wake);
  void come_to(std::uint64_t failure_ps);
  [[noreturn]] void end_again() const;

  sim::Machine& machine_;
  std::string file_;
  Settings settings_;
  std::function<void()> on_begin_, catch_up_;
  Snapshots snapshots_;
  std::chrono::steady_clock::time_point taken_at_;
  std::uint64_t next_ps_ = 0;  // of the next snapshot, where simulated time says
  std::uint64_t life_ps_ = 0;  // of the last sign of life
  std::optional<TracedSpan> span_;
  std::string trouble_;

  bool simulation_ended_ = false, catching_up_ = false;

  std::optional<Wake> woken_;  // this is a snapshot, run again
  bool tracing_ = false, traced_ = false, come_ = false;
};

}  // namespace p2p::tb
