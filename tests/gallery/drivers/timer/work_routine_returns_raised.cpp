// gallery: 0xE1 address late
// A work routine raises IRQL and returns at DISPATCH_LEVEL.
#include "skeleton.h"

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
  KIRQL irql;
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
