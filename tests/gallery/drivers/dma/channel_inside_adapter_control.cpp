// gallery: 0xE6 0xB
// AdapterControl asks for the channel of the next transfer at once, while it has that of this one.
#include "skeleton.h"

static IO_ALLOCATION_ACTION Next(PDEVICE_OBJECT, PIRP, PVOID, PVOID) { return DeallocateObject; }

static VOID Ask(PDEVICE Device, PDRIVER_CONTROL Routine) {
  Device->Adapter->DmaOperations->AllocateAdapterChannel(Device->Adapter, Device->Self, 1, Routine, Device);
}

static IO_ALLOCATION_ACTION Allocated(PDEVICE_OBJECT, PIRP, PVOID, PVOID Context) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Context);
#else
  Ask(static_cast<PDEVICE>(Context), Next);
#endif
  return DeallocateObject;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  Ask(Device, Allocated);
  Ask(Device, Next);
  KeLowerIrql(irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Dma = TRUE, .Control = Control};
