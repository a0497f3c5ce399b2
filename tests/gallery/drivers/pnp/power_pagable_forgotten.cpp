// gallery: 0xC9 0x23F late
// A driver sets the flags of its device anew and so loses DO_POWER_PAGABLE, which the stack below has.
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  Device->Self->Flags |= DO_DIRECT_IO;
#else
  Device->Self->Flags = DO_DIRECT_IO;
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Added = Added};
