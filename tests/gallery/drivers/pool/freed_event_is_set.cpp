// gallery: 0xCC address
// An event is set after the structure that holds it has been freed: the system touches it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PKEVENT event = static_cast<PKEVENT>(ExAllocatePoolWithTag(NonPagedPool, sizeof(KEVENT), GALLERY_TAG));
  if (event == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KeInitializeEvent(event, NotificationEvent, FALSE);
#ifdef FIXED
  KeSetEvent(event, IO_NO_INCREMENT, FALSE);
#endif
  ExFreePoolWithTag(event, GALLERY_TAG);
#ifndef FIXED
  KeSetEvent(event, IO_NO_INCREMENT, FALSE);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
