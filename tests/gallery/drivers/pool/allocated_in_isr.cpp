// gallery: 0xC4 0x20004
// An interrupt service routine allocates pool for what it has seen.
#include "skeleton.h"

static ULONG Seen;

static BOOLEAN Isr(PDEVICE Device) {
#ifdef FIXED
  Seen = 1;
#else
  PULONG event = static_cast<PULONG>(ExAllocatePoolWithTag(NonPagedPool, sizeof(ULONG), GALLERY_TAG));
  if (event != NULL) Seen = *event = 1;
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

const HOOKS Hooks = {.Isr = Isr};
