// Device objects, device stacks, symbolic links.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <string>

#include "ntos/ks_support.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;

namespace {
constexpr ULONG kDeviceTag = 0x69766544;  // "Devi"

void free_device(PDEVICE_OBJECT device) {
  io::forget_device(device);
  ExFreePoolWithTag(device->DeviceObjectExtension, kDeviceTag);
  ExFreePoolWithTag(device, kDeviceTag);
}
}  // namespace

extern "C" {

NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              PDEVICE_OBJECT* DeviceObject) {
  if (ke::current_cpu().irql != PASSIVE_LEVEL) {
    ntos::bug_check(0xC4, 0x2000A, ke::current_cpu().irql, 0, 0, "IrqlIoPassive1",
                    "IoCreateDevice above PASSIVE_LEVEL");
  }
  const std::size_t bytes = sizeof(DEVICE_OBJECT) + DeviceExtensionSize;
  auto* device = static_cast<PDEVICE_OBJECT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kDeviceTag));
  auto* extension =
      static_cast<PDEVOBJ_EXTENSION>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(DEVOBJ_EXTENSION), kDeviceTag));
  if (device == nullptr || extension == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  device->Type = 3;  // IO_TYPE_DEVICE
  device->Size = static_cast<USHORT>(bytes < 0xFFFF ? bytes : 0xFFFF);
  device->DriverObject = DriverObject;
  device->NextDevice = DriverObject->DeviceObject;
  DriverObject->DeviceObject = device;
  device->Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0u);
  device->Characteristics = DeviceCharacteristics;
  device->DeviceExtension = DeviceExtensionSize != 0 ? device + 1 : nullptr;
  device->DeviceType = DeviceType;
  device->StackSize = 1;
  device->DeviceObjectExtension = extension;
  extension->DeviceObject = device;
  InitializeListHead(&device->DeviceQueue.DeviceListHead);
  KeInitializeEvent(&device->DeviceLock, SynchronizationEvent, TRUE);
  ob::create(device, ob::Kind::kDevice, [device] { free_device(device); });
  if (DeviceName != nullptr) io::name_device(io::to_u16(*DeviceName), device);
  *DeviceObject = device;
  return STATUS_SUCCESS;
}

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject) {
  if (!ob::is_object(DeviceObject, ob::Kind::kDevice)) {
    ntos::bug_check(0xC9, 0x240, 0, 0, reinterpret_cast<std::uintptr_t>(DeviceObject), "DeleteDevice",
                    "IoDeleteDevice of something that is no device object, or no longer one");
  }
  if (DeviceObject->AttachedDevice != nullptr) {
    ntos::bug_check(0xC9, 0x201, 0, 0, reinterpret_cast<std::uintptr_t>(DeviceObject), "DeleteDevice",
                    "IoDeleteDevice of a device another one is attached to");
  }
  PDEVICE_OBJECT* link = &DeviceObject->DriverObject->DeviceObject;
  while (*link != nullptr && *link != DeviceObject) link = &(*link)->NextDevice;
  if (*link != nullptr) *link = DeviceObject->NextDevice;
  ob::dereference(DeviceObject);
}

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject) {
  while (DeviceObject->AttachedDevice != nullptr) DeviceObject = DeviceObject->AttachedDevice;
  return DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
  PDEVICE_OBJECT top = IoGetAttachedDevice(DeviceObject);
  ob::reference(top);
  return top;
}

PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
  return IoGetAttachedDevice(FileObject->DeviceObject);
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
  PDEVICE_OBJECT top = IoGetAttachedDevice(TargetDevice);
  top->AttachedDevice = SourceDevice;
  SourceDevice->StackSize = static_cast<CCHAR>(top->StackSize + 1);
  SourceDevice->AlignmentRequirement = top->AlignmentRequirement;
  return top;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
  if (TargetDevice->AttachedDevice == nullptr) {
    ntos::bug_check(0xC9, 0x202, 0, reinterpret_cast<std::uintptr_t>(TargetDevice), 0, "IoDetachDevice",
                    "IoDetachDevice with nothing attached");
  }
  TargetDevice->AttachedDevice = nullptr;
}

NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
  return io::add_link(io::to_u16(*SymbolicLinkName), io::to_u16(*DeviceName)) ? STATUS_SUCCESS
                                                                              : STATUS_OBJECT_NAME_COLLISION;
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
  return io::remove_link(io::to_u16(*SymbolicLinkName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

}  // extern "C"
