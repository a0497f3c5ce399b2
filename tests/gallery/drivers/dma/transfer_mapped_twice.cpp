// gallery: 0xE6 0x1D
// A transfer that is tried again is mapped again, without a flush in between.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  ULONG bytes = MapFirstPage(Transfer);
#ifdef FIXED
  Flush(Transfer, 0, bytes);
#endif
  bytes = MapFirstPage(Transfer);
  Flush(Transfer, 0, bytes);
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
