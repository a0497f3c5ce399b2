// gallery: 0xC4 0x83
// MmMapIoSpace is used to reach memory by its physical address.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, GALLERY_TAG);
  if (buffer == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  const PHYSICAL_ADDRESS address = Device->RegisterBase;
#else
  const PHYSICAL_ADDRESS address = MmGetPhysicalAddress(buffer);
  UNREFERENCED_PARAMETER(Device);
#endif
  PVOID mapped = MmMapIoSpace(address, 16, MmNonCached);
  if (mapped != NULL) MmUnmapIoSpace(mapped, 16);
  ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
