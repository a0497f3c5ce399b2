// gallery: 0xC4 0xCA
// A lookaside list is initialised whenever a client opens the device.
#include "skeleton.h"

static NPAGED_LOOKASIDE_LIST List;

static NTSTATUS Start(PDEVICE) {
  ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, GALLERY_TAG, 0);
  return STATUS_SUCCESS;
}

static NTSTATUS Create(PDEVICE, PIRP Irp) {
#ifndef FIXED
  ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, GALLERY_TAG, 0);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

static VOID Stop(PDEVICE) { ExDeleteNPagedLookasideList(&List); }

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Create = Create};
