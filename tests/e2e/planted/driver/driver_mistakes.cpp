// DriverEntry reads the choice, and may allocate what nobody frees.
#include "mistakes.h"

static NTSTATUS InitializeDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                 const KSDEVICE_DESCRIPTOR* Descriptor) {
  ChooseMistake(RegistryPath);
  if (Mistaken(L"leaks") && ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, VCAP_POOL_TAG) == NULL)
    return STATUS_INSUFFICIENT_RESOURCES;
  return KsInitializeDriver(DriverObject, RegistryPath, Descriptor);
}
#undef KsInitializeDriver
#define KsInitializeDriver InitializeDriver
#include "driver.cpp"
