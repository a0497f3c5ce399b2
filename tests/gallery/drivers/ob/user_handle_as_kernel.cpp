// gallery: 0xC4 0xF6
// An application's event handle is used in KernelMode, so that nobody checks what it names and whether it may.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  const HANDLE handle = *static_cast<PHANDLE>(Irp->AssociatedIrp.SystemBuffer);
  PVOID event = NULL;
#ifdef FIXED
  const KPROCESSOR_MODE mode = Irp->RequestorMode;
#else
  const KPROCESSOR_MODE mode = KernelMode;
#endif
  const NTSTATUS status = ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, mode, &event, NULL);
  if (!NT_SUCCESS(status)) return Complete(Irp, status);
  KeSetEvent(static_cast<PKEVENT>(event), IO_NO_INCREMENT, FALSE);
  ObDereferenceObject(event);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
