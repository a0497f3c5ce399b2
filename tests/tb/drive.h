// The shape of every rule test: some cycles of hand-made pins, then the one rule that must fire in the cycle named.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "sim/pins.h"
#include "tb/check/rule.h"

namespace p2p::tb {

using Bus = sim::BusPins<sim::Value>;
using Video = sim::VideoPins<sim::Value>;

/// All bus pins low, out of reset.
inline Bus quiet_bus() {
  Bus bus{};
  bus.rst_n = 1;
  return bus;
}

/// Feeds a checker one cycle at a time and counts them. A step changes the pins of its own cycle only.
template <class Checker, class Pins>
class Drive {
 public:
  explicit Drive(Checker& target, const Pins& idle_pins) : checker(target), idle(idle_pins) {}
  template <class Change>
  Drive& with(Change change) {
    Pins pins = idle;
    change(pins);
    checker.cycle(now++, pins);
    return *this;
  }
  Drive& idle_for(std::uint64_t cycles) {
    for (; cycles != 0; --cycles) checker.cycle(now++, idle);
    return *this;
  }
  Checker& checker;
  Pins idle;
  std::uint64_t now = 100;  ///< of the next step; not zero, so that a checker that ignores it is found out
};

template <class Driver>
struct RuleCase {
  std::string rule;
  std::uint64_t cycle;  ///< in which it must fire
  std::function<void(Driver&)> steps;
  friend void PrintTo(const RuleCase& c, std::ostream* out) { *out << c.rule << " at " << c.cycle; }
};

/// The rule fired exactly once, at its cycle, and no other did.
template <class Checker, class Case>
void expect_only(const Checker& checker, const Case& expected) {
  ASSERT_FALSE(checker.violations.list().empty()) << expected.rule << " did not fire";
  const Violation& first = checker.violations.list().front();
  EXPECT_EQ(first.rule, expected.rule) << first.text;
  EXPECT_EQ(first.cycle, expected.cycle) << first.text;
  EXPECT_FALSE(first.text.empty());
  for (const Rule& rule : checker.rules) {
    EXPECT_EQ(rule.violated, rule.name == expected.rule ? 1u : 0u) << rule.name;
    if (rule.name == expected.rule) {
      EXPECT_GE(rule.exercised, 1u) << rule.name;
    }
  }
}

/// No rule is without a case that breaks it.
template <class Checker, class Cases>
void expect_every_rule_has_a_case(const Checker& checker, const Cases& cases) {
  std::set<std::string> broken;
  for (const auto& c : cases) broken.insert(c.rule);
  for (const Rule& rule : checker.rules) EXPECT_TRUE(broken.count(rule.name) != 0) << rule.name << " is never violated";
}

}  // namespace p2p::tb
