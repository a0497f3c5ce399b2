// gallery: 0xC4 0x17
// A structure is freed without deleting the ERESOURCE in it.
#include "skeleton.h"

struct SHARED {
  ERESOURCE Resource;
  ULONG Value;
};

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  SHARED* shared = static_cast<SHARED*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(SHARED), GALLERY_TAG));
  if (shared == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  ExInitializeResourceLite(&shared->Resource);
#ifdef FIXED
  ExDeleteResourceLite(&shared->Resource);
#endif
  ExFreePoolWithTag(shared, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
