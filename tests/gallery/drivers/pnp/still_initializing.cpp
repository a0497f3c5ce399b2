// gallery: 0xC9 0x243 late
// AddDevice does not clear DO_DEVICE_INITIALIZING.
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Device);  // the skeleton has cleared it
#else
  Device->Self->Flags |= DO_DEVICE_INITIALIZING;
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Added = Added};
