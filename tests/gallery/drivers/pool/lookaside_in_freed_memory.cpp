// gallery: 0xC4 0xCC
// A structure is freed without deleting the lookaside list in it.
#include "skeleton.h"

struct SHARED {
  NPAGED_LOOKASIDE_LIST List;
  ULONG Value;
};

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  SHARED* shared = static_cast<SHARED*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(SHARED), GALLERY_TAG));
  if (shared == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  ExInitializeNPagedLookasideList(&shared->List, NULL, NULL, 0, 64, GALLERY_TAG, 0);
#ifdef FIXED
  ExDeleteNPagedLookasideList(&shared->List);
#endif
  ExFreePoolWithTag(shared, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
