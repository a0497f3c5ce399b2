// gallery: 0xC4 0xC5 late
// A dispatch routine enters a critical region and returns on one path without leaving it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KeEnterCriticalRegion();
#ifdef FIXED
  KeLeaveCriticalRegion();
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
