// gallery: 0xC4 0xE1
// An event is allocated in paged pool; whoever sets it does that at DISPATCH_LEVEL.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
#ifdef FIXED
  const POOL_TYPE type = NonPagedPool;
#else
  const POOL_TYPE type = PagedPool;
#endif
  PKEVENT event = static_cast<PKEVENT>(ExAllocatePoolWithTag(type, sizeof(KEVENT), GALLERY_TAG));
  if (event == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KeInitializeEvent(event, NotificationEvent, TRUE);
  KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
  ExFreePoolWithTag(event, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
