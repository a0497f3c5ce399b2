// gallery: 0xE6 0x25
// A DEVICE_DESCRIPTION on the stack is filled in field by field, its version is left as it was.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  DEVICE_DESCRIPTION description;
#ifdef FIXED
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
#else
  RtlFillMemory(&description, sizeof(description), 0xCC);  // what the stack may hold
#endif
  description.Master = TRUE;
  description.ScatterGather = TRUE;
  description.Dma64BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = 4096;
  Device->Adapter = IoGetDmaAdapter(Device->Pdo, &description, &Device->MapRegisters);
  return Device->Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

const HOOKS Hooks = {.Start = Start};
