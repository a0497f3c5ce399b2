#include "tb/run/interruption.h"

#include <csignal>
#include <ctime>
#include <utility>

#include "tb/run/regular_look.h"

namespace p2p::tb {

namespace {
constexpr long kOneStroke = 500'000'000;  // ns: what comes so soon after the first came with it, by way of the group

volatile std::sig_atomic_t g_signal = 0;
timespec g_since;

void set_handlers(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

void note(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (g_signal == 0) {
    g_since = now;
    g_signal = signal;
  } else if ((now.tv_sec - g_since.tv_sec) * 1'000'000'000 + now.tv_nsec - g_since.tv_nsec > kOneStroke) {
    set_handlers(SIG_DFL);
    std::raise(signal);
  }
}
}  // namespace

Interruption::Interruption(sim::Machine& machine, std::function<void()> before,
                           const std::optional<RecordedEnd>& recorded)
    : machine_(machine), before_(std::move(before)) {
  if (recorded && !recorded->interruption.empty()) recorded_ = recorded;
  g_signal = 0;
  set_handlers(note);
  look();
}

Interruption::~Interruption() { set_handlers(SIG_DFL); }

bool Interruption::happened() const { return g_signal != 0; }

void Interruption::look() {
  if (happened()) {
    before_();
    return machine_.stop(g_signal == SIGINT ? "interrupted by SIGINT" : "interrupted by SIGTERM");
  }
  // Looks come at the same cycles in every run: the recorded one was stopped in this one.
  if (recorded_ && machine_.now_ps() / 1000 >= recorded_->sim_time_ns) {
    before_();
    return machine_.stop(recorded_->interruption);
  }
  look_later(machine_, [this] { look(); });
}

}  // namespace p2p::tb
