// gallery: 0x1E 0xC0000005
// An allocation that was never made is used by a dispatch routine.
#include "skeleton.h"

struct STATE {
  ULONG Unused[4];
  volatile ULONG Count;
};
[[maybe_unused]] static STATE State;
static STATE* volatile Current;

static NTSTATUS Control(PDEVICE, PIRP Irp) {
#ifdef FIXED
  Current = &State;
#endif
  STATE* state = Current;
  state->Count = state->Count + 1;
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
