// gallery: 0xE6 0x3
// The common buffer is freed where the device stops and again where the adapter is given back.
#include "skeleton.h"

struct COMMON {
  PVOID Buffer;
  PHYSICAL_ADDRESS Logical;
};

static VOID Free(PDEVICE Device) {
  COMMON* common = static_cast<COMMON*>(Device->Context);
  if (common->Buffer == NULL) return;
  Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, 4096, common->Logical, common->Buffer, TRUE);
#ifdef FIXED
  common->Buffer = NULL;
#endif
}

static NTSTATUS Start(PDEVICE Device) {
  COMMON* common = static_cast<COMMON*>(Device->Context);
  common->Buffer = Device->Adapter->DmaOperations->AllocateCommonBuffer(Device->Adapter, 4096, &common->Logical, TRUE);
  return common->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Stop(PDEVICE Device) {
  Free(Device);
  Free(Device);
}

const HOOKS Hooks = {.ContextBytes = sizeof(COMMON), .Dma = TRUE, .Start = Start, .Stop = Stop};
