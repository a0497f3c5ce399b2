// gallery: 0xC4 0x100A
// A system thread ends while it owns a mutex.
#include "skeleton.h"

static KMUTEX Mutex;

static VOID Worker(PVOID) {
  KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
#ifdef FIXED
  KeReleaseMutex(&Mutex, FALSE);
#endif
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  HANDLE thread = NULL;
  PVOID object = NULL;
  KeInitializeMutex(&Mutex, 0);
  NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker, NULL);
  if (NT_SUCCESS(status)) status = ObReferenceObjectByHandle(thread, SYNCHRONIZE, NULL, KernelMode, &object, NULL);
  if (NT_SUCCESS(status)) {
    KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(object);
  }
  if (thread != NULL) ZwClose(thread);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
