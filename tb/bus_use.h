// How full the chip keeps its way to memory over time: data beats in spans of bus cycles, in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace p2p::tb {

/// Data beats in one span of bus cycles.
struct BusBeats {
  std::uint64_t written = 0, read = 0;
};

/// Spans of `span_cycles` each, from cycle 0 on; the last one may be cut off by the end of the run.
struct BusUseResult {
  std::uint64_t span_cycles = 0;
  std::vector<BusBeats> spans;
};

/// Spans twice as long whenever there would be too many of them: what it holds depends on the beats alone.
class BusUse {
 public:
  static constexpr std::size_t kMost = 512;

  /// In the order of time, at least at each cycle with a beat. `written`, `read`: 1 if a beat was accepted, else 0.
  void cycle(std::uint64_t cycle, unsigned written, unsigned read) {
    if (cycle >= end_) [[unlikely]]
      move_to(cycle);
    spans_[at_].written += written;
    spans_[at_].read += read;
  }

  /// Of a run of `cycles`.
  BusUseResult result(std::uint64_t cycles) {
    if (cycles == 0) return {};
    if (cycles >= end_) move_to(cycles - 1);
    const std::size_t count = static_cast<std::size_t>((cycles - 1) / width_) + 1;
    return {width_, {spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(count)}};
  }

 private:
  [[gnu::noinline, gnu::cold]] void move_to(std::uint64_t cycle) {
    while (cycle >= width_ * kMost) {
      for (std::size_t i = 0; i < kMost / 2; ++i) {
        spans_[i] = {spans_[2 * i].written + spans_[2 * i + 1].written, spans_[2 * i].read + spans_[2 * i + 1].read};
      }
      for (std::size_t i = kMost / 2; i < kMost; ++i) spans_[i] = {};
      width_ *= 2;
    }
    at_ = static_cast<std::size_t>(cycle / width_);
    end_ = (at_ + 1) * width_;
  }

  std::uint64_t width_ = 16, end_ = 16;
  std::size_t at_ = 0;
  std::array<BusBeats, kMost> spans_{};
};

}  // namespace p2p::tb
