#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/ownership.h"

#include <algorithm>

#include "sw/ntos/ex/module.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
/// Does a driver with this image have a location above the current one?
bool above(const void* image, const IRP* irp) {
  const auto* locations = reinterpret_cast<const IO_STACK_LOCATION*>(irp + 1);
  const auto count = static_cast<UCHAR>(irp->StackCount);
  for (std::size_t i = static_cast<UCHAR>(irp->CurrentLocation); i < count; ++i) {
    PDEVICE_OBJECT device = locations[i].DeviceObject;
    if (ob::is_object(device, ob::Kind::kDevice) && image_of(device->DriverObject) == image) return true;
  }
  return false;
}
}  // namespace

const void* image_of(PDRIVER_OBJECT driver) {
  return driver != nullptr ? ex::module_of(reinterpret_cast<const void*>(driver->DriverInit)) : nullptr;
}

bool passed_it_down(const void* code, const IRP* irp, const IrpInfo& info) {
  const void* image = ex::module_of(code);
  if (image == nullptr || info.holder == nullptr || !in_flight(irp, info)) return false;
  if (image == image_of(info.holder)) return false;
  const bool called = std::any_of(info.calls.begin(), info.calls.end(), [image](const DispatchCall* call) {
    return call->forwarded && image_of(call->driver) == image;
  });
  return called || image == info.sender || above(image, irp);
}

void check_cancel_routine(const IRP* irp, const IrpInfo& info) {
  PDRIVER_CANCEL routine = irp->CancelRoutine;
  if (routine == nullptr || !ntos::verifier_enabled()) return;
  verify(!passed_it_down(reinterpret_cast<const void*>(routine), irp, info), 0x229, ke::value_of(routine),
         ke::value_of(irp), 0, "IoSetCancelRoutine",
         "a driver set a cancel routine for an IRP that it has passed to the driver below");
}

}  // namespace p2p::io
