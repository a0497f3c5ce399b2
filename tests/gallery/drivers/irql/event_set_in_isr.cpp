// gallery: 0xC4 0x80
// An interrupt service routine sets an event, which is for its DPC to do.
#include "skeleton.h"

static KEVENT Event;

static VOID Entry(PDRIVER_OBJECT) { KeInitializeEvent(&Event, NotificationEvent, FALSE); }

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Entry = Entry, .Isr = Isr, .Dpc = Dpc};
