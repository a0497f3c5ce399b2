// Structured exception handling: filters first, then __finally blocks from the inside out, then the handler. What
// drivers'
// __try statements link into the thread's list is in sw/ddk/extras/p2p_seh.h.
#include "sw/ntos/ke/exception.h"

#include "sw/ntos/ke/irql.h"

#include <p2p_seh.h>

#include <algorithm>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
constexpr int kExcept = 1;
constexpr int kExecuteHandler = 1, kContinueExecution = -1;
/// Exceptions inside filters of exceptions inside filters: Windows runs out of stack.
constexpr unsigned kDeepest = 16;

P2pSehFrame*& innermost() { return *P2pSehFrames(); }

/// Takes `target` and all that is inside it out of the list, and runs their __finally blocks.
[[noreturn]] void unwind_to(P2pSehFrame* target) {
  while (innermost() != target) {
    P2pSehFrame* frame = innermost();
    innermost() = frame->Next;
    frame->Linked = 0;
    if (frame->Kind != kExcept) frame->Call(frame, P2P_SEH_FINALLY);
  }
  innermost() = target->Next;
  target->Linked = 0;
  target->Jump(target, P2P_SEH_HANDLER);
  __builtin_unreachable();
}

int run_filter(P2pSehFrame* frame, EXCEPTION_POINTERS* pointers) {
  _EXCEPTION_POINTERS* outer = frame->Pointers;
  const int outer_code = frame->Code;
  frame->Pointers = pointers;
  frame->Code = pointers->ExceptionRecord->ExceptionCode;
  const int verdict = frame->Call(frame, P2P_SEH_FILTER);
  frame->Pointers = outer;
  if (verdict < kExecuteHandler) frame->Code = outer_code;
  return verdict;
}
}  // namespace

bool inside_try() { return current_thread() != nullptr && innermost() != nullptr; }

void dispatch_exception(NTSTATUS status, const void* address, ULONG parameter_count, const ULONG_PTR* parameters) {
  if (!inside_try()) return;
  Thread* thread = current_thread();
  EXCEPTION_RECORD record{};
  record.ExceptionCode = status;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  record.ExceptionAddress = const_cast<void*>(address);
  record.NumberParameters = parameter_count;
  std::copy_n(parameters, parameter_count, record.ExceptionInformation);
  CONTEXT context{};
  context.Rip = value_of(address);
  EXCEPTION_POINTERS pointers{&record, &context};
  trace("exception", {{"status", static_cast<ULONG>(status)}});
  if (++thread->exceptions > kDeepest) return;
  for (P2pSehFrame* frame = innermost(); frame != nullptr; frame = frame->Next) {
    if (frame->Kind != kExcept) continue;
    const int verdict = run_filter(frame, &pointers);
    if (verdict >= kExecuteHandler) {
      thread->exceptions = 0;
      unwind_to(frame);
    }
    if (verdict <= kContinueExecution) {
      raise_status(STATUS_NONCONTINUABLE_EXCEPTION, address,
                   "a filter said EXCEPTION_CONTINUE_EXECUTION to an exception that cannot be continued");
    }
  }
  --thread->exceptions;
}

void raise_status(NTSTATUS status, const void* address, const char* unhandled) {
  dispatch_exception(status, address);
  ntos::bug_check(0x1E, static_cast<ULONG>(status), value_of(address), 0, 0, "KMODE_EXCEPTION_NOT_HANDLED", unhandled);
}

OwnExceptions::OwnExceptions() : outer_(innermost()) { innermost() = nullptr; }
OwnExceptions::~OwnExceptions() { innermost() = static_cast<P2pSehFrame*>(outer_); }

}  // namespace p2p::ke

extern "C" {

P2pSehFrame** P2P_NTAPI P2pSehFrames() { return &p2p::ke::current_thread()->try_statements; }

// On the IRQL: the exceptions of Windows are documented for PASSIVE_LEVEL; the table holds the Verifier to it.
VOID NTAPI ExRaiseStatus(NTSTATUS Status) {
  p2p::ke::raise_status(Status, __builtin_return_address(0), "ExRaiseStatus: the exception is not handled");
}
VOID NTAPI RtlRaiseStatus(NTSTATUS Status) {
  p2p::ke::raise_status(Status, __builtin_return_address(0), "RtlRaiseStatus: the exception is not handled");
}
VOID NTAPI ExRaiseAccessViolation(VOID) {
  p2p::ke::raise_status(STATUS_ACCESS_VIOLATION, __builtin_return_address(0),
                        "ExRaiseAccessViolation: the exception is not handled");
}
VOID NTAPI ExRaiseDatatypeMisalignment(VOID) {
  p2p::ke::raise_status(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0),
                        "ExRaiseDatatypeMisalignment: the exception is not handled");
}

// There is no debugger: the breakpoint is an exception.
#undef DbgBreakPoint
VOID NTAPI DbgBreakPoint(VOID) {
  p2p::ke::raise_status(STATUS_BREAKPOINT, __builtin_return_address(0), "DbgBreakPoint without a debugger");
}
VOID NTAPI DbgBreakPointWithStatus(ULONG Status) {
  UNREFERENCED_PARAMETER(Status);
  p2p::ke::raise_status(STATUS_BREAKPOINT, __builtin_return_address(0), "DbgBreakPointWithStatus without a debugger");
}

}  // extern "C"
