// gallery: 0xC4 0x37
// An ERESOURCE is acquired without a critical region: an APC could suspend its owner.
#include "skeleton.h"

static ERESOURCE Resource;

static NTSTATUS Control(PDEVICE, PIRP Irp) {
#ifdef FIXED
  KeEnterCriticalRegion();
#endif
  ExAcquireResourceExclusiveLite(&Resource, TRUE);
  ExReleaseResourceLite(&Resource);
#ifdef FIXED
  KeLeaveCriticalRegion();
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

static VOID Entry(PDRIVER_OBJECT) { ExInitializeResourceLite(&Resource); }
static VOID Unload(PDRIVER_OBJECT) { ExDeleteResourceLite(&Resource); }

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload, .Control = Control};
