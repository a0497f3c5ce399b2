// gallery: 0xE6 0x9
// The map registers of a write are never freed.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  Flush(Transfer, 0, MapFirstPage(Transfer));
#ifdef FIXED
  FreeRegisters(Transfer, Transfer.Count);
#endif
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
