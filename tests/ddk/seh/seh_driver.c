// A driver in C whose DriverEntry goes through every exit of a __try statement, then lets its C++ half do the same.
#include "seh_cases.h"

#pragma code_seg("PAGE")

DRIVER_INITIALIZE DriverEntry;
void run_cpp(void);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(RegistryPath);
  c_run();
  run_cpp();
  ExRaiseStatus(STATUS_IO_DEVICE_ERROR);  // nobody takes it
  return STATUS_SUCCESS;
}
