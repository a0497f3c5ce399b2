// gallery: 0xE6 0x16
// The adapter's buffers are flushed twice: after the transfer and when the request is completed.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  const ULONG bytes = MapFirstPage(Transfer);
  Flush(Transfer, 0, bytes);
#ifndef FIXED
  Flush(Transfer, 0, bytes);
#endif
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
