// gallery: 0x133 0x0
// A flag that a timer's DPC sets is awaited with a spin lock held.
#include "skeleton.h"

static KTIMER Timer;
static KDPC Dpc;
static volatile LONG Settled;

static VOID NTAPI Settle(PKDPC, PVOID, PVOID, PVOID) { Settled = 1; }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  Settled = 0;
  KeInitializeTimer(&Timer);
  KeInitializeDpc(&Dpc, Settle, NULL);
  KeSetTimer(&Timer, due, &Dpc);
#ifdef FIXED
  UNREFERENCED_PARAMETER(Device);
  KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
#else
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  while (Settled == 0) YieldProcessor();
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
