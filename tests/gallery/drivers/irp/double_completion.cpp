// gallery: 0x44 address
// A control request with nothing to return is completed where that is seen, and once more at the end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength != 0) {
    Complete(Irp, STATUS_SUCCESS);
#ifdef FIXED
    return STATUS_SUCCESS;
#endif
  }
  // Complete() would touch the request first.
#ifdef FIXED
  return Complete(Irp, STATUS_SUCCESS);
#else
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
#endif
}

const HOOKS Hooks = {.Control = Control};
