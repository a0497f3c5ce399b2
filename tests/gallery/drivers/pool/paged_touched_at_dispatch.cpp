// gallery: 0xD1 address
// Paged pool is written while a spin lock is held: the page might not be there.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  const POOL_TYPE type = NonPagedPool;
#else
  const POOL_TYPE type = PagedPool;
#endif
  volatile ULONG* counters = static_cast<PULONG>(ExAllocatePoolWithTag(type, 4096, GALLERY_TAG));
  if (counters == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  counters[10] = 1;
  KeReleaseSpinLock(&Device->Lock, irql);
  ExFreePoolWithTag(const_cast<PULONG>(counters), GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
