// The bus clock's end of the header FIFO: numbers the frames that begin, notes when, and counts those that never got
// in.
#pragma once

#include <cstdint>

#include "tb/model/engine.h"
#include "tb/model/queue.h"
#include "tb/model/video_input.h"

namespace p2p::model {

class FrameStarts {
 public:
  FrameStarts() : frames_(16) {}
  bool takes(bool header_offered) const { return header_offered && !frames_.full(); }
  bool any() const { return !frames_.empty(); }
  const FrameStart& front() const { return frames_.front(); }

  void edge(bool header_offered, const FrameHeader& header, bool pop, bool clear, std::uint64_t time) {
    const bool take = takes(header_offered);
    if (pop) frames_.pop();
    if (take) {
      next_ += header.lost_overflow + std::uint32_t{header.lost_format};
      if (header.frame) frames_.push({next_++, time, header.field});
    }
    if (clear) reset();
  }
  void reset() {
    frames_.clear();
    next_ = 0;
  }
  void preset_number(std::uint32_t value) { next_ = value; }

 private:
  Queue<FrameStart> frames_;
  std::uint32_t next_ = 0;
};

}  // namespace p2p::model
