// The interrupt line against what the register bus says of it (docs/registers.md): INTR_ENABLE is shadowed from the
// writes on `s_axil_*`, INTR_STATE is seen whenever software reads it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/check/rule.h"

namespace p2p::tb {

class InterruptChecker {
 public:
  enum Id { kReset, kDisabled, kHeld, kShown, kCause, kSeen, kCount };

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& bus) {
    if (!bus.rst_n) {
      ++rules[kReset].exercised;
      if (bus.intr) fail(kReset, cycle, "the interrupt line is high during reset");
      state_ = {};
      return;
    }
    const auto& p = bus.axil;
    if (p.awvalid | p.wvalid) follow_write(cycle, p);
    if (p.arvalid | p.rvalid) follow_read(cycle, p, bus.intr);
    if ((bus.intr | state_.level) == 0) return;
    State& s = state_;
    if (bus.intr) {
      ++rules[kDisabled].exercised;
      if (s.enable == 0 && cycle >= s.enable_changed + kWriteToLine) {
        fail(kDisabled, cycle, "the interrupt line is high with INTR_ENABLE zero");
      }
      if (!s.level) s.rose = cycle;
    } else {
      ++rules[kHeld].exercised;
      if (!s.resetting && cycle > s.quieted + kWriteToLine) {
        fail(kHeld, cycle, "the interrupt line fell without a write to INTR_STATE, INTR_ENABLE or CTRL");
      }
    }
    s.level = bus.intr;
  }

  std::array<Rule, kCount> rules{{
      {"INTR_RESET", "docs/registers.md, Interrupt causes", "the line is low during reset"},
      {"INTR_DISABLED", "docs/registers.md, INTR_ENABLE", "the line is low while no cause is enabled"},
      {"INTR_HELD", "docs/registers.md, INTR_STATE",
       "a raised line stays until software clears or masks the cause, or resets"},
      {"INTR_SHOWN", "docs/registers.md, Interrupt causes",
       "while software reads an enabled cause in INTR_STATE the line is high"},
      {"INTR_CAUSE", "docs/registers.md, Interrupt causes",
       "a line that was high when a read of INTR_STATE began has an enabled cause in the answer"},
      {"INTR_SEEN", "docs/registers.md, INTR_STATE",
       "software clears no enabled cause that it has not read as pending: one that comes just before would be lost"},
  }};
  ViolationLog violations;
  /// cycle() has something to do even if the line is low and no VALID is high.
  bool waiting() const { return state_.level != 0; }

 private:
  /// From the edge that accepts a register write to the first edge that sees its effect on the line: write register,
  /// INTR_STATE or INTR_ENABLE with the line.
  static constexpr std::uint64_t kWriteToLine = 2;
  static constexpr std::uint16_t kIntrState = 0x000, kIntrEnable = 0x004, kCtrl = 0x030;
  static constexpr std::uint32_t kCauses = 0x3FF, kSoftReset = 2;

  template <class Pins>
  void follow_write(std::uint64_t cycle, const Pins& p) {
    State& s = state_;
    if (p.awvalid & p.awready) {
      s.address = p.awaddr;
      s.have_address = true;
    }
    if (p.wvalid & p.wready) {
      s.data = p.wdata;
      s.low_byte = p.wstrb & 1;
      s.have_data = true;
    }
    if (!(s.have_address && s.have_data)) return;
    s.have_address = s.have_data = false;
    if (s.address == kIntrEnable && s.low_byte) {
      s.enable = s.data & kCauses;
      s.enable_changed = cycle;
    }
    if (s.address == kIntrState && s.low_byte) check_seen(cycle);
    if (s.address == kIntrState || s.address == kIntrEnable || s.address == kCtrl) s.quieted = cycle;
    // A soft reset drains first and may lower the line long after it was written.
    if (s.address == kCtrl && s.low_byte) s.resetting = (s.data & kSoftReset) != 0;
  }
  template <class Pins>
  void follow_read(std::uint64_t cycle, const Pins& p, unsigned line) {
    State& s = state_;
    if (p.arvalid & p.arready) {
      s.reading_state = p.araddr == kIntrState;
      s.read_began = cycle;
    }
    if ((p.rvalid & p.rready) == 0 || !s.reading_state) return;
    s.reading_state = false;
    s.seen |= p.rdata;
    // A write just before or during the read changes what either of them may show.
    const std::uint64_t touched = s.quieted + kWriteToLine;
    if (s.resetting || (s.quieted != 0 && touched >= s.read_began)) return;
    const bool pending = (p.rdata & s.enable) != 0;
    if (pending) {
      ++rules[kShown].exercised;
      if (!line) fail(kShown, cycle, "INTR_STATE reads " + std::to_string(p.rdata) + " and the line is low");
    }
    if (s.level && s.rose <= s.read_began) {
      ++rules[kCause].exercised;
      if (!pending) fail(kCause, cycle, "the line is high and INTR_STATE reads " + std::to_string(p.rdata));
    }
  }
  /// A cause that is not enabled may be cleared unseen, as before it is enabled.
  void check_seen(std::uint64_t cycle) {
    State& s = state_;
    const std::uint32_t cleared = s.data & s.enable;
    if (cleared != 0) {
      ++rules[kSeen].exercised;
      if ((cleared & ~s.seen) != 0) {
        fail(kSeen, cycle, "causes " + std::to_string(cleared & ~s.seen) + " are cleared unread");
      }
    }
    s.seen &= ~s.data;
  }
  [[gnu::cold]] void fail(Id id, std::uint64_t cycle, std::string text) {
    violations.add(rules[id], "bus", cycle, std::move(text));
  }

  struct State {
    std::uint32_t enable = 0, data = 0, seen = 0;
    std::uint16_t address = 0;
    bool have_address = false, have_data = false, low_byte = false, resetting = false, reading_state = false;
    unsigned level = 0;
    std::uint64_t enable_changed = 0, quieted = 0, rose = 0, read_began = 0;
  };
  State state_;
};

}  // namespace p2p::tb
