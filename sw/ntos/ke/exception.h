// Exceptions on their way to the __try statements of the calling thread.
#pragma once

#include "sw/ntos/ddk.h"

namespace p2p::ke {

/// Is there a __try statement around the caller, so that raising is not the end?
bool inside_try();

/// Offers the exception to the filters of the thread's __try statements, innermost first; the first that takes it gets
/// control, after the __finally blocks between, and this does not return. Returns if none does. A filter that says
/// EXCEPTION_CONTINUE_EXECUTION raises STATUS_NONCONTINUABLE_EXCEPTION: nothing here can be continued.
void dispatch_exception(NTSTATUS status, const void* address, ULONG parameter_count = 0,
                        const ULONG_PTR* parameters = nullptr);

/// dispatch_exception(), and bug check 0x1E with the words if nobody takes it.
[[noreturn]] void raise_status(NTSTATUS status, const void* address, const char* unhandled);

/// While it lives, exceptions do not reach the __try statements of the thread whose stack is used: a DPC or an
/// interrupt service routine is nobody's callee.
class OwnExceptions {
 public:
  OwnExceptions();
  ~OwnExceptions();
  OwnExceptions(const OwnExceptions&) = delete;
  OwnExceptions& operator=(const OwnExceptions&) = delete;

 private:
  void* outer_;
};

}  // namespace p2p::ke
