// gallery: 0xCE address late
// A lookaside list is not deleted when the driver is unloaded.
#include "skeleton.h"

static NPAGED_LOOKASIDE_LIST List;

static VOID Entry(PDRIVER_OBJECT) { ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, GALLERY_TAG, 0); }

static VOID Unload(PDRIVER_OBJECT) {
#ifdef FIXED
  ExDeleteNPagedLookasideList(&List);
#endif
}

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload};
