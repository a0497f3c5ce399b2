// gallery: 0xE6 0x1F
// A transfer is mapped with the length of the whole buffer from the middle of it.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  const ULONG done = 100;
#ifdef FIXED
  ULONG bytes = Transfer.Bytes - done;
#else
  ULONG bytes = Transfer.Bytes;
#endif
  bytes = Map(Transfer, done, bytes);
  Flush(Transfer, done, bytes);
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
