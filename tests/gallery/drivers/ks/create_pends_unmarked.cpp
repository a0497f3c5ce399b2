// gallery: 0xC4 0x81008 late
// A pin's Create returns STATUS_PENDING without IoMarkIrpPending.
// stimulus: stream
#include "stream_skeleton.h"

static VOID Finish(PDEVICE_OBJECT, PVOID Context);

struct LATER {
  PIO_WORKITEM Item;
  PIRP Irp;
};

static NTSTATUS OnCreate(PKSPIN Pin, PIRP Irp) {
  LATER* later = static_cast<LATER*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(LATER), 'lraG'));
  if (later == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  later->Item = IoAllocateWorkItem(KsPinGetDevice(Pin)->FunctionalDeviceObject);
  later->Irp = Irp;
#ifdef FIXED
  IoMarkIrpPending(Irp);
#endif
  IoQueueWorkItem(later->Item, Finish, DelayedWorkQueue, later);
  return STATUS_PENDING;
}

static VOID Finish(PDEVICE_OBJECT, PVOID Context) {
  LATER* later = static_cast<LATER*>(Context);
  later->Irp->IoStatus.Status = STATUS_SUCCESS;
  KsCompletePendingRequest(later->Irp);
  IoFreeWorkItem(later->Item);
  ExFreePoolWithTag(later, 'lraG');
}

const HOOKS Hooks = {.PinCreate = OnCreate};
