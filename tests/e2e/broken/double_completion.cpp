// A driver with one mistake: it completes IRP_MN_START_DEVICE, and completes it again.
#include <ntddk.h>

extern "C" {

static PDEVICE_OBJECT Lower;

static NTSTATUS NTAPI BrokenPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction != IRP_MN_START_DEVICE) {
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
  }
  IoForwardIrpSynchronously(Lower, Irp);
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BrokenAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  Lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
  device->Flags |= Lower->Flags & DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverExtension->AddDevice = BrokenAddDevice;
  DriverObject->MajorFunction[IRP_MJ_PNP] = BrokenPnp;
  return STATUS_SUCCESS;
}

}  // extern "C"
