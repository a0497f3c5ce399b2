// Device stacks: attaching, detaching, finding the top.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/user/addresses.h"

using namespace p2p;
using ke::value_of;

namespace {
/// Attaches to the top of the stack; `*attached_to` is set before anybody can send the source a request. False if the
/// top is going away or still being set up by another driver.
bool attach(PDEVICE_OBJECT source, PDEVICE_OBJECT target, PDEVICE_OBJECT volatile* attached_to) {
  PDEVICE_OBJECT top = IoGetAttachedDevice(target);
  if (io::state_of(top).delete_pending) {
    *attached_to = nullptr;
    return false;
  }
  *attached_to = top;
  io::state_of(source).attached_to = top;
  source->StackSize = static_cast<CCHAR>(top->StackSize + 1);
  source->AlignmentRequirement = top->AlignmentRequirement;
  source->SectorSize = top->SectorSize;
  top->AttachedDevice = source;
  return true;
}
}  // namespace

extern "C" {

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject) {
  while (DeviceObject->AttachedDevice != nullptr) DeviceObject = DeviceObject->AttachedDevice;
  return DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
  PDEVICE_OBJECT top = IoGetAttachedDevice(DeviceObject);
  ob::reference(top);
  return top;
}

// The next-lower device, referenced; nullptr for the lowest.
PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject) {
  PDEVICE_OBJECT lower = io::state_of(DeviceObject).attached_to;
  if (lower != nullptr) ob::reference(lower);
  return lower;
}

PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
  return IoGetAttachedDevice(FileObject->DeviceObject);
}

// nullptr if the stack cannot be attached to.
PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
  PDEVICE_OBJECT attached_to = nullptr;
  attach(SourceDevice, TargetDevice, &attached_to);
  return attached_to;
}

NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT* AttachedToDeviceObject) {
  return attach(SourceDevice, TargetDevice, AttachedToDeviceObject) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

// The caller passes the device it is attached to, not its own.
VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
  if (TargetDevice->AttachedDevice == nullptr) {
    ntos::bug_check(0xC9, 0x202, 0, value_of(TargetDevice), 0, "IoDetachDevice",
                    "IoDetachDevice with nothing attached");
  }
  io::state_of(TargetDevice->AttachedDevice).attached_to = nullptr;
  TargetDevice->AttachedDevice = nullptr;
  if (io::state_of(TargetDevice).delete_pending) ob::dereference(TargetDevice);  // IoDeleteDevice came first
}

NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
  nt::check_kernel_string(SymbolicLinkName, "IoCreateSymbolicLink");
  nt::check_kernel_string(DeviceName, "IoCreateSymbolicLink");
  return io::add_link(io::to_u16(*SymbolicLinkName), io::to_u16(*DeviceName)) ? STATUS_SUCCESS
                                                                              : STATUS_OBJECT_NAME_COLLISION;
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
  return io::remove_link(io::to_u16(*SymbolicLinkName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

}  // extern "C"
