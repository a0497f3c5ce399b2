// gallery: 0xC 0x0
// A wait for four objects, without the wait blocks that more than three need.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KEVENT events[4];
  PVOID objects[4];
  for (ULONG i = 0; i < 4; ++i) {
    KeInitializeEvent(&events[i], NotificationEvent, TRUE);
    objects[i] = &events[i];
  }
#ifdef FIXED
  KWAIT_BLOCK blocks[4];
#else
  const PKWAIT_BLOCK blocks = NULL;
#endif
  KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, NULL, blocks);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
