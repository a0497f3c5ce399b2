// gallery: 0xC9 0x244 late
// A filter does not take over DO_DIRECT_IO from the device it attaches to.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Device);  // the skeleton has copied it
#else
  Device->Self->Flags &= ~DO_DIRECT_IO;
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Filter = TRUE, .Added = Added};
