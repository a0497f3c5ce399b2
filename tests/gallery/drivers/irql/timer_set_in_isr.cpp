// gallery: 0xC4 0x20011
// An interrupt service routine starts a timer.
#include "skeleton.h"

static KTIMER Timer;

static VOID Entry(PDRIVER_OBJECT) { KeInitializeTimer(&Timer); }
static VOID Stop(PDEVICE) { KeCancelTimer(&Timer); }

static VOID Kick() {
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  KeSetTimer(&Timer, due, NULL);
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  Kick();
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  Kick();
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Entry = Entry, .Stop = Stop, .Isr = Isr, .Dpc = Dpc};
