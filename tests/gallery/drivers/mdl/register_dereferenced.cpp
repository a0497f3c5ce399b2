// gallery: 0x50 address
// A device's register is read through its pointer and not with READ_REGISTER_ULONG.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  const ULONG status = READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers));
#else
  const ULONG status = *reinterpret_cast<volatile ULONG*>(Device->Registers);
#endif
  return Complete(Irp, (status & 0x80000000) == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

const HOOKS Hooks = {.Control = Control};
