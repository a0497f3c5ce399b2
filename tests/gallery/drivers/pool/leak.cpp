// gallery: 0xC4 0x62 late
// What START allocates is not freed when the device goes.
#include "skeleton.h"

static PVOID Buffer;

static NTSTATUS Start(PDEVICE) {
  Buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
  return Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  ExFreePoolWithTag(Buffer, GALLERY_TAG);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
