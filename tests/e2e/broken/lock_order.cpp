// A driver with one mistake: it nests two spin locks one way here and the other way there.
#include <ntddk.h>

static KSPIN_LOCK BrokenQueueLock, BrokenStateLock;

static __attribute__((noinline)) VOID BrokenNest(PKSPIN_LOCK Outer, PKSPIN_LOCK Inner) {
  KIRQL irql;
  KeAcquireSpinLock(Outer, &irql);
  KeAcquireSpinLockAtDpcLevel(Inner);
  KeReleaseSpinLockFromDpcLevel(Inner);
  KeReleaseSpinLock(Outer, irql);
}

// Counted after the call, so that it is no tail call, which would leave its caller out of the call stack.
static volatile LONG BrokenCalls;

static __attribute__((noinline)) VOID BrokenForward() {
  BrokenNest(&BrokenQueueLock, &BrokenStateLock);
  BrokenCalls = BrokenCalls + 1;
}

static __attribute__((noinline)) VOID BrokenBackward() {
  BrokenNest(&BrokenStateLock, &BrokenQueueLock);
  BrokenCalls = BrokenCalls + 1;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeSpinLock(&BrokenQueueLock);
  KeInitializeSpinLock(&BrokenStateLock);
  BrokenForward();
  BrokenBackward();
  return STATUS_SUCCESS;
}
