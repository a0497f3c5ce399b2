// Rules of the protocol checkers: a name, where it comes from, how often it was put to the test, what broke it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace p2p::tb {

struct Rule {
  const char* name;
  const char* reference;  ///< AMBA document and section, or docs/registers.md
  const char* text;
  std::uint64_t exercised = 0;
  std::uint64_t violated = 0;
};

struct Violation {
  std::string rule;
  std::string clock;  ///< "bus" or "pixel"
  std::uint64_t cycle = 0;
  std::string text;

  /// The simulated time of its cycle.
  std::uint64_t time_ps(std::uint64_t bus_period_ps, std::uint64_t pixel_period_ps) const {
    return cycle * (clock == "pixel" ? pixel_period_ps : bus_period_ps);
  }
};

/// Keeps the first violations of a checker; the count in Rule goes on.
class ViolationLog {
 public:
  static constexpr std::size_t kMost = 16;
  void add(Rule& rule, const char* clock, std::uint64_t cycle, std::string text) {
    ++rule.violated;
    if (list_.size() >= kMost && !listener_) return;
    Violation violation{rule.name, clock, cycle, std::move(text)};
    if (listener_) listener_(violation);
    if (list_.size() < kMost) list_.push_back(std::move(violation));
  }
  const std::vector<Violation>& list() const { return list_; }

  /// Is told of every violation, those that are not kept, too.
  void set_listener(std::function<void(const Violation&)> listener) { listener_ = std::move(listener); }

 private:
  std::vector<Violation> list_;
  std::function<void(const Violation&)> listener_;
};

}  // namespace p2p::tb
