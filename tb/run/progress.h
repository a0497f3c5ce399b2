// The progress line on a terminal; nothing when output is piped. Wall clock goes to people's eyes only.
#pragma once

#include <chrono>
#include <cstdint>

namespace p2p::tb {

class Progress {
 public:
  /// `frames` 0: how many will come is not known.
  explicit Progress(std::uint64_t frames);
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// At most ten times a second it shows frames, bus cycles a second and, if known, the time left.
  void show(std::uint64_t frames_done, std::uint64_t bus_cycles);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  std::uint64_t frames_;
  Clock::time_point began_, shown_;
};

}  // namespace p2p::tb
