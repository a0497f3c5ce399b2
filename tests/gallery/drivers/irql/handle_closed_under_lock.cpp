// gallery: 0xC4 0x2001F
// A handle is closed while a spin lock is held.
#include "skeleton.h"

static HANDLE Thread;

static VOID Run(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static NTSTATUS Start(PDEVICE) { return PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  if (Thread != NULL) ZwClose(Thread);
  Thread = NULL;
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Start = Start, .Control = Control};
