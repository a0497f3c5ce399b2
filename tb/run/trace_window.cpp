#include "tb/run/trace_window.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "tb/run/regular_look.h"

namespace p2p::tb {

namespace {
constexpr std::chrono::seconds kSnapshotInterval{1};
constexpr std::size_t kMostSnapshots = 3;
constexpr int kCameToTheFailure = 0, kDidNot = 3;

/// The source's own events do not tell, nor does an application that asks.
bool moves_only_with_frames(std::string_view event) {
  static constexpr std::array<std::string_view, 6> kSigns{"irq.line",     "irq.message",    "queue.insert",
                                                          "edge.advance", "frame.complete", "sample.deliver"};
  return std::find(kSigns.begin(), kSigns.end(), event) != kSigns.end();
}
}  // namespace

TraceWindow::TraceWindow(sim::Machine& machine, std::string file, const Settings& settings,
                         std::function<void()> on_begin, std::function<void()> catch_up)
    : machine_(machine),
      file_(std::move(file)),
      settings_(settings),
      on_begin_(std::move(on_begin)),
      catch_up_(std::move(catch_up)) {
  machine_.call_at(0, [this] { take_snapshot(); });
}

void TraceWindow::on_event(std::uint64_t ns, std::string_view, std::string_view event,
                           std::initializer_list<TraceField>) {
  if (moves_only_with_frames(event)) life_ps_ = ns * 1000;
  if (event == "dma.fault" || event == "bugcheck") failed(machine_.now_ps());
}

void TraceWindow::look() {
  const bool due = settings_.snapshot_ps != 0 ? machine_.now_ps() >= next_ps_
                                              : std::chrono::steady_clock::now() - taken_at_ >= kSnapshotInterval;
  if (due) {
    take_snapshot();
  } else {
    look_later(machine_, [this] { look(); });
  }
}

void TraceWindow::take_snapshot() {
  if (span_ || !trouble_.empty()) return;  // has what it needs
  thin_out();
  try {
    const std::optional<Wake> wake = snapshots_.take(machine_.now_ps());
    if (wake) return trace_again(*wake);
  } catch (const std::system_error& error) {
    trouble_ = error.what();
    return;
  }
  taken_at_ = std::chrono::steady_clock::now();
  next_ps_ = machine_.now_ps() + settings_.snapshot_ps;
  look_later(machine_, [this] { look(); });
}

/// Makes room for one: of those kept the newest, and the newest from before the last sign of life.
void TraceWindow::thin_out() {
  if (snapshots_.count() < kMostSnapshots) return;
  const std::size_t for_a_stall = newest_before(life_ps_ - std::min(life_ps_, settings_.before_ps));
  snapshots_.drop(for_a_stall == 0 ? 1 : 0);
}

/// The newest snapshot from then or before; the oldest if there is none so old.
std::size_t TraceWindow::newest_before(std::uint64_t time_ps) const {
  std::size_t newest = 0;
  for (std::size_t i = 0; i < snapshots_.count(); ++i)
    if (snapshots_.time_ps(i) <= time_ps) newest = i;
  return newest;
}

void TraceWindow::failed(std::uint64_t time_ps) {
  if (!catching_up_) {
    catching_up_ = true;
    catch_up_();  // what it finds comes back to this function
    catching_up_ = false;
  }
  note(time_ps);
}

void TraceWindow::note(std::uint64_t failure_ps) {
  if (woken_) return come_to(failure_ps);
  if (!span_) wake(failure_ps);
}

void TraceWindow::wake(std::uint64_t failure_ps, bool by_hand, int crash) {
  const std::uint64_t from_ps = failure_ps - std::min(failure_ps, settings_.before_ps);
  const std::size_t best = newest_before(from_ps);
  if (snapshots_.count() == 0) {
    if (trouble_.empty()) trouble_ = "the failure came before the first cycle";
    return;
  }
  span_ = {std::max(from_ps, snapshots_.time_ps(best)), failure_ps + settings_.after_ps, failure_ps,
           machine_.config().bus_period_ps};
  try {
    const std::uint64_t end_ps = simulation_ended_ ? machine_.now_ps() : 0;
    if (by_hand) span_->to_ps = failure_ps;
    snapshots_.wake(best, {span_->from_ps, span_->to_ps, failure_ps, end_ps, by_hand, crash});
  } catch (const std::system_error& error) {
    trouble_ = error.what();
    span_.reset();
  }
}

void TraceWindow::interrupted() {
  if (!span_) wake(machine_.now_ps(), true);
}

bool TraceWindow::crashed(int signal) {
  // The window of an earlier failure is being written: it is to become whole, but the copies are gone.
  if (!woken_ && span_ && snapshots_.woken()) snapshots_.wait();
  if (woken_ || span_ || simulation_ended_) return false;
  const std::uint64_t now = machine_.now_ps(), cycle = machine_.config().bus_period_ps;
  wake(now - std::min(now, cycle), true, signal);
  return snapshots_.woken() && snapshots_.wait() >= 0;
}

// -- in the snapshot -------------------------------------------------------------------------------------------------

void TraceWindow::trace_again(const Wake& wake) {
  woken_ = wake;
  machine_.call_at(wake.from_ps, [this] {
    machine_.begin_trace(file_);
    on_begin_();
    tracing_ = true;
    machine_.call_at(woken_->to_ps, [this] {
      machine_.end_trace();
      tracing_ = false;
      if (woken_->crash != 0) return go_on_in_place();
      traced_ = true;
      come_ = come_ || woken_->by_hand;
      if (come_) end_again();
    });
  });
}

/// From here on this is the run, and the snapshot it was is over.
void TraceWindow::go_on_in_place() {
  span_ = {woken_->from_ps, woken_->to_ps, woken_->failure_ps, machine_.config().bus_period_ps};
  const int signal = woken_->crash;
  woken_.reset();
  on_crash(signal);
}

/// One that is earlier is not held against it: traced, the model is compared at once, and sees the instant in hand,
/// too.
void TraceWindow::come_to(std::uint64_t failure_ps) {
  if (come_ || woken_->end_ps != 0 || failure_ps < woken_->failure_ps) return;
  come_ = failure_ps == woken_->failure_ps;
  if (!come_ || traced_) end_again();
}

void TraceWindow::end_again() const { _exit(come_ ? kCameToTheFailure : kDidNot); }

// -- at the end ------------------------------------------------------------------------------------------------------

void TraceWindow::simulation_ended() {
  simulation_ended_ = true;
  if (!woken_) return;
  if (woken_->end_ps != 0) come_ = machine_.now_ps() == woken_->end_ps;
  if (tracing_) machine_.close_trace();
  end_again();
}

std::optional<TracedSpan> TraceWindow::finish(bool failing, std::string* trouble) {
  if (!span_ && failing) wake(machine_.now_ps());
  snapshots_.drop_all();
  if (snapshots_.woken()) {
    const int status = snapshots_.wait();
    if (status == kDidNot) trouble_ = "run again, it did not come to the same failure";
    if (status != kDidNot && status != kCameToTheFailure) trouble_ = "the second run broke off";
  }
  if (!failing) return {};
  *trouble = trouble_;
  if (span_) span_->to_ps = std::min(span_->to_ps, machine_.now_ps());
  return trouble_.empty() ? span_ : std::nullopt;
}

}  // namespace p2p::tb
