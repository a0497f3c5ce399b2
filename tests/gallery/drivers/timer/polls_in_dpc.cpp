// gallery: 0x133 0x0
// A DPC polls a register until the device has sent what is left, which takes it milliseconds; a timer should look
// again.
#include "skeleton.h"

static LONG Left;

/// The device is done after a hundred looks.
static BOOLEAN Done(PDEVICE Device) {
  READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK));
  return --Left <= 0;
}

#ifdef FIXED
static KTIMER Timer;
static KDPC TimerDpc;
static PDEVICE Polled;

static VOID NTAPI Look(PKDPC, PVOID, PVOID, PVOID) {
  if (Done(Polled)) {
    FinishReads(Polled);
    return;
  }
  LARGE_INTEGER due;
  due.QuadPart = -500;
  KeSetTimer(&Timer, due, &TimerDpc);
}
#endif

static VOID Dpc(PDEVICE Device) {
  Left = 100;
#ifdef FIXED
  Polled = Device;
  KeInsertQueueDpc(&TimerDpc, NULL, NULL);
#else
  while (!Done(Device)) KeStallExecutionProcessor(50);
  FinishReads(Device);
#endif
}

#ifdef FIXED
static NTSTATUS Start(PDEVICE) {
  KeInitializeTimer(&Timer);
  KeInitializeDpc(&TimerDpc, Look, NULL);
  return STATUS_SUCCESS;
}
static VOID Stop(PDEVICE) {
  KeCancelTimer(&Timer);
  KeFlushQueuedDpcs();
}
const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Dpc = Dpc};
#else
const HOOKS Hooks = {.Dpc = Dpc};
#endif
