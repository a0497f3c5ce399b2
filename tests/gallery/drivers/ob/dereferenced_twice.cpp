// gallery: 0xC4 0x3F
// The file object from IoGetDeviceObjectPointer is dereferenced where an error is handled and at the function's end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PFILE_OBJECT file = NULL;
  PDEVICE_OBJECT target = NULL;
  const NTSTATUS status = IoGetDeviceObjectPointer(&Device->Link, FILE_READ_DATA, &file, &target);
  if (!NT_SUCCESS(status)) return Complete(Irp, status);
  if (target == Device->Self) ObDereferenceObject(file);
#ifdef FIXED
  else
#endif
    ObDereferenceObject(file);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
