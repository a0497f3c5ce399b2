// gallery: 0xC4 0xF0
// A list in an array is closed up with memcpy, whose areas may not overlap.
#include "skeleton.h"

static ULONG Entries[8];

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  const ULONG gone = Device->RegisterBytes != 0 ? 1 : 0;
  const SIZE_T left = (ARRAYSIZE(Entries) - gone - 1) * sizeof(ULONG);
#ifdef FIXED
  RtlMoveMemory(&Entries[gone], &Entries[gone + 1], left);
#else
  RtlCopyMemory(&Entries[gone], &Entries[gone + 1], left);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
