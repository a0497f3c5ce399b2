// gallery: 0xE6 0xF
// The ring of descriptors in a common buffer is cleared with one entry too many.
#include "skeleton.h"

struct DESCRIPTOR {
  ULONG64 Address, Length;
};
struct COMMON {
  DESCRIPTOR* Ring;
  PHYSICAL_ADDRESS Logical;
};
static const ULONG Entries = 16;

static NTSTATUS Start(PDEVICE Device) {
  COMMON* common = static_cast<COMMON*>(Device->Context);
  common->Ring = static_cast<DESCRIPTOR*>(Device->Adapter->DmaOperations->AllocateCommonBuffer(
      Device->Adapter, Entries * sizeof(DESCRIPTOR), &common->Logical, TRUE));
  if (common->Ring == NULL) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef FIXED
  const ULONG count = Entries;
#else
  const ULONG count = Entries + 1;
#endif
  for (ULONG i = 0; i < count; ++i) common->Ring[i].Length = common->Ring[i].Address = 0;
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE Device) {
  COMMON* common = static_cast<COMMON*>(Device->Context);
  if (common->Ring == NULL) return;
  Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, Entries * sizeof(DESCRIPTOR), common->Logical,
                                                   common->Ring, TRUE);
}

const HOOKS Hooks = {.ContextBytes = sizeof(COMMON), .Dma = TRUE, .Start = Start, .Stop = Stop};
