// gallery: 0xD1 0x10
// A DPC follows a pointer that is NULL until the first request has come.
#include "skeleton.h"

struct STATE {
  ULONG Unused[4];
  volatile ULONG Count;
};
[[maybe_unused]] static STATE State;
static STATE* volatile Current;

static VOID Dpc(PDEVICE Device) {
  STATE* state = Current;
#ifdef FIXED
  if (state == NULL) state = &State;
#endif
  state->Count = state->Count + 1;
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
