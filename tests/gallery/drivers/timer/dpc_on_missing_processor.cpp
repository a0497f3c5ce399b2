// gallery: 0xC7 0x3
// A DPC is targeted at a processor by a number from 1, where processors count from 0.
#include "skeleton.h"

static VOID Routine(PKDPC, PVOID, PVOID, PVOID) {}

static NTSTATUS Start(PDEVICE Device) {
  PKDPC dpc = static_cast<PKDPC>(Device->Context);
  const ULONG processors = KeQueryActiveProcessorCount(NULL);
  KeInitializeDpc(dpc, Routine, NULL);
#ifdef FIXED
  KeSetTargetProcessorDpc(dpc, static_cast<CCHAR>(processors - 1));
#else
  KeSetTargetProcessorDpc(dpc, static_cast<CCHAR>(processors));
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.ContextBytes = sizeof(KDPC), .Start = Start};
