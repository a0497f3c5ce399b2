// gallery: 0xE6 0x18
// The adapter is given back first, and then the common buffer through it.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  PHYSICAL_ADDRESS logical;
  NTSTATUS status = GetAdapter(Device);
  if (!NT_SUCCESS(status)) return status;
  PDMA_ADAPTER adapter = Device->Adapter;
  Device->Adapter = NULL;
#ifndef FIXED
  adapter->DmaOperations->PutDmaAdapter(adapter);
#endif
  PVOID buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 4096, &logical, TRUE);
  if (buffer != NULL) adapter->DmaOperations->FreeCommonBuffer(adapter, 4096, logical, buffer, TRUE);
#ifdef FIXED
  adapter->DmaOperations->PutDmaAdapter(adapter);
#endif
  return status;
}

const HOOKS Hooks = {.Start = Start};
