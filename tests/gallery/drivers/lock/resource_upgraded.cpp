// gallery: 0xC4 0x1000
// A thread that shares an ERESOURCE asks for it exclusively and would wait for itself.
#include "skeleton.h"

static ERESOURCE Resource;

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KeEnterCriticalRegion();
  ExAcquireResourceSharedLite(&Resource, TRUE);
#ifdef FIXED
  ExReleaseResourceLite(&Resource);
#endif
  ExAcquireResourceExclusiveLite(&Resource, TRUE);
  ExReleaseResourceLite(&Resource);
#ifndef FIXED
  ExReleaseResourceLite(&Resource);
#endif
  KeLeaveCriticalRegion();
  return Complete(Irp, STATUS_SUCCESS);
}

static VOID Entry(PDRIVER_OBJECT) { ExInitializeResourceLite(&Resource); }
static VOID Unload(PDRIVER_OBJECT) { ExDeleteResourceLite(&Resource); }

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload, .Control = Control};
