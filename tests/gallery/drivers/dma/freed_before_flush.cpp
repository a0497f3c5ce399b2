// gallery: 0xE6 0x10
// Map registers are freed while a transfer is mapped: nobody has flushed the adapter's buffers.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  [[maybe_unused]] const ULONG bytes = MapFirstPage(Transfer);
#ifdef FIXED
  Flush(Transfer, 0, bytes);
#endif
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
