// gallery: 0xC4 0x11
// A DPC frees a buffer from paged pool.
#include "skeleton.h"

static PVOID Buffer;

static NTSTATUS Start(PDEVICE) {
#ifdef FIXED
  Buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
#else
  Buffer = ExAllocatePoolWithTag(PagedPool, 100, GALLERY_TAG);
#endif
  return Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Dpc(PDEVICE Device) {
  if (Buffer != NULL) ExFreePoolWithTag(Buffer, GALLERY_TAG);
  Buffer = NULL;
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Dpc = Dpc};
