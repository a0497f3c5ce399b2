// The Verilated model's headers come before SystemC's.
#include "tests/ks/stack.h"

#include "tests/ks/chip/sequence_run.h"

#include <algorithm>
#include <cstdlib>

#include "tb/coverage/driver_watch.h"
#include "tb/observer.h"
#include "tb/scoreboard.h"
#include "tests/ks/chip/raw_capture.h"

namespace p2p {

namespace {
using Kind = Step::Kind;
using test::Request;

constexpr std::uint64_t kTimeLimitPs = 100'000'000'000;  // 100 ms of simulated time
constexpr std::int64_t kPatienceUs = 20'000;

void sleep_us(std::int64_t microseconds) {
  const std::int64_t interval = -10 * microseconds;
  nt::delay_execution(false, &interval);
}

/// Events for the scoreboard, which counts completions of each IRP, and for the functional bins.
class Events final : public TraceSink {
 public:
  Events(const Hardware& hardware, tb::Scoreboard& scoreboard) : hardware_(hardware), scoreboard_(scoreboard) {}
  void event(std::string_view layer, std::string_view name, std::initializer_list<TraceField> fields) override {
    scoreboard_.on_event(hardware_.now_ps() / 1000, layer, name, fields);
    coverage_.on_event(hardware_.now_ps() / 1000, layer, name, fields);
  }
  /// What happened although it was said to be impossible; the bins go into the folder P2P_COVERAGE_DIR, if there is
  /// one.
  std::vector<std::string> finish(std::uint64_t seed) {
    const std::vector<coverage::Cross*> bins = coverage_.bins().all();
    const char* folder = std::getenv("P2P_COVERAGE_DIR");
    if (folder != nullptr &&
        !coverage::save(std::string(folder) + "/sequence." + std::to_string(seed) + ".bins", bins)) {
      return {std::string(folder) + ": cannot be written"};
    }
    return coverage::wrong(bins);
  }

 private:
  const Hardware& hardware_;
  tb::Scoreboard& scoreboard_;
  coverage::DriverWatch coverage_;
};

class Pins final : public sim::FrameListener {
 public:
  Pins(const Hardware& hardware, tb::Scoreboard& scoreboard) : hardware_(hardware), scoreboard_(scoreboard) {}
  void frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t) override {
    scoreboard_.frame_started(frame, bytes, hardware_.bus_cycle(), hardware_.now_ps() / 1000);
  }
  void frame_ended(std::uint64_t, bool, std::uint64_t) override { scoreboard_.frame_ended(hardware_.now_ps() / 1000); }

 private:
  const Hardware& hardware_;
  tb::Scoreboard& scoreboard_;
};

/// Digits of the seed choose the machine: each combination of these occurs among 48 seeds.
ntos::KernelConfig kernel_config(std::uint64_t seed) {
  static constexpr unsigned kCpus[] = {2, 1, 4};
  ntos::KernelConfig config;
  config.seed = seed;
  config.schedule = seed % 2 != 0 ? ntos::Schedule::kRandom : ntos::Schedule::kFifo;
  if (seed / 2 % 2 != 0) {
    config.registry.push_back(
        {"device\\Interrupt Management\\MessageSignaledInterruptProperties", "MSISupported", std::uint32_t{1}});
  }
  if (seed / 4 % 2 != 0) config.cost.mmio_issue = 500;
  if (seed / 8 % 2 != 0) config.cost.dpc_dispatch = 20'000;
  config.cpus = kCpus[seed / 16 % 3];
  return config;
}
sim::MachineConfig machine_config(std::uint64_t seed) {
  sim::MachineConfig config;
  config.seed = seed;
  config.time_limit_ps = kTimeLimitPs;
  return config;
}

ULONG frame_bytes(unsigned size) { return kSizes[size].width * kSizes[size].height * 2; }

std::string hex(NTSTATUS status) { return proxy::status_text(status); }

/// The application. Knows what each call has to answer.
class Player {
 public:
  Player(ObservedStack<tb::CheckingObserver>& stack, tb::Scoreboard& scoreboard, std::uint64_t seed)
      : stack_(stack), scoreboard_(scoreboard) {
    for (const PictureSize& size : kSizes) {
      sources_.push_back(sim::open_video_source({"pattern:noise", sim::FrameSize{size.width, size.height}, {}, seed}));
    }
  }

  void play(const std::vector<Step>& steps) {
    for (step_ = 0; step_ < steps.size(); ++step_) {
      taken_back_ = false;
      play(steps[step_]);
      harvest();
    }
    close();
    set_video(video_);  // some frames more: nothing may be written to buffers that have come back
    sleep_us(200);
    stack_.machine.player().stop();
    for (const Done& done : done_) {
      expect(std::equal(done.picture.begin(), done.picture.end(), done.request->frame()),
             "a buffer changed after its request had completed");
    }
    done_.clear();  // their events are objects of the kernel's
  }

  std::vector<std::string> failures;

 private:
  struct Done {
    std::unique_ptr<Request> request;
    std::vector<UCHAR> picture;
  };

  void fail(const std::string& text) { failures.push_back("step " + std::to_string(step_ + 1) + ": " + text); }
  void expect(bool good, const char* text) {
    if (!good) fail(text);
  }
  void expect_status(const char* what, NTSTATUS status, NTSTATUS wanted) {
    if (status != wanted) fail(std::string(what) + " gave " + hex(status) + " instead of " + hex(wanted));
  }

  void play(const Step& step) {
    switch (step.kind) {
      case Kind::kOpen:
        return open(step.a);
      case Kind::kState:
        return set_state(static_cast<KSSTATE>(step.a));
      case Kind::kRead:
        return read(step.a);
      case Kind::kCancelOne:
        if (!outstanding_.empty()) cancel(*outstanding_[step.a % outstanding_.size()]);
        return;
      case Kind::kCancelAll:
        for (const auto& request : outstanding_) cancel(*request);
        return;
      case Kind::kFlush:
        return flush();
      case Kind::kFormat:
        return set_format(step.a);
      case Kind::kVideo:
        return set_video(step.a);
      case Kind::kCount:
        return count();
      case Kind::kSleep:
        return sleep_us(step.a);
      case Kind::kWait:
        return wait();
      case Kind::kClose:
        return close();
      case Kind::kUnplug:
        return unplug();
    }
  }

  void open(unsigned size) {
    expect_status("opening the filter", filter_.open(&KSCATEGORY_CAPTURE), STATUS_SUCCESS);
    const KS_DATAFORMAT_VIDEOINFOHEADER format = test::yuy2(kSizes[size].width, kSizes[size].height);
    expect_status("creating the pin", filter_.create_pin_with(&pin_, 0, &format.DataFormat), STATUS_SUCCESS);
    size_ = size;
    state_ = KSSTATE_STOP;
    set_video(size);
  }

  void set_state(KSSTATE state) {
    expect_status("changing the state", test::set_state(pin_, state), STATUS_SUCCESS);
    expect(test::get_state(pin_) == static_cast<int>(state), "the pin is in another state than was set");
    // The way down to ACQUIRE takes the buffers back from the chip, the one to STOP those that wait in the queue.
    taken_back_ = state < state_ && state <= KSSTATE_ACQUIRE;
    state_ = state;
    if (state == KSSTATE_STOP) expect_all_back("STOP");
  }

  void expect_all_back(const char* when) {
    const auto waiting =
        std::count_if(outstanding_.begin(), outstanding_.end(), [](const auto& request) { return !request->done(); });
    if (waiting != 0) fail(std::to_string(waiting) + " requests are not complete after " + when);
  }

  void read(unsigned count) {
    for (unsigned i = 0; i < count && outstanding_.size() < kMostRequests; ++i) {
      auto request = std::make_unique<Request>(std::vector<ULONG>{frame_bytes(size_)}, 0, 64 * (i % 3));
      const NTSTATUS sent = test::read(pin_, *request);
      expect_status("a read", sent, state_ == KSSTATE_STOP ? STATUS_INVALID_DEVICE_STATE : STATUS_PENDING);
      if (sent == STATUS_PENDING) outstanding_.push_back(std::move(request));
    }
  }

  void cancel(Request& request) {
    const NTSTATUS status = nt::cancel_io_file(pin_, &request.iosb);
    if (status != STATUS_NOT_FOUND) expect_status("cancelling a request", status, STATUS_SUCCESS);
    cancelled_.push_back(&request);
  }

  void flush() {
    taken_back_ = true;
    expect_status("KSRESET_BEGIN", test::reset(pin_, KSRESET_BEGIN), STATUS_SUCCESS);
    expect_all_back("KSRESET_BEGIN");
    Request refused({frame_bytes(size_)});
    expect_status("a read during a reset", test::read(pin_, refused), STATUS_DEVICE_NOT_READY);
    expect_status("KSRESET_END", test::reset(pin_, KSRESET_END), STATUS_SUCCESS);
  }

  void set_format(unsigned size) {
    KS_DATAFORMAT_VIDEOINFOHEADER format = test::yuy2(kSizes[size].width, kSizes[size].height);
    const NTSTATUS status =
        test::set_property(pin_, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format);
    expect_status("changing the format", status, state_ == KSSTATE_STOP ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE);
    if (status == STATUS_SUCCESS) size_ = size;
    test::get_property(pin_, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format);
    expect(format.VideoInfoHeader.bmiHeader.biWidth == static_cast<LONG>(kSizes[size_].width),
           "the pin has another format than was set last");
  }

  void set_video(unsigned size) {
    if (unplugged_) return;  // a card without power takes no video
    sim::VideoPlayer& player = stack_.machine.player();
    player.stop();
    while (player.running()) sleep_us(5);
    player.set_source(sources_[size].get());
    player.start();
    video_ = size;
  }

  void count() {
    KSPROPERTY_DROPPEDFRAMES_CURRENT_S request{}, answer{};
    request.Property.Set = PROPSETID_VIDCAP_DROPPEDFRAMES;
    request.Property.Id = KSPROPERTY_DROPPEDFRAMES_CURRENT;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    expect_status("KSPROPERTY_DROPPEDFRAMES_CURRENT",
                  test::control(pin_, IOCTL_KS_PROPERTY, &request, sizeof request, &answer, sizeof answer),
                  STATUS_SUCCESS);
    expect(answer.DropCount >= 0 && answer.DropCount <= answer.PictureNumber, "more frames dropped than there were");
  }

  bool is_cancelled(const Request& request) const {
    return std::find(cancelled_.begin(), cancelled_.end(), &request) != cancelled_.end();
  }

  /// While the pin runs and frames of its size arrive, the oldest request is filled.
  void wait() {
    if (state_ != KSSTATE_RUN || video_ != size_ || outstanding_.empty()) return;
    for (std::int64_t waited = 0; waited < kPatienceUs; waited += 50) {
      if (outstanding_.front()->done()) return;
      sleep_us(50);
    }
    fail("frames arrive, but the oldest request is not filled");
  }

  /// What has come back since, in the order in which it was sent.
  void harvest() {
    while (!outstanding_.empty() && outstanding_.front()->done()) {
      std::unique_ptr<Request> request = std::move(outstanding_.front());
      outstanding_.erase(outstanding_.begin());
      take(*request);
      const UCHAR* first = request->frame();
      done_.push_back({std::move(request), {}});
      Done& done = done_.back();
      done.picture.assign(first, first + done.request->header()->FrameExtent);
    }
  }

  void take(const Request& request) {
    const KSSTREAM_HEADER& header = *request.header();
    const NTSTATUS status = request.iosb.status;
    if (status == STATUS_SUCCESS) {
      expect(request.iosb.information == sizeof header, "a read that succeeded returns no header");
      expect((header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_TIMEVALID) != 0, "a frame without its time");
      scoreboard_.delivered({request.frame(), header.DataUsed}, true, header.PresentationTime.Time,
                            stack_.machine.bus_cycle(), stack_.machine.now_ps() / 1000);
      return;
    }
    const bool removed = unplugged_ && status == STATUS_DEVICE_REMOVED;
    if (!removed && status != STATUS_CANCELLED) {
      fail("a read ended with " + hex(status));
    } else if (!is_cancelled(request) && !unplugged_ && !taken_back_) {
      fail("a read was cancelled although nobody had asked for it");
    }
  }

  void close() {
    taken_back_ = true;
    if (pin_ != 0) nt::close(pin_);
    pin_ = 0;
    filter_.close();
    expect_all_back("the close");
    harvest();
    for (auto& request : outstanding_) static_cast<void>(request.release());  // the driver may still write there
    outstanding_.clear();
    cancelled_.clear();
  }

  void unplug() {
    constexpr unsigned kCommand = 4;
    constexpr std::uint32_t kInterruptDisable = 1u << 10;
    stack_.machine.config_write(0, kCommand, 2, kInterruptDisable);
    nt::Handle removed = 0;
    nt::create_event(&removed, true, false);
    stack_.kernel.run_in_system_thread("remove", [this, removed] {
      expect_status("the surprise removal", stack_.kernel.surprise_remove_device(0), STATUS_SUCCESS);
      nt::set_event(removed);
    });
    nt::wait_for_single_object(removed, false, nullptr);
    nt::close(removed);
    unplugged_ = true;
    expect_all_back("the surprise removal");
    Request late({frame_bytes(size_)});
    expect_status("a read after the removal", test::read(pin_, late), STATUS_DEVICE_REMOVED);
    expect_status("STOP after the removal", test::set_state(pin_, KSSTATE_STOP), STATUS_SUCCESS);
    expect_all_back("STOP after the removal");
  }

  ObservedStack<tb::CheckingObserver>& stack_;
  tb::Scoreboard& scoreboard_;
  std::vector<std::unique_ptr<sim::VideoSource>> sources_;
  test::Client filter_;
  nt::Handle pin_ = 0;
  KSSTATE state_ = KSSTATE_STOP;
  unsigned size_ = 0, video_ = 0;
  bool unplugged_ = false;
  bool taken_back_ = false;  // this step takes everything back from the driver
  std::size_t step_ = 0;
  std::vector<std::unique_ptr<Request>> outstanding_;  // in the order in which they were sent
  std::vector<const Request*> cancelled_;
  std::vector<Done> done_;
};

void check_end(ObservedStack<tb::CheckingObserver>& stack, tb::Scoreboard& scoreboard,
               std::vector<std::string>* failures) {
  const auto fail = [failures](std::string text) { failures->push_back(std::move(text)); };
  if (const ntos::BugCheck* bugcheck = stack.kernel.bugcheck()) {
    fail("bug check " + bugcheck->rule + ": " + bugcheck->message);
  } else if (stack.machine.stop_reason() != "done") {
    fail("it came to no end: " + std::string(stack.machine.stop_reason()));
    for (const ntos::OutstandingIrp& irp : stack.kernel.outstanding_irps()) fail("not completed: " + irp.description);
  } else {
    const ntos::KernelCounters counters = stack.kernel.counters();
    if (counters.irps_outstanding != 0) fail(std::to_string(counters.irps_outstanding) + " IRPs are left");
    if (counters.irps_issued != counters.irps_completed) {
      fail(std::to_string(counters.irps_issued) + " IRPs issued, " + std::to_string(counters.irps_completed) +
           " completed");
    }
    if (counters.pool_bytes_outstanding != 0)
      fail(std::to_string(counters.pool_bytes_outstanding) + " bytes of pool are left");
  }
  if (stack.machine.dma_fault_count() != 0) fail("the chip accessed memory outside any mapping");
  const auto add = [&](const auto&, const tb::ViolationLog& log) {
    for (const tb::Violation& violation : log.list()) fail(violation.rule + ": " + violation.text);
  };
  stack.observer.each_checker(add);
  add(0, scoreboard.violations);
}
}  // namespace

std::vector<std::string> play_sequence(const std::vector<Step>& steps, std::uint64_t seed, const char* driver) {
  auto& stack = *new ObservedStack<tb::CheckingObserver>(machine_config(seed), kernel_config(seed));  // for good
  stack.driver = driver;
  auto& scoreboard =
      *new tb::Scoreboard({stack.machine.config().bus_period_ps, stack.machine.config().reset_cycles, 0});
  Events events(stack.machine, scoreboard);
  Pins pins(stack.machine, scoreboard);
  set_trace_sink(&events);
  stack.machine.player().set_listener(&pins);
  stack.observer.completion.on_frame = [&](const tb::FrameWrite& write) { scoreboard.written(write); };
  auto& player = *new Player(stack, scoreboard, seed);
  stack.run([&] { player.play(steps); });
  std::vector<std::string> failures = player.failures;
  check_end(stack, scoreboard, &failures);
  set_trace_sink(nullptr);
  for (const std::string& wrong : events.finish(seed)) failures.push_back(wrong);
  return failures;
}

}  // namespace p2p
