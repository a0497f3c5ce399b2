// PnP and power callbacks of the device.
#include "registers.h"

static PVCAP_DEVICE VcapFromKsDevice(PKSDEVICE KsDevice) { return static_cast<PVCAP_DEVICE>(KsDevice->Context); }

static NTSTATUS VcapAdd(PKSDEVICE KsDevice) {
  PAGED_CODE();
  PVCAP_DEVICE device =
      static_cast<PVCAP_DEVICE>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(VCAP_DEVICE), VCAP_POOL_TAG));
  if (device == NULL) return STATUS_INSUFFICIENT_RESOURCES;

  device->KsDevice = KsDevice;
  device->State = KSSTATE_STOP;
  device->Failure = STATUS_SUCCESS;
  KeInitializeDpc(&device->Dpc, VcapDpc, device);
  KeInitializeMutex(&device->StreamMutex, 0);
  KeInitializeEvent(&device->Drained, NotificationEvent, FALSE);
  KeInitializeEvent(&device->FaultIdle, NotificationEvent, TRUE);
  KeInitializeSpinLock(&device->RingLock);
  InitializeListHead(&device->Frames);

  // The bag frees the extension together with the KSDEVICE.
  KsAcquireDevice(KsDevice);
  NTSTATUS status = KsAddItemToObjectBag(KsDevice->Bag, device, NULL);
  KsReleaseDevice(KsDevice);
  if (!NT_SUCCESS(status)) {
    ExFreePoolWithTag(device, VCAP_POOL_TAG);
    return status;
  }
  KsDevice->Context = device;
  return STATUS_SUCCESS;
}

// Ends the stream and waits until neither interrupt nor work item can come any more. StreamMutex is not held.
static VOID VcapQuiesce(PVCAP_DEVICE Device, NTSTATUS FrameStatus) {
  VcapStreamLock(Device);
  VcapStreamFail(Device, FrameStatus);
  VcapInterruptsOff(Device);
  VcapStreamUnlock(Device);
  KeWaitForSingleObject(&Device->FaultIdle, Executive, KernelMode, FALSE, NULL);
}

// Everything Start took, given back in reverse. The chip is touched only while it is still there.
static VOID VcapReleaseAll(PVCAP_DEVICE Device, NTSTATUS FrameStatus) {
  VcapQuiesce(Device, FrameStatus);
  VcapStreamLock(Device);
  VcapDisconnect(Device);
  VcapReleaseDma(Device);
  VcapStreamUnlock(Device);
}

static NTSTATUS VcapStart(PKSDEVICE KsDevice, PIRP Irp, PCM_RESOURCE_LIST TranslatedResourceList,
                          PCM_RESOURCE_LIST UntranslatedResourceList) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(UntranslatedResourceList);
  PVCAP_DEVICE device = VcapFromKsDevice(KsDevice);

  // A second START without STOP moves the device to new resources.
  if (device->Registers != NULL) VcapReleaseAll(device, STATUS_DEVICE_NOT_READY);
  NTSTATUS status = VcapAcquireResources(device, TranslatedResourceList);
  if (!NT_SUCCESS(status)) VcapReleaseAll(device, STATUS_DEVICE_NOT_READY);
  return status;
}

static VOID VcapStop(PKSDEVICE KsDevice, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  VcapReleaseAll(VcapFromKsDevice(KsDevice), STATUS_DEVICE_NOT_READY);
}

// While a pin streams, buffers are mapped for the chip: neither stopping nor removing can be promised.
static NTSTATUS VcapQueryIdle(PKSDEVICE KsDevice, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  PVCAP_DEVICE device = VcapFromKsDevice(KsDevice);
  VcapStreamLock(device);
  const NTSTATUS status = device->State == KSSTATE_STOP ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
  VcapStreamUnlock(device);
  return status;
}

static VOID VcapRemove(PKSDEVICE KsDevice, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  VcapReleaseAll(VcapFromKsDevice(KsDevice), STATUS_DEVICE_REMOVED);
}

// The chip is gone: no register access from here on. Its buffers go back at once; the adapter and the common buffers
// stay until Remove, since AVStream still holds mappings of frames that have not reached the chip.
static VOID VcapSurpriseRemoval(PKSDEVICE KsDevice, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  PVCAP_DEVICE device = VcapFromKsDevice(KsDevice);
  VcapMarkRemoved(device);
  VcapQuiesce(device, STATUS_DEVICE_REMOVED);
  VcapStreamLock(device);
  VcapDisconnect(device);
  VcapStreamUnlock(device);
}

static NTSTATUS VcapQueryPower(PKSDEVICE KsDevice, PIRP Irp, DEVICE_POWER_STATE DeviceTo, DEVICE_POWER_STATE DeviceFrom,
                               SYSTEM_POWER_STATE SystemTo, SYSTEM_POWER_STATE SystemFrom, POWER_ACTION Action) {
  UNREFERENCED_PARAMETER(DeviceFrom);
  UNREFERENCED_PARAMETER(SystemTo);
  UNREFERENCED_PARAMETER(SystemFrom);
  UNREFERENCED_PARAMETER(Action);
  // The chip forgets its rings in a sleep state: a stream in progress would lose its buffers.
  return DeviceTo > PowerDeviceD0 ? VcapQueryIdle(KsDevice, Irp) : STATUS_SUCCESS;
}

static VOID VcapSetPower(PKSDEVICE KsDevice, PIRP Irp, DEVICE_POWER_STATE To, DEVICE_POWER_STATE From) {
  UNREFERENCED_PARAMETER(Irp);
  PVCAP_DEVICE device = VcapFromKsDevice(KsDevice);
  VcapStreamLock(device);
  if (To == PowerDeviceD0 && From > PowerDeviceD0 && VcapPresent(device)) {
    // A chip that does not come back leaves its interrupts off, and VcapStreamArm will refuse to stream.
    if (NT_SUCCESS(VcapHardwareReset(device))) VcapInterruptsOn(device);
  } else if (To > PowerDeviceD0 && From == PowerDeviceD0) {
    // Reached with a stream in progress only when the system overrules QueryPower.
    VcapStreamFail(device, STATUS_DEVICE_POWERED_OFF);
    VcapInterruptsOff(device);
  }
  VcapStreamUnlock(device);
}

const KSDEVICE_DISPATCH VcapDeviceDispatch = {
    VcapAdd,              // Add
    VcapStart,            // Start
    NULL,                 // PostStart
    VcapQueryIdle,        // QueryStop
    NULL,                 // CancelStop
    VcapStop,             // Stop
    VcapQueryIdle,        // QueryRemove
    NULL,                 // CancelRemove
    VcapRemove,           // Remove
    NULL,                 // QueryCapabilities
    VcapSurpriseRemoval,  // SurpriseRemoval
    VcapQueryPower,       // QueryPower
    VcapSetPower,         // SetPower
    NULL,                 // QueryInterface
};
