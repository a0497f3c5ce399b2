// gallery: 0xC9 0x23A
// A PnP request is sent while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  IoFreeIrp(Irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID Ask(PDEVICE Device) {
  static ULONG identity;
  PIRP irp = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (irp == NULL) return;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_PNP;
  location->MinorFunction = IRP_MN_READ_CONFIG;
  location->Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_CONFIG;
  location->Parameters.ReadWriteConfig.Buffer = &identity;
  location->Parameters.ReadWriteConfig.Offset = 0;
  location->Parameters.ReadWriteConfig.Length = sizeof(identity);
  IoSetCompletionRoutine(irp, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, irp);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  Ask(Device);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
