// gallery: 0x1E 0x80000002
// A ULONG register is read at an offset in words that was meant in bytes.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  const ULONG offset = GALLERY_STATUS;
#else
  const ULONG offset = GALLERY_STATUS + 2;
#endif
  const ULONG value = READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + offset));
  return Complete(Irp, value == 0 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY);
}

const HOOKS Hooks = {.Control = Control};
