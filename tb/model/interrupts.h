// INTR_STATE, INTR_ENABLE and the coalescing of FRAME_DONE.
#pragma once

#include <cstdint>

namespace p2p::model {

enum Cause : unsigned {
  kFrameDone,
  kNoBuf,
  kOverflow,
  kFormatErr,
  kBusErr,
  kDescErr,
  kDrained,
  kFifoErr,
  kVideoSize,
  kVideoLost,
  kCauses
};
constexpr std::uint32_t kCauseMask = (1u << kCauses) - 1;

class Interrupts {
 public:
  struct Edge {
    std::uint32_t events = 0;  ///< a bit a cause
    std::uint32_t cleared = 0, tested = 0;
    bool enable_written = false;
    std::uint32_t enable = 0;
    bool soft_reset_ends = false;
    std::uint8_t coalesce = 1;
    std::uint32_t coalesce_timeout = 0;
  };
  std::uint32_t state() const { return state_; }
  std::uint32_t enable() const { return enable_; }
  bool line() const { return line_; }
  /// Nothing changes but by an event or an access.
  bool settled() const { return unreported_ == 0; }
  void edge(const Edge& e);
  void reset() { *this = {}; }
  void preset_waited(std::uint32_t cycles) { waited_ = cycles; }

 private:
  std::uint32_t state_ = 0, enable_ = 0;
  bool line_ = false;
  std::uint8_t unreported_ = 0;  // completions since FRAME_DONE was raised
  std::uint32_t waited_ = 0;     // cycles since the first of them
};

inline void Interrupts::edge(const Edge& e) {
  const bool completion = (e.events >> kFrameDone) & 1;
  const bool enough = completion && static_cast<std::uint8_t>(unreported_ + 1) >= e.coalesce;
  const bool late = unreported_ != 0 && e.coalesce_timeout != 0 && waited_ >= e.coalesce_timeout;
  const std::uint32_t raised = (e.events & ~(1u << kFrameDone)) | ((enough || late) ? 1u << kFrameDone : 0u) | e.tested;
  if (e.soft_reset_ends) state_ = 0;
  state_ = (state_ & ~e.cleared) | raised;
  if (e.enable_written) enable_ = e.enable & kCauseMask;
  line_ = (state_ & enable_) != 0;
  if (e.soft_reset_ends || enough || late) {
    unreported_ = 0;
    waited_ = 0;
  } else if (completion) {
    waited_ = unreported_ == 0 ? 1 : (waited_ + 1) & 0xFFFFFF;
    ++unreported_;
  } else if (unreported_ != 0) {
    waited_ = (waited_ + 1) & 0xFFFFFF;
  }
}

}  // namespace p2p::model
