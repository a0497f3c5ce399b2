// gallery: 0xC4 0x2001C
// A system thread ends at the IRQL that its last loop had raised.
#include "skeleton.h"

static VOID Run(PVOID) {
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Start(PDEVICE) {
  HANDLE thread = NULL;
  const NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL);
  if (NT_SUCCESS(status)) ZwClose(thread);
  return status;
}

const HOOKS Hooks = {.Start = Start};
