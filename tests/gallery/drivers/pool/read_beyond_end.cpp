// gallery: 0xD6 address
// A loop over a table reads the entry behind the last one.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  const ULONG entries = 64;
  volatile ULONG* table =
      static_cast<PULONG>(ExAllocatePoolWithTag(NonPagedPool, entries * sizeof(ULONG), GALLERY_TAG));
  if (table == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  for (ULONG i = 0; i < entries; ++i) table[i] = i;
  ULONG sum = 0;
#ifdef FIXED
  for (ULONG i = 0; i < entries; ++i) sum += table[i];
#else
  for (ULONG i = 0; i <= entries; ++i) sum += table[i];
#endif
  ExFreePoolWithTag(const_cast<PULONG>(table), GALLERY_TAG);
  return Complete(Irp, sum != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

const HOOKS Hooks = {.Control = Control};
