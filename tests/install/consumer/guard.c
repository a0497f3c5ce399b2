/* What only the translation makes compile. */
#include <ntddk.h>

const Limit = 7;

NTSTATUS GuardedRaise(NTSTATUS Status);
NTSTATUS GuardedRaise(NTSTATUS Status) {
  __try {
    if (Status != STATUS_SUCCESS) ExRaiseStatus(Status);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode() == (ULONG)Status ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
  }
  return Limit;
}
