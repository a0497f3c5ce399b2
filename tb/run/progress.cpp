#include "tb/run/progress.h"

#include <unistd.h>

#include <cstdio>

namespace p2p::tb {

Progress::Progress(std::uint64_t frames)
    : terminal_(isatty(STDERR_FILENO) != 0 && isatty(STDOUT_FILENO) != 0),
      frames_(frames),
      began_(Clock::now()),
      shown_(began_) {}

Progress::~Progress() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::uint64_t frames_done, std::uint64_t bus_cycles) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const double speed = static_cast<double>(bus_cycles) / seconds / 1e6;
  const auto done = static_cast<unsigned long long>(frames_done);
  if (frames_ != 0 && frames_done != 0) {
    const double left = seconds * static_cast<double>(frames_ - frames_done) / static_cast<double>(frames_done);
    std::fprintf(stderr, "\r\033[K%llu of %llu frames, %.2f million bus cycles/s, %.0f s left", done,
                 static_cast<unsigned long long>(frames_), speed, left);
  } else {
    std::fprintf(stderr, "\r\033[K%llu frames, %.2f million bus cycles/s", done, speed);
  }
  std::fflush(stderr);
}

}  // namespace p2p::tb
