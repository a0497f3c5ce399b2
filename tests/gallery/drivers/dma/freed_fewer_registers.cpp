// gallery: 0xE6 0x5
// As many map registers are freed as the transfer used, not as many as were allocated.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  Flush(Transfer, 0, MapFirstPage(Transfer));
#ifdef FIXED
  const ULONG used = Transfer.Count;
#else
  const ULONG used = 1;
#endif
  FreeRegisters(Transfer, used);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
