// gallery: 0xCA 0x2
// A property is asked of the driver's own device object; only the PDO has them.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  ULONG bus = 0, bytes = 0;
#ifdef FIXED
  PDEVICE_OBJECT device = Device->Pdo;
#else
  PDEVICE_OBJECT device = Device->Self;
#endif
  IoGetDeviceProperty(device, DevicePropertyBusNumber, sizeof(bus), &bus, &bytes);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
