// The interrupt line against what the register bus says of it (docs/registers.md): INTR_ENABLE is shadowed from the
// writes on `s_axil_*`.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/check/rule.h"

namespace p2p::tb {

class InterruptChecker {
 public:
  enum Id { kReset, kDisabled, kHeld, kCount };

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& bus) {
    if (!bus.rst_n) {
      ++rules[kReset].exercised;
      if (bus.intr) violations.add(rules[kReset], "bus", cycle, "the interrupt line is high during reset");
      *this = InterruptChecker(rules, violations);
      return;
    }
    follow_writes(cycle, bus.axil);
    if (bus.intr == 0 && level_ == 0) return;
    if (bus.intr && enable_ == 0 && cycle > enable_changed_ + kSettle) {
      ++rules[kDisabled].exercised;
      violations.add(rules[kDisabled], "bus", cycle, "the interrupt line is high with INTR_ENABLE zero");
    } else if (bus.intr) {
      ++rules[kDisabled].exercised;
    }
    if (level_ && !bus.intr) {
      ++rules[kHeld].exercised;
      if (cycle > quieted_ + kSettle) {
        violations.add(rules[kHeld], "bus", cycle,
                       "the interrupt line fell without a write to INTR_STATE, INTR_ENABLE or CTRL");
      }
    }
    level_ = bus.intr;
  }

  std::array<Rule, kCount> rules{{
      {"INTR_RESET", "docs/registers.md", "the line is low during reset"},
      {"INTR_DISABLED", "docs/registers.md INTR_ENABLE", "the line is low while no cause is enabled"},
      {"INTR_HELD", "docs/registers.md INTR_STATE",
       "a raised line stays until software clears or masks the cause, or resets"},
  }};
  ViolationLog violations;

  InterruptChecker() = default;

 private:
  /// Register and output stages, and the response a slow master takes late.
  static constexpr std::uint64_t kSettle = 64;
  InterruptChecker(const std::array<Rule, kCount>& kept_rules, const ViolationLog& kept)
      : rules(kept_rules), violations(kept) {}

  template <class Pins>
  void follow_writes(std::uint64_t cycle, const Pins& p) {
    if (p.awvalid & p.awready) {
      address_ = p.awaddr;
      have_address_ = true;
    }
    if (p.wvalid & p.wready) {
      data_ = p.wdata;
      have_data_ = true;
    }
    if (!(have_address_ && have_data_)) return;
    have_address_ = have_data_ = false;
    if (address_ == 0x004) {
      enable_ = data_ & 0x7F;
      enable_changed_ = cycle;
    }
    if (address_ == 0x000 || address_ == 0x004 || address_ == 0x030) quieted_ = cycle;
    // A soft reset drains first and may lower the line long after it was written.
    if (address_ == 0x030 && (data_ & 2) != 0) quieted_ = ~std::uint64_t{0} - kSettle;
  }

  std::uint32_t enable_ = 0, data_ = 0;
  std::uint16_t address_ = 0;
  bool have_address_ = false, have_data_ = false;
  unsigned level_ = 0;
  std::uint64_t enable_changed_ = 0, quieted_ = 0;
};

}  // namespace p2p::tb
