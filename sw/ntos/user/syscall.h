// What surrounds every system call. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::nt {

/// Charges the call and sets previous mode UserMode while it lasts.
class SystemCall {
 public:
  SystemCall() : thread_(ke::current_thread()), mode_(thread_->previous_mode) {
    ke::charge_ns(ke::cost().system_call);
    thread_->previous_mode = UserMode;
  }
  ~SystemCall() { thread_->previous_mode = mode_; }
  SystemCall(const SystemCall&) = delete;
  SystemCall& operator=(const SystemCall&) = delete;

 private:
  ke::Thread* thread_;
  KPROCESSOR_MODE mode_;
};

}  // namespace p2p::nt
