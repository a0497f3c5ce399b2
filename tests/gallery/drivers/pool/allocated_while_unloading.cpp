// gallery: 0xC4 0x61
// A thread of the driver still allocates while its DriverUnload waits for it.
#include "skeleton.h"

static PETHREAD Thread;
static KEVENT Ending;

static VOID Run(PVOID) {
  KeWaitForSingleObject(&Ending, Executive, KernelMode, FALSE, NULL);
#ifndef FIXED
  PVOID last_words = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
  if (last_words != NULL) ExFreePoolWithTag(last_words, GALLERY_TAG);
#endif
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
  KeSetEvent(&Ending, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(Thread);
}

const HOOKS Hooks = {.Entry = Entry, .Unload = Unload};
