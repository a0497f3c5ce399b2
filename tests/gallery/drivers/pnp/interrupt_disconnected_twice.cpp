// gallery: 0xCA 0x9
// The interrupt is disconnected where the device stops, and the pointer kept for where it is removed.
#include "skeleton.h"

static VOID Stop(PDEVICE Device) {
  IoDisconnectInterrupt(Device->Interrupt);
#ifdef FIXED
  Device->Interrupt = NULL;
#endif
}

const HOOKS Hooks = {.Stop = Stop};
