#include "tb/run/software_run.h"

#include <chrono>
#include <memory>
#include <optional>

#include "ntos/kernel.h"
#include "ntos/syscalls.h"
#include "proxy/stream.h"
#include "sim/machine_without_chip.h"
#include "sim/video_source.h"
#include "tb/coverage/driver_watch.h"
#include "tb/debug/debug_port.h"
#include "tb/event_log.h"
#include "tb/events/selection.h"
#include "tb/output/contact_sheet.h"
#include "tb/output/summary.h"
#include "tb/output/video_writer.h"
#include "tb/output/wave_writer.h"
#include "tb/replay/replay_watch.h"
#include "tb/run/digest.h"
#include "tb/run/driver_module.h"
#include "tb/run/driver_run.h"
#include "tb/run/progress.h"
#include "tb/run/verdict.h"

namespace p2p::tb {

namespace {
constexpr std::int64_t kPollSlice = 200'000;  // 20 ms of simulated time, in 100 ns
constexpr std::uint64_t kPatience = 100;      // slices without a sample, after which the stream has stalled
constexpr std::uint64_t kTimeLimitPs = 3'600'000'000'000'000;
constexpr std::uint64_t kTicksPerSecond = 10'000'000;

/// What is written of one stream.
class Recorder {
 public:
  Recorder(const OutputFolder& folder, const RunOptions& options, std::uint64_t frames, unsigned pin,
           const proxy::StreamFormat& format)
      : format_(format) {
    result_.pin = pin;
    result_.format = format.text();
    result_.kind = format.video ? "video" : "audio";
    if (!options.capture) return;
    if (format.video) {
      const std::uint64_t interval = format.video->frame_interval_100ns;
      const double rate = interval != 0 ? static_cast<double>(kTicksPerSecond) / static_cast<double>(interval) : 30.0;
      result_.file = "capture.mkv";
      video_ = std::make_unique<VideoWriter>(folder.path(result_.file), *format.video, rate);
      sheet_.emplace(*format.video, frames);
    } else {
      result_.file = "capture.wav";
      wave_ = std::make_unique<WaveWriter>(folder.path(result_.file), *format.audio);
    }
  }

  void take(const proxy::DeliveredSample& sample) {
    const std::span<const std::uint8_t> bytes(sample.data, sample.bytes);
    digest_.add(bytes.data(), bytes.size());
    result_.bytes += bytes.size();
    ++result_.delivered;
    if (!fits(bytes.size())) {
      if (result_.mismatched++ == 0) {
        mismatch_ = "pin " + std::to_string(result_.pin) + ": sample " + std::to_string(sample.index) + " has " +
                    std::to_string(bytes.size()) + " bytes, which is no " + result_.format;
      }
      return;
    }
    if (video_) video_->add(bytes);
    if (sheet_) sheet_->add(bytes, result_.delivered - 1);
    if (wave_) wave_->add(bytes);
  }

  StreamResult finish(const OutputFolder& folder) {
    if (video_) video_->close();
    if (sheet_) sheet_->write(folder.path("contact.png"));
    if (wave_) wave_->close();
    result_.sha256 = digest_.hex();
    return result_;
  }
  const proxy::StreamFormat& format() const { return format_; }
  std::uint64_t delivered() const { return result_.delivered; }
  void set_dropped(std::optional<std::uint64_t> dropped) { result_.dropped = dropped; }
  /// The first sample that cannot be one of the format; empty if there is none.
  const std::string& mismatch() const { return mismatch_; }

 private:
  bool fits(std::size_t bytes) const {
    return format_.video ? bytes == format_.video->bytes() : bytes % format_.audio->block_bytes() == 0;
  }
  proxy::StreamFormat format_;
  StreamResult result_;
  std::string mismatch_;
  std::unique_ptr<VideoWriter> video_;
  std::optional<ContactSheet> sheet_;
  std::unique_ptr<WaveWriter> wave_;
  Digest digest_;
};

/// Pictures of the source for an input pin.
class Feeder {
 public:
  Feeder(const RunOptions& options, std::uint64_t frames, unsigned pin, const proxy::StreamFormat& format)
      : source_(sim::open_video_source(
            {options.source, sim::FrameSize{format.video->width, format.video->height}, frames, options.seed})),
        left_(frames) {
    result_.pin = pin;
    result_.format = format.text();
    result_.kind = "input";
  }
  bool next(std::span<std::uint8_t> picture) {
    if (left_ == 0 || !source_->next(picture)) return false;
    --left_;
    digest_.add(picture.data(), picture.size());
    result_.bytes += picture.size();
    return true;
  }
  StreamResult finish(std::uint64_t taken) {
    result_.delivered = taken;
    result_.sha256 = digest_.hex();
    return result_;
  }

 private:
  std::unique_ptr<sim::VideoSource> source_;
  std::uint64_t left_;
  StreamResult result_;
  Digest digest_;
};

/// Everything between opening the filter and closing it. Runs in a simulated user thread.
class Application {
 public:
  Application(const sim::Machine& machine, const OutputFolder& folder, const RunOptions& options, std::uint64_t frames)
      : machine_(machine), folder_(folder), options_(options), frames_(frames), progress_(frames) {}

  void run() {
    proxy::StreamSession session;
    if (!step(session.open()) || !step(session.connect(wanted()))) return;
    proxy::StreamSession::Feed feed;
    if (const proxy::StreamFormat* format = session.feed_format(); format != nullptr) {
      feeder_ = std::make_unique<Feeder>(options_, frames_, session.feed_pin_id(), *format);
      feed = [this](std::uint64_t, std::span<std::uint8_t> picture) { return feeder_->next(picture); };
    } else if (options_.source_given) {
      failures_.push_back("--source " + options_.source + ": the driver has no pin that takes pictures");
    }
    for (std::size_t i = 0; i < session.count(); ++i) {
      recorders_.push_back(
          std::make_unique<Recorder>(folder_, options_, frames_, session.pin_id(i), session.format(i)));
    }
    const auto sink = [this](std::size_t stream, const proxy::DeliveredSample& sample) { take(stream, sample); };
    if (step(session.run(options_.buffers, options_.hold_us * 1000, sink, std::move(feed)))) wait(session);
    fed_ = session.fed();
    for (std::size_t i = 0; i < session.count(); ++i) recorders_[i]->set_dropped(session.dropped_frames(i));
    done_ = true;
    step(session.stop());
    step(session.close());
  }

  const std::vector<std::string>& failures() const { return failures_; }
  std::optional<StreamResult> finish_feed() {
    if (!feeder_) return std::nullopt;
    return feeder_->finish(fed_);
  }
  std::vector<StreamResult> finish() {
    std::vector<StreamResult> results;
    for (const auto& recorder : recorders_) {
      if (!recorder->mismatch().empty()) failures_.push_back(recorder->mismatch());
      results.push_back(recorder->finish(folder_));
    }
    return results;
  }
  /// Of the first stream, if it is video.
  std::optional<proxy::VideoFormat> pictures() const {
    return recorders_.empty() ? std::nullopt : recorders_.front()->format().video;
  }

 private:
  proxy::WantedStreams wanted() const {
    proxy::WantedStreams wanted;
    if (options_.size) {
      wanted.width = options_.size->width;
      wanted.height = options_.size->height;
    }
    if (options_.fps) wanted.frame_interval_100ns = static_cast<std::uint64_t>(kTicksPerSecond / *options_.fps);
    return wanted;
  }
  bool step(const proxy::CaptureResult& result) {
    if (!result.ok()) failures_.push_back(result.message);
    return result.ok();
  }
  /// The first stream is as long as was asked for, however many the driver completes while it is being stopped; others
  /// last as long as it.
  void take(std::size_t stream, const proxy::DeliveredSample& sample) {
    const bool enough = stream == 0 ? recorders_[0]->delivered() == frames_ : done_;
    if (enough) return;
    recorders_[stream]->take(sample);
    if (stream == 0) progress_.show(recorders_[0]->delivered(), machine_.bus_cycle());
  }
  /// How far the run is: samples of the first stream, or those that the input pin of a renderer took.
  std::uint64_t progress(const proxy::StreamSession& session) const {
    return recorders_.empty() ? session.fed() : recorders_[0]->delivered();
  }
  bool complete(const proxy::StreamSession& session) const {
    return progress(session) == frames_ && (!recorders_.empty() || session.feed_finished());
  }
  void wait(proxy::StreamSession& session) {
    const std::uint64_t patience = kPatience + 2 * options_.hold_us / (kPollSlice / 10);
    std::uint64_t idle = 0;
    while (!complete(session)) {
      const std::uint64_t before = progress(session), began = machine_.now_ps();
      if (!recorders_.empty()) session.wait_for(0, before + 1, kPollSlice);
      if (!step(session.failure())) return;
      const std::int64_t pause = -kPollSlice;
      if (machine_.now_ps() == began) nt::delay_execution(false, &pause);
      idle = progress(session) == before ? idle + 1 : 0;
      if (idle < patience) continue;
      failures_.push_back(stalled(session, before, patience));
      return;
    }
  }
  std::string stalled(const proxy::StreamSession& session, std::uint64_t samples, std::uint64_t patience) const {
    const std::string what = recorders_.empty() ? " samples taken by pin " + std::to_string(session.feed_pin_id())
                                                : " samples delivered by pin " + std::to_string(session.pin_id(0));
    const std::uint64_t ms = patience * static_cast<std::uint64_t>(kPollSlice) / 10'000;
    return "stalled: " + std::to_string(samples) + " of " + std::to_string(frames_) + what +
           ", and nothing has happened for " + std::to_string(ms) + " ms of simulated time";
  }

  const sim::Machine& machine_;
  const OutputFolder& folder_;
  const RunOptions& options_;
  std::uint64_t frames_;
  Progress progress_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::unique_ptr<Feeder> feeder_;
  std::uint64_t fed_ = 0;
  std::vector<std::string> failures_;
  bool done_ = false;
};

void fill(const RunOptions& options, const sim::Machine& machine, const Application& application, RunResult* result) {
  result->source = result->fed ? options.source : "none";
  result->sent = result->fed ? result->fed->delivered : 0;
  result->device = "none";
  result->driver = options.driver;
  result->seed = options.seed;
  result->bus_period_ps = machine.config().bus_period_ps;
  result->sim_time_ns = machine.now_ps() / 1000;
  result->verifier = options.verifier;
  result->random_schedule = options.kernel.schedule == ntos::Schedule::kRandom;
  if (const auto pictures = application.pictures()) {
    result->width = pictures->width;
    result->height = pictures->height;
  }
  if (result->streams.empty()) return;
  const StreamResult& first = result->streams.front();
  result->delivered = first.delivered;
  result->dropped = first.dropped.value_or(0);
  result->mismatched = first.mismatched;
  result->sha256 = first.sha256;
}
}  // namespace

RunResult run_without_device(const RunOptions& options, const OutputFolder& folder, const std::string& program) {
  const auto began = std::chrono::steady_clock::now();
  constexpr std::uint64_t kDefaultFrames = 30;
  RunResult result;
  void* entry = load_driver_entry(options.driver, program);
  sim::MachineConfig machine_config = options.machine;
  machine_config.seed = options.seed;
  machine_config.time_limit_ps = options.timeout_ps != 0 ? options.timeout_ps : kTimeLimitPs;

  sim::MachineWithoutChip machine(machine_config);
  EventLog log(machine, folder.path("events.jsonl"));
  coverage::DriverWatch driver_watch;
  if (options.coverage) log.add_listener(&driver_watch);
  const DebugPort debug_port;
  ReplayWatch replay(options, machine, log);
  set_trace_sink(&log);
  Application application(machine, folder, options, options.frames.value_or(kDefaultFrames));
  run_driver(
      machine, options, entry, ntos::kRootDevice, program, [&application] { application.run(); }, &result);
  set_trace_sink(nullptr);

  result.streams = application.finish();
  result.fed = application.finish_feed();
  for (const std::string& failure : application.failures()) result.failures.push_back(failure);
  const bool ended = machine.stop_reason() == "done";
  if (!result.bugcheck && !ended && result.failures.empty())
    result.failures.push_back(machine.stop_reason().empty() ? "everything waits and nothing will happen any more"
                                                            : stop_text(machine.stop_reason(), options));
  judge_leftovers(!result.bugcheck && (!application.failures().empty() || !ended), &result);
  note_allocation(options, &result);
  fill(options, machine, application, &result);
  if (options.coverage)
    result.coverage = take_coverage({{"driver", driver_watch.bins().all()}}, folder, &result.failures);
  log.close();
  if (result.bugcheck && result.bugcheck->irp != 0)
    result.bugcheck_irp = irp_history(folder.path("events.jsonl"), result.bugcheck->irp);
  replay.finish(&result);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace p2p::tb
