// gallery: 0xC4 0xD2
// An ERESOURCE is deleted by the thread that owns it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  static ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(&resource, TRUE);
#ifdef FIXED
  ExReleaseResourceLite(&resource);
#endif
  ExDeleteResourceLite(&resource);
  KeLeaveCriticalRegion();
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
