// The Verilated model's headers come before SystemC's.
#include "tb/run/watched_machine.h"

#include "tb/run/run.h"

#include <chrono>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "ntos/kernel.h"
#include "ntos/syscalls.h"
#include "proxy/capture.h"
#include "tb/coverage/driver_watch.h"
#include "tb/debug/debug_port.h"
#include "tb/event_log.h"
#include "tb/events/selection.h"
#include "tb/output/contact_sheet.h"
#include "tb/output/summary.h"
#include "tb/output/video_writer.h"
#include "tb/replay/replay_watch.h"
#include "tb/run/digest.h"
#include "tb/run/driver_module.h"
#include "tb/run/driver_run.h"
#include "tb/run/crash_notice.h"
#include "tb/run/interruption.h"
#include "tb/run/progress.h"
#include "tb/run/run_trace.h"
#include "tb/run/verdict.h"
#include "tb/scoreboard.h"
#include "tb/stall/diagnosis.h"
#include "tb/stall/witness.h"

namespace p2p::tb {

namespace {
constexpr std::int64_t kPollSlice = 20'000;                  // 2 ms of simulated time, in 100 ns
constexpr std::uint64_t kStallLimitPs = 60'000'000'000'000;  // no run lasts longer than a minute of simulated time

/// Tells the scoreboard what enters at the pins.
class PinListener final : public sim::FrameListener {
 public:
  PinListener(const Hardware& hardware, Scoreboard& scoreboard) : hardware_(hardware), scoreboard_(scoreboard) {}
  void frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t) override {
    scoreboard_.frame_started(frame, bytes, hardware_.bus_cycle(), hardware_.now_ps() / 1000);
  }
  void frame_ended(std::uint64_t, bool, std::uint64_t) override { scoreboard_.frame_ended(hardware_.now_ps() / 1000); }

 private:
  const Hardware& hardware_;
  Scoreboard& scoreboard_;
};

struct Outputs {
  std::optional<VideoWriter> video;  // both or none
  std::optional<ContactSheet> sheet;
  Digest digest;
};

/// The application: everything between opening the filter and closing it. Runs in a simulated user thread.
class Application {
 public:
  Application(sim::Machine& machine, Scoreboard& scoreboard, RunTrace& trace, Outputs& outputs,
              const StallWitness& witness, const RunOptions& options, sim::FrameSize size, std::uint64_t frames)
      : machine_(machine),
        scoreboard_(scoreboard),
        trace_(trace),
        outputs_(outputs),
        witness_(witness),
        options_(options),
        size_(size),
        frames_(frames),
        progress_(frames) {}

  void run() {
    proxy::CaptureSession session;
    session_ = &session;
    stream(session);
    session_ = nullptr;
  }

  /// The run is given up as it is now; the first time counts.
  void note_stall() {
    if (stall_) return;
    stall_ = witness_.take();
    stall_->held_samples = session_ != nullptr ? session_->held_samples() : 0;
    stall_->sent = sent();
    stall_->delivered = delivered();
    const Diagnosis why = diagnose(*stall_);
    if (!why.verdict.empty()) failures_.push_back(why.verdict + ": " + why.because);
  }
  const std::optional<StallEvidence>& stall() const { return stall_; }

  const std::vector<std::string>& failures() const { return failures_; }
  std::uint64_t sent() const { return options_.checkers ? scoreboard_.sent() : machine_.player().frames_started(); }
  /// Without the scoreboard every sample counts.
  std::uint64_t delivered() const { return options_.checkers ? scoreboard_.delivered_count() : taken_; }
  std::uint64_t dropped() const { return dropped_; }
  bool counter_known() const { return counter_known_; }
  /// A read failed, or the source was cut off, and a failure says so: what became of the frames after it is nobody's
  /// account.
  bool broke_off() const { return broke_off_; }

 private:
  void stream(proxy::CaptureSession& session) {
    if (!step("opening the filter", [&] { return session.open(); })) return;
    if (!step("connecting the pin", [&] { return session.connect({size_.width, size_.height, 333333}); })) return;
    if (options_.reads != 0) session.limit_reads(options_.reads);
    const auto sink = [this](const proxy::DeliveredSample& sample) { take(sample); };
    if (!step("starting the stream", [&] { return session.run(options_.buffers, options_.hold_us * 1000, sink); }))
      return;
    machine_.player().start(frames_);
    wait(session);
    const proxy::CaptureResult counted = ask_dropped(session);
    counter_known_ = counted.ok();
    if (delivered() < sent()) judge(counted);  // else nobody needs the counter, which a driver may do without
    step("stopping the stream", [&] { return session.stop(); });
    step("closing the filter", [&] { return session.close(); });
  }
  template <typename Call>
  bool step(const char* what, const Call& call) {
    return judge(patiently(what, call));
  }
  proxy::CaptureResult ask_dropped(proxy::CaptureSession& session) {
    return patiently("asking for the dropped frames", [&] { return session.dropped_frames(&dropped_, nullptr); });
  }
  /// A driver that keeps the application in a request for longer than limits.stall_ms ends the run.
  template <typename Call>
  proxy::CaptureResult patiently(const char* what, const Call& call) {
    const std::uint64_t nth = ++step_;
    // Bug check 0xC9/0x200 says more, if it is asked for.
    const std::uint64_t limit_ms = std::max(options_.stall_limit_ms, options_.kernel.irp_limit_ms + 1);
    if (options_.stall_limit_ms != 0) {
      machine_.call_at(machine_.now_ps() + limit_ms * 1'000'000'000, [this, what, nth, limit_ms] {
        if (step_ != nth) return;
        note_stall();
        trace_.stalled();
        machine_.stop(std::string(what) + ": no answer for " + std::to_string(limit_ms) +
                      " ms of simulated time (limits.stall_ms)");
      });
    }
    proxy::CaptureResult result = call();
    ++step_;
    return result;
  }
  bool judge(const proxy::CaptureResult& result) {
    if (result.ok()) return true;
    failures_.push_back(result.message);
    trace_.failed();
    return false;
  }
  void take(const proxy::DeliveredSample& sample) {
    const std::span<const std::uint8_t> bytes(sample.data, sample.bytes);
    ++taken_;
    if (options_.checkers)
      scoreboard_.delivered(bytes, sample.time_valid, sample.start_100ns, machine_.bus_cycle(),
                            machine_.now_ps() / 1000);
    outputs_.digest.add(bytes.data(), bytes.size());
    if (outputs_.video && bytes.size() == size_.bytes()) {  // else a violation already, and no picture of that size
      outputs_.video->add(bytes);
      outputs_.sheet->add(bytes, sample.index);
    }
    progress_.show(delivered(), machine_.bus_cycle());
  }
  /// Until the source has ended and every frame is delivered or counted as dropped, or nothing happens any more.
  void wait(proxy::CaptureSession& session) {
    // Patience: 20 ms, and what an application that keeps its samples may need. While the source goes on a driver may
    // take its time to begin, and frames may be far apart.
    const std::uint64_t patience = 10 + 2 * options_.hold_us / (kPollSlice / 10), longer = patience + stall_slices();
    std::uint64_t seen = ~std::uint64_t{0}, idle = 0;
    for (bool ended = false; idle < (ended ? patience : longer);) {
      const std::uint64_t before = machine_.now_ps();
      session.wait_for(delivered() + 1, kPollSlice);
      broke_off_ = !session.failure().ok();
      if (broke_off_) return trace_.failed();
      // A stream that has ended does not wait: let time pass all the same.
      const std::int64_t pause = -kPollSlice;
      if (machine_.now_ps() == before) nt::delay_execution(false, &pause);
      if (machine_.player().finished()) {
        if (!ask_dropped(session).ok()) dropped_ = 0;
        if (delivered() + dropped_ >= sent()) return check_delivered();
        if (!ended) idle = 0;
        ended = true;
      } else if (!machine_.player().error().empty()) {
        return;
      }
      const bool expects_one = ended || options_.reads == 0 || taken_ < options_.reads;
      idle = delivered() == seen && expects_one ? idle + 1 : 0;
      seen = delivered();
    }
    failures_.push_back("stalled: " + std::to_string(sent()) + " frames sent, " + std::to_string(delivered()) +
                        " delivered by then, and none came for " + std::to_string(idle * 2) + " ms of simulated time" +
                        (machine_.player().finished() ? "" : " (limits.stall_ms)"));
    broke_off_ = !machine_.player().finished();  // in the middle of a frame
    note_stall();
    trace_.stalled();
  }

  std::uint64_t stall_slices() const {
    if (options_.stall_limit_ms == 0) return std::numeric_limits<std::uint64_t>::max() / 2;
    const sim::MachineConfig& config = machine_.config();
    const std::uint64_t clocks = (std::uint64_t{size_.width} + config.video.hblank_clocks) *
                                 (std::uint64_t{size_.height} + config.video.vblank_lines);
    double frame_ms = static_cast<double>(clocks) * static_cast<double>(config.pixel_period_ps) / 1e9;
    if (options_.fps) frame_ms = std::max(frame_ms, 1000 / *options_.fps);
    return options_.stall_limit_ms / 2 + static_cast<std::uint64_t>(frame_ms);  // two frames, in slices of 2 ms
  }

  /// Frames that are all dropped are accounted for, but no driver that works.
  void check_delivered() {
    if (sent() == 0 || delivered() != 0) return;
    failures_.push_back("none of " + std::to_string(sent()) + " frames was delivered");
    note_stall();
    trace_.failed();
  }

  sim::Machine& machine_;
  Scoreboard& scoreboard_;
  RunTrace& trace_;
  Outputs& outputs_;
  const StallWitness& witness_;
  const RunOptions& options_;
  sim::FrameSize size_;
  std::uint64_t frames_;
  Progress progress_;
  const proxy::CaptureSession* session_ = nullptr;  // while it is there
  std::vector<std::string> failures_;
  std::optional<StallEvidence> stall_;
  std::uint64_t dropped_ = 0, taken_ = 0, step_ = 0;
  bool counter_known_ = false, broke_off_ = false;
};

void inject(sim::Machine& machine, const std::vector<std::string>& faults) {
  for (const std::string& text : faults) {
    const InjectedFault fault = parse_fault(text);
    sim::BusFault bus_fault;
    bus_fault.on_write = fault.write;
    bus_fault.on_read = !fault.write;
    bus_fault.skip = fault.nth;
    bus_fault.response = fault.decode_error ? sim::AxiResponse::kDecodeError : sim::AxiResponse::kSlaveError;
    machine.bus_faults().add(bus_fault);
  }
}
/// An error that never came proves nothing of the driver that should have borne it.
void note_injected(const sim::BusFaults& faults, const std::vector<std::string>& asked, RunResult* result) {
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const sim::BusFaults::Use& use = faults.use(i);
    if (use.answered != 0) continue;
    const InjectedFault fault = parse_fault(asked[i]);
    result->notes.push_back("--inject " + asked[i] + " has not happened: " +
                            (use.matching > fault.nth ? "that burst was answered by another --inject"
                                                      : "the chip began " + std::to_string(use.matching) +
                                                            (fault.write ? " write" : " read") + " bursts"));
  }
}
}  // namespace

RunResult run_capture(const RunOptions& options, const OutputFolder& folder, const std::string& program) {
  const auto began = std::chrono::steady_clock::now();
  RunResult result;
  sim::SourceRequest request{options.source, options.size, options.frames, options.seed};
  if (!request.frames && options.source.rfind("pattern:", 0) == 0) request.frames = 30;
  const std::unique_ptr<sim::VideoSource> source = sim::open_video_source(request);
  void* entry = load_driver_entry(options.driver, program);

  sim::MachineConfig machine_config = options.machine;
  machine_config.seed = options.seed;
  if (options.fps) machine_config.video.fps = *options.fps;
  machine_config.time_limit_ps = options.timeout_ps != 0 ? options.timeout_ps : kStallLimitPs;
  RunTrace::configure(options, folder, &machine_config);

  const bool record = !options.record_stimulus.empty();
  using Watch = WatchedMachine::Watch;
  WatchedMachine watched(machine_config, record              ? Watch::kModelAndRecord
                                         : options.coverage  ? Watch::kModelAndCover
                                         : !options.checkers ? Watch::kCount
                                         : options.model     ? Watch::kModel
                                                             : Watch::kCheck);
  sim::Machine& machine = watched.machine();
  CheckingObserver& observer = watched.checks();
  EventLog log(machine, folder.path("events.jsonl"));
  Scoreboard scoreboard({machine_config.bus_period_ps, machine_config.reset_cycles, options.latency_limit_ns});
  observer.completion.on_frame = [&scoreboard](const FrameWrite& write) { scoreboard.written(write); };
  if (options.checkers) log.add_listener(&scoreboard);
  coverage::DriverWatch driver_watch;
  if (options.coverage) log.add_listener(&driver_watch);
  StallWitness witness(machine);
  log.add_listener(&witness);
  RunTrace trace(watched, options, folder, program, log, scoreboard);
  const DebugPort debug_port(machine);
  ReplayWatch replay(options, machine, log);
  set_trace_sink(&log);
  PinListener pins(machine, scoreboard);
  machine.player().set_source(source.get());
  if (options.checkers) machine.player().set_listener(&pins);
  inject(machine, options.inject);
  const double rate = options.fps ? *options.fps : source->frame_rate().value_or(30.0);
  Outputs outputs;
  if (options.capture) {
    proxy::VideoFormat pictures;
    pictures.width = source->size().width;
    pictures.height = source->size().height;
    outputs.video.emplace(folder.path("capture.mkv"), pictures, rate);
    outputs.sheet.emplace(pictures, request.frames.value_or(300));
  }
  Application application(machine, scoreboard, trace, outputs, witness, options, source->size(),
                          request.frames.value_or(0));
  const auto note_stall = [&application] { application.note_stall(); };
  const Interruption interruption(machine, note_stall, recorded_end(options.replay_of));
  bool crashed = false;  // this goes on where another process ends
  trace.on_crash = [&](int signal) {
    machine.stop(CrashNotice::text(signal));
    crashed = true;
  };
  std::optional<CrashNotice> crash_notice;
  crash_notice.emplace(machine, folder.target(), folder.path(""), [&trace, &log](int signal) {
    log.flush();
    return trace.crashed(signal);
  });
  machine.call_at(machine_config.time_limit_ps - machine_config.bus_period_ps, note_stall);
  constexpr unsigned kCaptureFunction = 0;
  run_driver(
      machine, options, entry, kCaptureFunction, program, [&application] { application.run(); }, &result);
  crash_notice.reset();
  trace.simulation_ended(interruption.happened());
  set_trace_sink(nullptr);
  if (!machine.player().error().empty()) throw sim::SourceError(machine.player().error());

  // Cut off before it could ask the device for its count, a run has another failure to tell.
  const bool cut_off = machine.stop_reason() != "done" && !application.counter_known();
  if (options.checkers && !application.broke_off() && !cut_off)
    scoreboard.finish(application.dropped(), application.counter_known(), machine.bus_cycle());
  for (const std::string& failure : application.failures()) result.failures.push_back(failure);
  if (!result.bugcheck && machine.stop_reason() != "done" && (result.failures.empty() || application.stall()))
    result.failures.insert(result.failures.begin(), stop_text(machine.stop_reason(), options));
  const bool stuck = !result.bugcheck && (!application.failures().empty() || machine.stop_reason() != "done");
  judge_leftovers(stuck, &result);
  if (machine.dma_fault_count() != 0) {
    const sim::DmaFault* fault = machine.first_dma_fault();
    result.failures.push_back("the device accessed memory outside any mapping: first a " +
                              std::string(fault->write ? "write" : "read") + " of " + std::to_string(fault->bytes) +
                              " bytes at bus cycle " + std::to_string(fault->bus_cycle));
  }

  note_injected(machine.bus_faults(), options.inject, &result);
  note_allocation(options, &result);
  result.stall = application.stall();
  result.source = options.source;
  result.driver = options.driver;
  result.seed = options.seed;
  result.width = source->size().width;
  result.height = source->size().height;
  result.bus_period_ps = machine.config().bus_period_ps;
  result.pixel_period_ps = machine.config().pixel_period_ps;
  result.bus_cycles = watched.bus_cycles();
  result.pixel_cycles = watched.pixel_cycles();
  result.sim_time_ns = machine.now_ps() / 1000;
  result.sent = application.sent();
  result.delivered = application.delivered();
  result.dropped = application.dropped();
  result.mismatched = scoreboard.mismatched();
  result.sha256 = outputs.digest.hex();
  result.interrupts_asserted = observer.rises;
  result.w_beats = observer.w_beats;
  result.bus_use = options.checkers ? observer.bus_use.result(result.bus_cycles) : BusUseResult{};
  result.latency_limit_ns = options.latency_limit_ns;
  result.axi_beats_checked = observer.axi4.beats;
  const auto add_checker = [&result](const auto& rules, const ViolationLog& violations) {
    result.rules.insert(result.rules.end(), rules.begin(), rules.end());
    result.violations.insert(result.violations.end(), violations.list().begin(), violations.list().end());
  };
  observer.each_checker(add_checker);
  watched.model().count();
  add_checker(watched.model().rules, watched.model().violations);
  result.rules.insert(result.rules.end(), scoreboard.rules.begin(), scoreboard.rules.end());
  result.violations.insert(result.violations.end(), scoreboard.violations.list().begin(),
                           scoreboard.violations.list().end());
  result.latencies = scoreboard.latencies();
  result.journeys = scoreboard.journeys();
  if (options.coverage) {
    result.coverage = take_coverage({{"driver", driver_watch.bins().all()}, {"chip", watched.bins().all()}}, folder,
                                    &result.failures);
  }
  result.verifier = options.verifier;
  result.random_schedule = options.kernel.schedule == ntos::Schedule::kRandom;
  result.checked = options.checkers;

  if (options.capture) {
    outputs.video->close();
    if (crashed) std::filesystem::remove(folder.path("capture.mkv"));  // begun there, and cut off
    outputs.sheet->write(folder.path("contact.png"));
  }
  log.close();
  if (result.bugcheck && result.bugcheck->irp != 0) {
    result.bugcheck_irp = irp_history(folder.path("events.jsonl"), result.bugcheck->irp);
  }
  replay.finish(&result);
  trace.finish(&result);
  if (record) watched.recorded().save(options.record_stimulus);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace p2p::tb
