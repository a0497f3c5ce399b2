// gallery: 0xE6 0xD
// A buffer that begins in the middle of a page is counted in whole pages, too few map registers.
#include "transfer.h"

static ULONG Pages(PMDL Mdl) {
#ifdef FIXED
  return RegistersFor(Mdl);
#else
  return MmGetMdlByteCount(Mdl) / PAGE_SIZE;
#endif
}

static VOID Use(const TRANSFER& Transfer) {
  for (ULONG left = Transfer.Bytes; left != 0;) left -= Map(Transfer, Transfer.Bytes - left, left);
  Flush(Transfer, 0, Transfer.Bytes);
  FreeRegisters(Transfer, Transfer.Count);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) { return WriteThrough(Device, Irp, Pages(Irp->MdlAddress), Use); }

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
