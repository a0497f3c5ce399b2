// gallery: 0xC4 0x3E
// A critical region is left where an error is handled and once more at the end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KeEnterCriticalRegion();
  if (Irp->AssociatedIrp.SystemBuffer != NULL) KeLeaveCriticalRegion();
#ifdef FIXED
  else
#endif
    KeLeaveCriticalRegion();
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
