// gallery: 0x1E 0xC0000094
// A DPC computes a rate from a count that is still zero.
#include "skeleton.h"

static volatile ULONG Frames;
static volatile ULONG Rate;

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  if (Frames != 0)
#endif
    Rate = 1000 / Frames;
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
