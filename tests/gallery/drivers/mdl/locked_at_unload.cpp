// gallery: 0xCB address late
// Pages that START locked are not unlocked when the device goes.
#include "skeleton.h"

static CHAR Buffer[5000];
static PMDL Mdl;

static NTSTATUS Start(PDEVICE) {
  Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);
  if (Mdl == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  MmUnlockPages(Mdl);
  IoFreeMdl(Mdl);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
