// gallery: 0xC4 0x122
// A thread waits for an event, if only for a millisecond, while it holds a spin lock.
#include "skeleton.h"

static KEVENT Event;

static VOID Entry(PDRIVER_OBJECT) { KeInitializeEvent(&Event, NotificationEvent, TRUE); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &due);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Entry = Entry, .Control = Control};
