#include "sw/ntos/ke/fiber.h"

#include <systemc>
#include <unordered_map>

#include "ntos/inspect.h"
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

/// A wait in progress, on the stack of who waits. The list serves debuggers alone.
class Parked {
 public:
  Parked() : process_(sc_core::sc_get_current_process_b()), next_(first_) {
    if (next_ != nullptr) next_->previous_ = this;
    first_ = this;
  }
  ~Parked() {
    (previous_ != nullptr ? previous_->next_ : first_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
  }
  Parked(const Parked&) = delete;
  Parked& operator=(const Parked&) = delete;
  static const Parked* of(const void* self) {
    const std::unordered_map<const void*, void*>& selves = fibers().selves;
    for (const Parked* parked = first_; parked != nullptr; parked = parked->next_) {
      const auto found = selves.find(parked->process_);
      if (found != selves.end() && found->second == self) return parked;
    }
    return nullptr;
  }

  ntos::ParkedContext context;

 private:
  static inline Parked* first_ = nullptr;
  const void* process_;
  Parked* next_;
  Parked* previous_ = nullptr;
};

/// The registers as they are here: unwinding from here finds the callers as long as the calling function has not
/// returned.
__attribute__((always_inline)) inline void note_registers(ntos::ParkedContext& context) {
  asm volatile(
      "leaq 0f(%%rip), %%rax\n\t"
      "movq %%rax, 0(%0)\n\tmovq %%rsp, 8(%0)\n\tmovq %%rbp, 16(%0)\n\tmovq %%rbx, 24(%0)\n\t"
      "movq %%r12, 32(%0)\n\tmovq %%r13, 40(%0)\n\tmovq %%r14, 48(%0)\n\tmovq %%r15, 56(%0)\n"
      "0:"
      :
      : "r"(&context)
      : "rax", "memory");
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
  Parked parked;
  note_registers(parked.context);
  sc_core::wait(event.impl_->event);
  after_wait();
}
bool fiber_wait_for(FiberEvent& event, std::uint64_t picoseconds) {
  Parked parked;
  note_registers(parked.context);
  sc_core::wait(picoseconds_of(picoseconds), event.impl_->event);
  after_wait();
  return event.impl_->event.triggered();
}
const ntos::ParkedContext* fiber_parked(const void* self) {
  const Parked* parked = Parked::of(self);
  return parked != nullptr ? &parked->context : nullptr;
}

void fiber_park() {
  Parked parked;
  note_registers(parked.context);
  for (;;) sc_core::wait(fibers().never);
}
void fiber_halt() { fibers().halted = true; }
bool fibers_halted() { return fibers().halted; }

}  // namespace p2p::ke
