// gallery: 0xE6 0x8
// AdapterControl keeps the channel, as a slave device's driver does, and nobody frees it.
#include "skeleton.h"

static IO_ALLOCATION_ACTION Allocated(PDEVICE_OBJECT, PIRP, PVOID, PVOID) {
#ifdef FIXED
  return DeallocateObject;
#else
  return KeepObject;
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status =
      Device->Adapter->DmaOperations->AllocateAdapterChannel(Device->Adapter, Device->Self, 1, Allocated, NULL);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Control = Control};
