#include "sw/ntos/ddk.h"

#include "sw/ntos/user/syscall.h"

#include "sw/ntos/ke/verify.h"

namespace p2p::nt {

SystemCall::SystemCall()
    : thread_(ke::current_thread()),
      mode_(thread_->previous_mode),
      apc_disable_(thread_->kernel_apc_disable),
      routine_(__builtin_return_address(0)) {
  ke::charge_ns(ke::cost().system_call);
  thread_->previous_mode = UserMode;
}

SystemCall::~SystemCall() noexcept(false) {
  thread_->previous_mode = mode_;
  if (mode_ == KernelMode) return;  // a system thread that plays an application
  const KIRQL irql = ke::current_cpu().irql;
  if (irql != PASSIVE_LEVEL) {
    ntos::bug_check(0x4A, ke::value_of(routine_), irql, 0, 0, "IRQL_GT_ZERO_AT_SYSTEM_SERVICE",
                    "a system call returns to user mode above PASSIVE_LEVEL");
  }
  if (thread_->kernel_apc_disable != apc_disable_) {
    ntos::bug_check(0x01, ke::value_of(routine_), 0, static_cast<std::uint64_t>(thread_->kernel_apc_disable), 0,
                    "APC_INDEX_MISMATCH", "a system call returns to user mode inside a critical region");
  }
}

}  // namespace p2p::nt
