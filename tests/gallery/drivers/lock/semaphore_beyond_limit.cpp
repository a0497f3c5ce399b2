// gallery: 0x1E 0xC0000047
// A semaphore that counts free slots is released once more than there are slots.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KSEMAPHORE free;
  KeInitializeSemaphore(&free, 2, 2);
  KeWaitForSingleObject(&free, Executive, KernelMode, FALSE, NULL);
  KeReleaseSemaphore(&free, IO_NO_INCREMENT, 1, FALSE);
#ifndef FIXED
  KeReleaseSemaphore(&free, IO_NO_INCREMENT, 1, FALSE);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
