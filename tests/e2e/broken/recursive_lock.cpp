// A driver with one mistake: it acquires a spin lock that it holds.
#include <ntddk.h>

static KSPIN_LOCK BrokenLock;

static __attribute__((noinline)) VOID BrokenCount(PULONG Counter) {
  KIRQL irql;
  KeAcquireSpinLock(&BrokenLock, &irql);
  ++*Counter;
  KeReleaseSpinLock(&BrokenLock, irql);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(RegistryPath);
  ULONG counter = 0;
  KIRQL irql;
  KeInitializeSpinLock(&BrokenLock);
  KeAcquireSpinLock(&BrokenLock, &irql);
  BrokenCount(&counter);
  KeReleaseSpinLock(&BrokenLock, irql);
  return STATUS_SUCCESS;
}
