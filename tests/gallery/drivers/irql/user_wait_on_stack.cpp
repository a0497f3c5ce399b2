// gallery: 0xC4 0x123
// A UserMode wait for an event on the stack, which may be paged out meanwhile.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
#ifdef FIXED
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
#else
  KeWaitForSingleObject(&event, Executive, UserMode, FALSE, NULL);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
