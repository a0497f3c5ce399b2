// gallery: 0xC4 0x121
// A thread waits for an event while it holds a spin lock.
#include "skeleton.h"

static KEVENT Event;

static VOID Entry(PDRIVER_OBJECT) { KeInitializeEvent(&Event, NotificationEvent, TRUE); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Entry = Entry, .Control = Control};
