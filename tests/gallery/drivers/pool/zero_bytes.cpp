// gallery: 0xC4 0x0
// A buffer is allocated for a list that may be empty.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  const SIZE_T entries = Device->MapRegisters;  // none: the device does no DMA
#ifdef FIXED
  if (entries == 0) return STATUS_SUCCESS;
#endif
  PVOID list = ExAllocatePoolWithTag(NonPagedPool, entries * sizeof(PVOID), GALLERY_TAG);
  if (list == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  ExFreePoolWithTag(list, GALLERY_TAG);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
