// gallery: 0xE6 0x21
// The loop that maps a transfer piece by piece goes on when nothing is left.
#include "transfer.h"

static VOID Use(const TRANSFER& Transfer) {
  ULONG left = Transfer.Bytes;
#ifdef FIXED
  while (left != 0) {
#else
  for (ULONG piece = 0; piece <= Transfer.Count; ++piece) {
#endif
    left -= Map(Transfer, Transfer.Bytes - left, left);
  }
  Flush(Transfer, 0, Transfer.Bytes);
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  return WriteThrough(Device, Irp, RegistersFor(Irp->MdlAddress), Use);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
