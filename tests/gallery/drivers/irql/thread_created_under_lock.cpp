// gallery: 0xC4 0x2001C
// A system thread is created while a spin lock is held.
#include "skeleton.h"

static VOID Run(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  HANDLE thread = NULL;
  if (NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL))) ZwClose(thread);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
