// gallery: 0xC4 0xCD
// A lookaside list is made for entries of four bytes, which have no room for the list's link.
#include "skeleton.h"

static PAGED_LOOKASIDE_LIST List;

static VOID Entry(PDRIVER_OBJECT) {
#ifdef FIXED
  const SIZE_T bytes = max(sizeof(ULONG), static_cast<SIZE_T>(LOOKASIDE_MINIMUM_BLOCK_SIZE));
#else
  const SIZE_T bytes = sizeof(ULONG);
#endif
  ExInitializePagedLookasideList(&List, NULL, NULL, 0, bytes, GALLERY_TAG, 0);
}

static VOID Unload(PDRIVER_OBJECT) { ExDeletePagedLookasideList(&List); }

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload};
