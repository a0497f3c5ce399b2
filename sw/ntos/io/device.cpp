// Device objects: creation and deletion. Stacks of them: attach.cpp.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/io_timer.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/io/start_io.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/power.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr ULONG kDeviceTag = 0x69766544;  // "Devi"

void free_device(PDEVICE_OBJECT device) {
  io::forget_device(device);
  io::forget_start_io(device);
  io::forget_timer(device);
  ExFreePoolWithTag(device->DeviceObjectExtension, kDeviceTag);
  ExFreePoolWithTag(device, kDeviceTag);
}

void set_up(PDEVICE_OBJECT device, PDRIVER_OBJECT driver, std::size_t bytes) {
  device->Type = 3;  // IO_TYPE_DEVICE
  device->Size = static_cast<USHORT>(bytes < 0xFFFF ? bytes : 0xFFFF);
  device->DriverObject = driver;
  device->NextDevice = driver->DeviceObject;
  driver->DeviceObject = device;
  device->StackSize = 1;
  KeInitializeDeviceQueue(&device->DeviceQueue);
  KeInitializeEvent(&device->DeviceLock, SynchronizationEvent, TRUE);
}

/// A driver that stands on the device without a part in its removal, as a bus filter does, is told that it goes.
void tell_attached(PDEVICE_OBJECT device) {
  PDEVICE_OBJECT above = device->AttachedDevice;
  if (above == nullptr) return;
  const FAST_IO_DISPATCH* fast = above->DriverObject->FastIoDispatch;
  if (fast == nullptr || fast->SizeOfFastIoDispatch <= FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDetachDevice)) return;
  if (fast->FastIoDetachDevice != nullptr) fast->FastIoDetachDevice(above, device);
}
}  // namespace

extern "C" {

// STATUS_OBJECT_NAME_COLLISION if the name is taken, STATUS_INSUFFICIENT_RESOURCES without memory.
NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              PDEVICE_OBJECT* DeviceObject) {
  *DeviceObject = nullptr;
  if (DeviceName != nullptr && io::is_named(io::to_u16(*DeviceName))) return STATUS_OBJECT_NAME_COLLISION;
  const std::size_t bytes = sizeof(DEVICE_OBJECT) + DeviceExtensionSize;
  auto* device = static_cast<PDEVICE_OBJECT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kDeviceTag));
  if (device == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* state =
      static_cast<io::DeviceState*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(io::DeviceState), kDeviceTag));
  if (state == nullptr) {
    ExFreePoolWithTag(device, kDeviceTag);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  set_up(device, DriverObject, bytes);
  device->Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0u);
  device->Characteristics = DeviceCharacteristics;
  device->DeviceExtension = DeviceExtensionSize != 0 ? device + 1 : nullptr;
  device->DeviceType = DeviceType;
  device->DeviceObjectExtension = &state->extension;
  state->extension.DeviceObject = device;
  ob::create(device, ob::Kind::kDevice, [device] { free_device(device); });
  if (DeviceName != nullptr) io::name_device(io::to_u16(*DeviceName), device);
  *DeviceObject = device;
  return STATUS_SUCCESS;
}

// The object stays while files are open on it, and while another device is attached to it: drivers of a stack delete
// theirs from the bottom up, as IRP_MN_REMOVE_DEVICE returns through them.
VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject) {
  if (!ob::is_object(DeviceObject, ob::Kind::kDevice) || io::state_of(DeviceObject).delete_pending) {
    ntos::bug_check(0xC9, 0x240, 0, 0, value_of(DeviceObject), "DeleteDevice",
                    "IoDeleteDevice of something that is no device object, or no longer one");
  }
  io::verify(io::state_of(DeviceObject).attached_to == nullptr, 0x201, 0, 0, value_of(DeviceObject), "DeleteDevice",
             "IoDeleteDevice of a device that is still attached to another");
  if (pnp::power_request_pending(DeviceObject)) {
    ntos::bug_check(0x9F, 1, value_of(DeviceObject), 0, 0, "DRIVER_POWER_STATE_FAILURE",
                    "IoDeleteDevice of a device with a power request that is not completed");
  }
  PDEVICE_OBJECT* link = &DeviceObject->DriverObject->DeviceObject;
  while (*link != nullptr && *link != DeviceObject) link = &(*link)->NextDevice;
  if (*link != nullptr) *link = DeviceObject->NextDevice;
  tell_attached(DeviceObject);
  io::state_of(DeviceObject).delete_pending = TRUE;
  if (DeviceObject->AttachedDevice == nullptr) ob::dereference(DeviceObject);
}

}  // extern "C"
