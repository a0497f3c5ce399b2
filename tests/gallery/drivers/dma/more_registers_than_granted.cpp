// gallery: 0xE6 0x15
// The buffers of several transfers are counted together: more map registers than IoGetDmaAdapter granted.
#include "skeleton.h"

static IO_ALLOCATION_ACTION Allocated(PDEVICE_OBJECT, PIRP, PVOID, PVOID) { return DeallocateObject; }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  ULONG registers = BYTES_TO_PAGES(1u << 20);
#ifdef FIXED
  registers = min(registers, Device->MapRegisters);
#endif
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status =
      Device->Adapter->DmaOperations->AllocateAdapterChannel(Device->Adapter, Device->Self, registers, Allocated, NULL);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Control = Control};
