// The reference driver with one mistake: on its way to RUN it waits for what nobody will do.
#include "registers.h"

static NTSTATUS WaitForNobody(PVCAP_DEVICE Device) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  return VcapStreamEnable(Device);
}
#define VcapStreamEnable WaitForNobody
#include "pin.cpp"
