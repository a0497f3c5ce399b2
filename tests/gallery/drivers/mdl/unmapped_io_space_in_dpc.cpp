// gallery: 0xC4 0x7B
// A DPC undoes a mapping of registers, which is allowed up to APC_LEVEL.
#include "skeleton.h"

static PVOID Window;

static VOID Unmap(PDEVICE Device) {
  if (Window != NULL) MmUnmapIoSpace(Window, Device->RegisterBytes);
  Window = NULL;
}

static NTSTATUS Start(PDEVICE Device) {
  Window = MmMapIoSpace(Device->RegisterBase, Device->RegisterBytes, MmNonCached);
  return Window != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Dpc(PDEVICE Device) {
#ifndef FIXED
  Unmap(Device);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Stop = Unmap, .Dpc = Dpc};
