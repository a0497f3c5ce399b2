// gallery: 0xC4 0x1002
// An ERESOURCE in the device extension is used as it is: zeroes.
#include "skeleton.h"

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  ExInitializeResourceLite(static_cast<PERESOURCE>(Device->Context));
#else
  UNREFERENCED_PARAMETER(Device);
#endif
  return STATUS_SUCCESS;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PERESOURCE resource = static_cast<PERESOURCE>(Device->Context);
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(resource, TRUE);
  ExReleaseResourceLite(resource);
  KeLeaveCriticalRegion();
  return Complete(Irp, STATUS_SUCCESS);
}

static VOID Stop(PDEVICE Device) { ExDeleteResourceLite(static_cast<PERESOURCE>(Device->Context)); }

const HOOKS Hooks = {.ContextBytes = sizeof(ERESOURCE), .Added = Added, .Stop = Stop, .Control = Control};
