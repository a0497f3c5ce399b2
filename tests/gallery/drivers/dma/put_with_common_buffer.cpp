// gallery: 0xE6 0x7
// The adapter is given back with the common buffer still allocated.
#include "skeleton.h"

struct COMMON {
  PVOID Buffer;
  PHYSICAL_ADDRESS Logical;
};

static NTSTATUS Start(PDEVICE Device) {
  COMMON* common = static_cast<COMMON*>(Device->Context);
  common->Buffer = Device->Adapter->DmaOperations->AllocateCommonBuffer(Device->Adapter, 8192, &common->Logical, TRUE);
  return common->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Stop(PDEVICE Device) {
#ifdef FIXED
  COMMON* common = static_cast<COMMON*>(Device->Context);
  Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, 8192, common->Logical, common->Buffer, TRUE);
#else
  UNREFERENCED_PARAMETER(Device);
#endif
}

const HOOKS Hooks = {.ContextBytes = sizeof(COMMON), .Dma = TRUE, .Start = Start, .Stop = Stop};
