// AXI4-Stream video on `s_axis_video_*`. Reference: IHI 0051.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/check/rule.h"

namespace p2p::tb {

class VideoChecker {
 public:
  enum Id { kReset, kStable, kSofFirst, kCount };

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& p) {
    if (!p.rst_n) {
      ++rules[kReset].exercised;
      if (p.tvalid) violations.add(rules[kReset], "pixel", cycle, "TVALID is high during reset");
      waiting_ = false;
      started_ = false;
      return;
    }
    if (!p.tvalid && !waiting_) return;
    if (p.tvalid & p.tready & static_cast<unsigned>(started_ && !waiting_)) {  // the usual beat
      ++beats;
      return;
    }
    const std::uint64_t payload = std::uint64_t{p.tdata} | std::uint64_t{p.tuser} << 32 | std::uint64_t{p.tlast} << 33;
    if (waiting_) {
      ++rules[kStable].exercised;
      if (!p.tvalid) {
        violations.add(rules[kStable], "pixel", cycle, "TVALID fell before TREADY");
      } else if (payload != payload_) {
        violations.add(rules[kStable], "pixel", cycle, "the payload changed before TREADY");
      }
    }
    waiting_ = p.tvalid && !p.tready;
    payload_ = payload;
    if (p.tvalid & p.tready) {
      ++beats;
      if (!started_) {
        ++rules[kSofFirst].exercised;
        if (!p.tuser) violations.add(rules[kSofFirst], "pixel", cycle, "the stream begins without a start of frame");
        started_ = true;
      }
    }
  }

  std::array<Rule, kCount> rules{{
      {"AXIS_RESET", "IHI0051 2.7.2", "TVALID is low while reset is asserted"},
      {"AXIS_STABLE", "IHI0051 2.2.1", "TVALID and its payload stay until TREADY"},
      {"AXIS_SOF_FIRST", "docs/registers.md pins", "the first beat after reset has TUSER, the start of a frame"},
  }};
  ViolationLog violations;
  std::uint64_t beats = 0;

 private:
  bool waiting_ = false;
  bool started_ = false;
  std::uint64_t payload_ = 0;
};

}  // namespace p2p::tb
