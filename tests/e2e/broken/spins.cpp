// A driver with one mistake: it waits in a loop for what nobody will do.
#include <ntddk.h>

static volatile LONG BrokenFlag;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(RegistryPath);
  while (BrokenFlag == 0) {
  }
  return STATUS_SUCCESS;
}
