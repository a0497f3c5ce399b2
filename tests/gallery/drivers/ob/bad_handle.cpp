// gallery: 0xC4 0x3C
// A handle is used after it has been closed.
#include "skeleton.h"

static VOID Run(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static NTSTATUS Start(PDEVICE) {
  HANDLE thread = NULL;
  PVOID object = NULL;
  const NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL);
  if (!NT_SUCCESS(status)) return status;
#ifndef FIXED
  ZwClose(thread);
#endif
  if (NT_SUCCESS(ObReferenceObjectByHandle(thread, SYNCHRONIZE, NULL, KernelMode, &object, NULL))) {
    ObDereferenceObject(object);
  }
#ifdef FIXED
  ZwClose(thread);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
