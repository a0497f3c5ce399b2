// gallery: 0xC4 0x20003
// IoStartNextPacket is called by a thread at PASSIVE_LEVEL.
#include "skeleton.h"

static VOID StartIo(PDEVICE_OBJECT, PIRP Irp) { Complete(Irp, STATUS_SUCCESS); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoStartPacket(Device->Self, Irp, NULL, NULL);
#ifdef FIXED
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  IoStartNextPacket(Device->Self, FALSE);
  KeLowerIrql(irql);
#else
  IoStartNextPacket(Device->Self, FALSE);
#endif
  return STATUS_PENDING;
}

static VOID Entry(PDRIVER_OBJECT Driver) { Driver->DriverStartIo = StartIo; }

const HOOKS Hooks = {.Entry = Entry, .Control = Control};
