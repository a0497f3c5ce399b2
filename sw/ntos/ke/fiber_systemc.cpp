#include "sw/ntos/ke/fiber.h"

#include <systemc>

namespace p2p::ke {

struct FiberEvent::Impl {
  sc_core::sc_event event;
};

namespace {
// Driver code and the DDIs under it are shallow, but a sanitizer's frames are large.
constexpr int kStackBytes = 512 * 1024;

sc_core::sc_time picoseconds_of(std::uint64_t picoseconds) {
  return sc_core::sc_time::from_value(picoseconds * (sc_core::sc_time(1, sc_core::SC_PS).value()));
}
}  // namespace

FiberEvent::FiberEvent() : impl_(std::make_unique<Impl>()) {}
FiberEvent::~FiberEvent() = default;
void FiberEvent::notify() { impl_->event.notify(sc_core::SC_ZERO_TIME); }

void fiber_spawn(const std::string& name, std::function<void()> body) {
  sc_core::sc_spawn_options options;
  options.set_stack_size(kStackBytes);
  sc_core::sc_spawn(std::move(body), sc_core::sc_gen_unique_name(name.c_str()), &options);
}
void fiber_wait(FiberEvent& event) { sc_core::wait(event.impl_->event); }
bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds) {
  sc_core::wait(picoseconds_of(picoseconds), event.impl_->event);
  return event.impl_->event.triggered();
}
void fiber_wait_ps(std::uint64_t picoseconds) { sc_core::wait(picoseconds_of(picoseconds)); }
void fiber_park() {
  sc_core::sc_event never;
  for (;;) sc_core::wait(never);
}
bool in_fiber() {
  const sc_core::sc_curr_proc_kind kind = sc_core::sc_get_current_process_handle().proc_kind() == sc_core::SC_NO_PROC_
                                              ? sc_core::SC_NO_PROC_
                                              : sc_core::SC_THREAD_PROC_;
  return kind == sc_core::SC_THREAD_PROC_;
}

}  // namespace p2p::ke
