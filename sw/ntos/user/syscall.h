// What surrounds every system call. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::nt {

/// Charges the call and sets previous mode UserMode while it lasts. A call that would return to an application above
/// PASSIVE_LEVEL is bug check 0x4A, one with another count of critical regions 0x01.
class SystemCall {
 public:
  SystemCall();
  ~SystemCall() noexcept(false);
  SystemCall(const SystemCall&) = delete;
  SystemCall& operator=(const SystemCall&) = delete;

 private:
  ke::Thread* thread_;
  KPROCESSOR_MODE mode_;
  int apc_disable_;
  const void* routine_;
};

}  // namespace p2p::nt
