// gallery: 0x1E 0xC0000420
// R-IRQL-5: a function that says it is pageable is called with a spin lock held.
#include "skeleton.h"

static VOID Configure(PDEVICE Device) {
  PAGED_CODE();
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers), 1);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  Configure(Device);
#else
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  Configure(Device);
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
