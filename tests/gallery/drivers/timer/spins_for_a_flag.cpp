// gallery: 0xEA address
// A thread spins until a timer's DPC has set a flag, without a kernel call in which it could run.
#include "skeleton.h"

static KTIMER Timer;
static KDPC Dpc;
static volatile LONG Settled;

static VOID NTAPI Settle(PKDPC, PVOID, PVOID, PVOID) { Settled = 1; }

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  Settled = 0;
  KeInitializeTimer(&Timer);
  KeInitializeDpc(&Dpc, Settle, NULL);
  KeSetTimer(&Timer, due, &Dpc);
#ifdef FIXED
  KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
#else
  while (Settled == 0) YieldProcessor();
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
