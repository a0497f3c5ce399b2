// gallery: 0xC4 0xD5
// The remove lock is released by the dispatch routine and by the function it calls.
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
  IoInitializeRemoveLock(static_cast<PIO_REMOVE_LOCK>(Device->Context), GALLERY_TAG, 0, 0);
  return STATUS_SUCCESS;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIO_REMOVE_LOCK lock = static_cast<PIO_REMOVE_LOCK>(Device->Context);
  const NTSTATUS status = IoAcquireRemoveLock(lock, Irp);
  if (!NT_SUCCESS(status)) return Complete(Irp, status);
  PVOID tag = Irp;
  Complete(Irp, STATUS_SUCCESS);
  IoReleaseRemoveLock(lock, tag);
#ifndef FIXED
  IoReleaseRemoveLock(lock, tag);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.ContextBytes = sizeof(IO_REMOVE_LOCK), .Added = Added, .Control = Control};
