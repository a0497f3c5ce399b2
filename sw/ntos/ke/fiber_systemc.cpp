#include "sw/ntos/ke/fiber.h"

#include <systemc>
#include <unordered_map>

#include "sw/ntos/ke/paging.h"

namespace p2p::ke {

struct FiberEvent::Impl {
  sc_core::sc_event event;
};

namespace {
// Driver code and the DDIs under it are shallow, but a sanitizer's frames are large.
constexpr int kStackBytes = 512 * 1024;

struct Fibers {
  std::unordered_map<const void*, void*> selves;  // by SystemC process
  const void* last_process = nullptr;             // the process asked for most recently
  void* last_self = nullptr;
  bool halted = false;
  sc_core::sc_event never;
};
// Outlives every process: SystemC's own teardown comes after main().
Fibers& fibers() {
  static Fibers* const instance = new Fibers;
  return *instance;
}

sc_core::sc_time picoseconds_of(std::uint64_t picoseconds) {
  static const std::uint64_t per_picosecond = sc_core::sc_time(1, sc_core::SC_PS).value();
  return sc_core::sc_time::from_value(picoseconds * per_picosecond);
}

void after_wait() {
  if (fibers().halted) fiber_park();
  if (paged_pool_open) fiber_resumed();
}
}  // namespace

FiberEvent::FiberEvent() : impl_(std::make_unique<Impl>()) {}
FiberEvent::~FiberEvent() = default;
void FiberEvent::notify() { impl_->event.notify(sc_core::SC_ZERO_TIME); }

void fiber_spawn(const std::string& name, void* self, std::function<void()> body) {
  sc_core::sc_spawn_options options;
  options.set_stack_size(kStackBytes);
  auto run = [self, work = std::move(body)] {
    const void* process = sc_core::sc_get_current_process_b();
    fibers().selves[process] = self;
    fibers().last_process = nullptr;
    work();
    fibers().selves.erase(process);
    fibers().last_process = nullptr;
  };
  sc_core::sc_spawn(std::move(run), sc_core::sc_gen_unique_name(name.c_str()), &options);
}

void* fiber_self() {
  Fibers& all = fibers();
  const void* process = sc_core::sc_get_current_process_b();
  if (process == nullptr) return nullptr;
  if (process != all.last_process) {
    auto found = all.selves.find(process);
    all.last_process = process;
    all.last_self = found == all.selves.end() ? nullptr : found->second;
  }
  return all.last_self;
}

void fiber_wait(FiberEvent& event) {
  sc_core::wait(event.impl_->event);
  after_wait();
}
bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds) {
  sc_core::wait(picoseconds_of(picoseconds), event.impl_->event);
  after_wait();
  return event.impl_->event.triggered();
}
void fiber_park() {
  for (;;) sc_core::wait(fibers().never);
}
void fiber_halt() { fibers().halted = true; }
bool fibers_halted() { return fibers().halted; }

}  // namespace p2p::ke
