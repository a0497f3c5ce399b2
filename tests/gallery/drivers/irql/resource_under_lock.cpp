// gallery: 0xC4 0x20007
// An ERESOURCE is acquired while a spin lock is held.
#include "skeleton.h"

static ERESOURCE Resource;

static VOID Touch() {
  if (KeGetCurrentIrql() < DISPATCH_LEVEL) KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(&Resource, TRUE);
  ExReleaseResourceLite(&Resource);
  if (KeGetCurrentIrql() < DISPATCH_LEVEL) KeLeaveCriticalRegion();
}

static VOID Entry(PDRIVER_OBJECT) { ExInitializeResourceLite(&Resource); }
static VOID Unload(PDRIVER_OBJECT) { ExDeleteResourceLite(&Resource); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  Touch();
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload, .Control = Control};
