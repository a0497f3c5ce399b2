// gallery: 0xC4 0x20006
// A lookaside list of paged pool is made while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  static PAGED_LOOKASIDE_LIST list;
  ExInitializePagedLookasideList(&list, NULL, NULL, 0, 64, GALLERY_TAG, 0);
  ExDeletePagedLookasideList(&list);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
