// gallery: 0xC9 0x312
// A control request says it returns a whole structure, whatever room its client has given it.
#include "skeleton.h"

struct ANSWER {
  ULONG Values[100];
};

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  ULONG bytes = sizeof(ANSWER);
  const ULONG room = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength;
  RtlZeroMemory(Irp->AssociatedIrp.SystemBuffer, min(bytes, room));
#ifdef FIXED
  bytes = min(bytes, room);
#endif
  return Complete(Irp, STATUS_SUCCESS, bytes);
}

const HOOKS Hooks = {.Control = Control};
