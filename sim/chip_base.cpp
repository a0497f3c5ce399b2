#include "sim/chip_base.h"

#include <systemc>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace p2p::sim {
namespace {

// The decoders of video files run on this process's stack.
constexpr int kStackBytes = 4 << 20;

std::uint64_t kernel_time_ps() { return sc_core::sc_time_stamp().value(); }

void wait_until(std::uint64_t time_ps) {
  const std::uint64_t now = kernel_time_ps();
  if (time_ps > now) sc_core::wait(sc_core::sc_time::from_value(time_ps - now));
}

/// Absolute time of the next thing the kernel has to do; the largest value if there is none.
std::uint64_t next_activity_ps() {
  const std::uint64_t now = kernel_time_ps();
  const std::uint64_t ahead = sc_core::sc_time_to_pending_activity().value();
  return ahead > ~std::uint64_t{0} - now ? ~std::uint64_t{0} : now + ahead;
}

}  // namespace

struct ChipBase::Process : sc_core::sc_module {
  Process(const sc_core::sc_module_name& module_name, ChipBase& chip) : sc_core::sc_module(module_name) {
    sc_core::sc_spawn_options options;
    options.set_stack_size(kStackBytes);
    sc_core::sc_spawn([&chip] { chip.run(); }, "clock", &options);
  }
};

ChipBase::ChipBase(std::uint64_t batch, std::uint64_t time_limit_ps, Attention& attention)
    : attention_(attention), batch_(std::max<std::uint64_t>(batch, 1)), time_limit_ps_(time_limit_ps) {
  if (sc_core::sc_get_time_resolution() != sc_core::sc_time(1, sc_core::SC_PS)) {
    throw std::logic_error("the machine needs a SystemC time resolution of 1 ps");
  }
  process_ = std::make_unique<Process>("chip", *this);
}

ChipBase::~ChipBase() = default;

std::uint64_t ChipBase::now_ps() const { return in_loop_ ? time_ps_ : kernel_time_ps(); }

std::uint64_t ChipBase::ahead_ps() const {
  const std::uint64_t now = kernel_time_ps();
  return in_loop_ && time_ps_ > now ? time_ps_ - now : 0;
}

void ChipBase::call_at(std::uint64_t time_ps, std::function<void()> call) { calls_.emplace(time_ps, std::move(call)); }

void ChipBase::run() {
  while (true) {
    while (!halted_ && sc_core::sc_pending_activity_at_current_time()) sc_core::wait(sc_core::SC_ZERO_TIME);
    if (halted_) break;
    std::uint64_t horizon = next_activity_ps();
    if (!calls_.empty()) {
      if (kernel_time_ps() >= calls_.begin()->first) {
        const auto due = calls_.extract(calls_.begin());
        due.mapped()();
        continue;
      }
      horizon = std::min(horizon, calls_.begin()->first);
    }
    if (time_limit_ps_ != 0) horizon = std::min(horizon, time_limit_ps_);
    in_loop_ = true;
    advance(horizon, batch_);
    in_loop_ = false;
    if (attention_.raised) {
      wait_until(time_ps_);
      attention_.raised = false;
      callbacks_.deliver();
      continue;
    }
    if (time_limit_ps_ != 0 && next_edge_ps() >= time_limit_ps_) {
      wait_until(time_limit_ps_);
      // Who acts at the limit still acts before the stop, as it would act before an edge.
      while (!halted_ && sc_core::sc_pending_activity_at_current_time()) sc_core::wait(sc_core::SC_ZERO_TIME);
      if (!halted_) callbacks_.time_limit_reached();
      break;
    }
    wait_until(next_edge_ps());
  }
  halted();
}

}  // namespace p2p::sim
