// gallery: 0xE6 0x11 late
// The driver gets an adapter and never gives it back.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  const NTSTATUS status = GetAdapter(Device);
#ifndef FIXED
  Device->Adapter = NULL;  // kept elsewhere, and forgotten there
#endif
  return status;
}

const HOOKS Hooks = {.Start = Start};
