// gallery: 0xC4 0xCB
// A lookaside list is deleted when the device stops, and again when the driver is unloaded.
#include "skeleton.h"

static NPAGED_LOOKASIDE_LIST List;

static VOID Entry(PDRIVER_OBJECT) { ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, GALLERY_TAG, 0); }

static VOID Stop(PDEVICE) {
#ifndef FIXED
  ExDeleteNPagedLookasideList(&List);
#endif
}

static VOID Unload(PDRIVER_OBJECT) { ExDeleteNPagedLookasideList(&List); }

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload, .Stop = Stop};
