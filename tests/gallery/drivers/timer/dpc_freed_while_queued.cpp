// gallery: 0xC7 0x1
// A structure is freed with its DPC still in the queue.
#include "skeleton.h"

static VOID Routine(PKDPC, PVOID, PVOID, PVOID) {}

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PKDPC dpc = static_cast<PKDPC>(ExAllocatePoolWithTag(NonPagedPool, sizeof(KDPC), GALLERY_TAG));
  if (dpc == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KIRQL irql;
  KeInitializeDpc(dpc, Routine, NULL);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  KeInsertQueueDpc(dpc, NULL, NULL);
#ifdef FIXED
  KeRemoveQueueDpc(dpc);
#endif
  ExFreePoolWithTag(dpc, GALLERY_TAG);
  KeLowerIrql(irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
