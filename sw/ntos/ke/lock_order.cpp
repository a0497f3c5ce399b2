#include "sw/ntos/ke/lock_order.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/call_stack.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"

namespace p2p::ke {

namespace {
/// `lock` was taken while another was held.
struct Nested {
  PKSPIN_LOCK lock;
  std::vector<ntos::CallFrame> stack;  // of the first time
};
using Order = std::unordered_map<PKSPIN_LOCK, std::vector<Nested>>;  // by outer lock; looked up, never walked

Order& order() {
  static auto* const instance = new Order;
  return *instance;
}

const Nested* direct(PKSPIN_LOCK outer, PKSPIN_LOCK lock) {
  const auto found = order().find(outer);
  if (found == order().end()) return nullptr;
  const auto& nested = found->second;
  const auto at =
      std::find_if(nested.begin(), nested.end(), [lock](const Nested& entry) { return entry.lock == lock; });
  return at != nested.end() ? &*at : nullptr;
}

/// The first step of a way from `from` to `to`, nullptr if there is none.
const Nested* first_step(PKSPIN_LOCK from, PKSPIN_LOCK to, std::vector<PKSPIN_LOCK>& seen) {
  const auto found = order().find(from);
  if (found == order().end() || std::find(seen.begin(), seen.end(), from) != seen.end()) return nullptr;
  seen.push_back(from);
  for (const Nested& next : found->second) {
    if (next.lock == to || first_step(next.lock, to, seen) != nullptr) return &next;
  }
  return nullptr;
}
}  // namespace

void note_lock_order(PKSPIN_LOCK outer, PKSPIN_LOCK lock) {
  if (!ntos::verifier_enabled() || direct(outer, lock) != nullptr) return;
  std::vector<PKSPIN_LOCK> seen;
  if (const Nested* contrary = first_step(lock, outer, seen); contrary != nullptr) {
    ntos::BugCheck report;
    report.code = 0xC4;
    report.parameters[0] = 0x1001;
    report.parameters[1] = value_of(lock);
    report.parameters[2] = value_of(outer);
    report.rule = "LockHierarchy";
    report.message =
        "a spin lock is taken while another is held that was taken inside it before: two processors that meet here "
        "deadlock";
    report.stack = capture_call_stack(0);
    report.contrary_stack = contrary->stack;
    raise_bug_check(std::move(report));
  }
  order()[outer].push_back({lock, capture_call_stack(1)});
  order()[lock];  // every lock that takes part has an entry
}

void forget_lock_order(PKSPIN_LOCK lock) {
  if (order().erase(lock) == 0) return;
  for (auto& [outer, nested] : order()) {  // erasing leaves no trace of the walk's order
    std::erase_if(nested, [lock](const Nested& entry) { return entry.lock == lock; });
  }
}

}  // namespace p2p::ke
