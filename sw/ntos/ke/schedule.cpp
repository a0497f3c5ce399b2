#include "sw/ntos/ke/schedule.h"

#include <algorithm>

#include "sim/random.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
constexpr std::uint64_t kStream = 0x5C4ED;  // apart from the bus and the allocator
// One point in so many is a delay or a change of thread: rarer ones find less, denser ones never get anywhere.
constexpr unsigned kDelayOneIn = 4, kGiveWayOneIn = 6;
// Most delays are about as long as a kernel call, a few longer than an interrupt, its DPC and a context switch.
constexpr std::uint64_t kShortPs = 400'000, kLongPs = 20'000'000;
constexpr unsigned kLongOneIn = 5;

sim::Random g_random(0, 0);

bool on() { return state().config.schedule == ntos::Schedule::kRandom; }
bool one_in(unsigned count) { return g_random.below(count) == 0; }
}  // namespace

void start_schedule() { g_random = sim::Random(state().config.seed, kStream); }

void schedule_delay() {
  Thread* self = current_thread();
  if (!on() || self == nullptr || self->idle_thread || !one_in(kDelayOneIn)) return;
  for (std::uint64_t remaining = 1 + g_random.below(one_in(kLongOneIn) ? kLongPs : kShortPs); remaining != 0;) {
    const std::uint64_t before = hardware().now_ps();
    fiber_wait_for(self->cpu->poke, remaining);
    remaining -= std::min(remaining, hardware().now_ps() - before);
  }
}

bool schedule_gives_way() { return on() && one_in(kGiveWayOneIn); }

unsigned schedule_choice(unsigned count) { return on() ? static_cast<unsigned>(g_random.below(count)) : 0; }

void schedule_point() {
  if (on()) preemption_point();
}

}  // namespace p2p::ke
