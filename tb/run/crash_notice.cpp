#include "tb/run/crash_notice.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace p2p::tb {

namespace {
constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::array kNames = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"};
constexpr unsigned kPatience = 120;  // s, for a report out of a process that is broken

CrashNotice* g_notice = nullptr;
pid_t g_owner = 0;

std::array<struct sigaction, kSignals.size()> g_before;  // what was done about them; a sanitizer reports

void set_handlers(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &g_before[i]);
}

void restore_handlers() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
}

void say(const std::string& line) {
  const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // there is nobody else to tell
}
}  // namespace

CrashNotice::CrashNotice(sim::Machine& machine, std::string target, std::string left_in,
                         std::function<bool(int)> report)
    : machine_(machine), target_(std::move(target)), left_in_(std::move(left_in)), report_(std::move(report)) {
  g_notice = this;
  g_owner = getpid();
  set_handlers(&handle);
}

CrashNotice::~CrashNotice() {
  restore_handlers();
  g_notice = nullptr;
}

std::string CrashNotice::text(int signal) {
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (kSignals[i] == signal) return std::string("crashed (") + kNames[i] + ")";
  return "crashed (signal " + std::to_string(signal) + ")";
}

void CrashNotice::handle(int signal) {
  restore_handlers();  // whatever else goes wrong ends the process
  if (g_notice != nullptr && getpid() == g_owner) {
    alarm(kPatience);
    g_notice->tell(signal);
  }
  std::raise(signal);
}

void CrashNotice::tell(int signal) {
  say("pin2pin: " + text(signal) + " at bus cycle " + std::to_string(machine_.bus_cycle()) + "\n");
  // Results that are complete have been renamed.
  if (report_(signal) && access(left_in_.c_str(), F_OK) != 0) {
    say("pin2pin: the run up to there is in " + target_ + "\n");
  } else {
    say("pin2pin: what it had written is in " + left_in_ + "\n");
  }
}

}  // namespace p2p::tb
