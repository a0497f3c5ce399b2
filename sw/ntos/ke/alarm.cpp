// The clock's process: calls alarms at their time. Without alarms it schedules nothing at all.
#include "sw/ntos/ddk.h"

#include <set>
#include <utility>

#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/fiber.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ke {

namespace {
struct Earlier {
  bool operator()(const Alarm* a, const Alarm* b) const {
    return std::pair(a->due, a->order) < std::pair(b->due, b->order);
  }
};
struct Clock {
  std::set<Alarm*, Earlier> alarms;
  FiberEvent changed;
  std::uint64_t next_order = 1;
};
Clock* g_clock = nullptr;  // never destroyed: SystemC tears its processes down after main()

void clock_loop() {
  std::set<Alarm*, Earlier>& alarms = g_clock->alarms;
  for (;;) {
    while (!alarms.empty() && (*alarms.begin())->due <= now_100ns()) {
      Alarm* alarm = *alarms.begin();
      alarms.erase(alarms.begin());
      alarm->set = false;
      alarm->expired();
    }
    if (alarms.empty()) {
      fiber_wait(g_clock->changed);
    } else {
      const auto due_ps = static_cast<std::uint64_t>((*alarms.begin())->due) * 100000;
      fiber_wait_for(g_clock->changed, due_ps - hardware().now_ps());
    }
  }
}
}  // namespace

void start_clock() {
  g_clock = new Clock;
  fiber_spawn("clock", nullptr, clock_loop);
}

std::int64_t due_time(LARGE_INTEGER time) {
  if (time.QuadPart >= 0) return time.QuadPart;
  // A relative time counts from now, which may lie between two units of 100 ns: never early.
  const auto now = static_cast<std::int64_t>((hardware().now_ps() + 99999) / 100000);
  return time.QuadPart < now - INT64_MAX ? INT64_MAX : now - time.QuadPart;
}

void set_alarm(Alarm* alarm) {
  alarm->order = g_clock->next_order++;
  alarm->set = true;
  // Farther than simulated time reaches: never.
  constexpr std::int64_t kEndOfTime = INT64_MAX / 100000;
  if (alarm->due > kEndOfTime) alarm->due = kEndOfTime;
  g_clock->alarms.insert(alarm);
  if (*g_clock->alarms.begin() == alarm) g_clock->changed.notify();
}

void set_alarm_in(Alarm* alarm, std::uint32_t milliseconds, std::function<void()> expired) {
  alarm->due = now_100ns() + std::int64_t{milliseconds} * 10000;
  alarm->expired = std::move(expired);
  set_alarm(alarm);
}

bool cancel_alarm(Alarm* alarm) {
  if (!alarm->set) return false;
  const bool first = *g_clock->alarms.begin() == alarm;
  g_clock->alarms.erase(alarm);
  alarm->set = false;
  if (first) g_clock->changed.notify();  // the machine is not woken for nothing
  return true;
}

}  // namespace p2p::ke
