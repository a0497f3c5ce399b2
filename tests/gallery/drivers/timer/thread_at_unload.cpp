// gallery: 0xCE address late
// A system thread of the driver is not told to end before the driver is unloaded.
#include "skeleton.h"

static PETHREAD Thread;
static KEVENT Ending;

static VOID Run(PVOID) {
  KeWaitForSingleObject(&Ending, Executive, KernelMode, FALSE, NULL);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Entry(PDRIVER_OBJECT) {
  HANDLE handle = NULL;
  KeInitializeEvent(&Ending, NotificationEvent, FALSE);
  if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL))) return;
  ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, reinterpret_cast<PVOID*>(&Thread), NULL);
  ZwClose(handle);
}

static VOID Unload(PDRIVER_OBJECT) {
  if (Thread == NULL) return;
#ifdef FIXED
  KeSetEvent(&Ending, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
#endif
  ObDereferenceObject(Thread);
}

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload};
