// gallery: 0xC4 0xF5
// A thread's handle is used although the thread could not be created.
#include "skeleton.h"

static VOID Run(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static NTSTATUS Start(PDEVICE Device) {
  HANDLE thread = NULL;
  PVOID object = NULL;
  // In no process that there is.
  NTSTATUS status =
      PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, reinterpret_cast<HANDLE>(Device), NULL, Run, NULL);
#ifdef FIXED
  if (!NT_SUCCESS(status)) return STATUS_SUCCESS;  // the device works without it
#else
  UNREFERENCED_PARAMETER(status);
#endif
  if (NT_SUCCESS(ObReferenceObjectByHandle(thread, SYNCHRONIZE, *PsThreadType, KernelMode, &object, NULL))) {
    ObDereferenceObject(object);
  }
  ZwClose(thread);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
