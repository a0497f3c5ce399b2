// Power requests: passed like any other; serialisation is left to the drivers, as from Windows Vista on.
#include "sw/ntos/ddk.h"

extern "C" {

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return IoCallDriver(DeviceObject, Irp); }

VOID NTAPI PoStartNextPowerIrp(PIRP Irp) { UNREFERENCED_PARAMETER(Irp); }

}  // extern "C"
