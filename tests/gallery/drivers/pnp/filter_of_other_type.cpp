// gallery: 0xC9 0x246 late
// A filter has a device type of its own, not that of the device it attaches to.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Device);  // the skeleton has copied it
#else
  Device->Self->DeviceType = FILE_DEVICE_SOUND;
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Filter = TRUE, .Added = Added};
