// gallery: 0xC4 0x2001B
// A handle is turned into an object while a spin lock is held.
#include "skeleton.h"

static HANDLE Thread;

static VOID Run(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static NTSTATUS Start(PDEVICE) { return PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL); }
static VOID Stop(PDEVICE) { ZwClose(Thread); }

static VOID Use() {
  PVOID object = NULL;
  if (NT_SUCCESS(ObReferenceObjectByHandle(Thread, SYNCHRONIZE, NULL, KernelMode, &object, NULL))) {
    ObDereferenceObject(object);
  }
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  Use();
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Control = Control};
