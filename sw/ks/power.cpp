// Power: system requests become device requests, minidrivers and their pins are told in order (R-PWR-1..3).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"

namespace p2p::ks {

namespace {
DEVICE_POWER_STATE device_state_for(SYSTEM_POWER_STATE system) {
  return system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
}

NTSTATUS NTAPI keep_pending(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(context);
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  return STATUS_SUCCESS;
}

/// Running pins are paused before the device loses power (R-PWR-2), and no dispatch runs without it (R-KMX-3).
void pause_pins(Device& device) {
  device.asleep = true;
  for_each_filter(device, [](Filter& filter) {
    for (Pin* pin : filter.pins) {
      pin->after_power.reset();
      if (pin->pub.DeviceState == KSSTATE_RUN && NT_SUCCESS(step_to(*pin, KSSTATE_PAUSE)))
        pin->after_power = KSSTATE_RUN;
      pin->processor->settle_for_power();
    }
  });
}

/// What the client wanted before and meanwhile.
void resume_pins(Device& device) {
  device.asleep = false;
  for_each_filter(device, [](Filter& filter) {
    for (Pin* pin : filter.pins) {
      if (pin->after_power.has_value() && *pin->after_power > pin->pub.DeviceState) step_to(*pin, *pin->after_power);
      pin->after_power.reset();
      initiate_processing(*pin);  // arrivals meanwhile
    }
  });
}

/// With the device mutex and, so that no pin goes meanwhile, the control mutex: the driver takes neither (R-PWR-3).
void tell_filter(Filter& filter, DEVICE_POWER_STATE state, bool wake) {
  Hold held(filter.control);
  const PFNKSFILTERPOWER filter_call = wake ? filter.wake : filter.sleep;
  const auto call_filter = [&] { filter_call(&filter.pub, state); };
  if (wake && filter_call != nullptr) call_driver(CallbackOf::kFilter, "a filter's Wake", call_filter);
  if (!is_filter_centric(filter)) {
    for (Pin* pin : filter.pins) {
      const PFNKSPINPOWER pin_call = wake ? pin->wake : pin->sleep;
      if (pin_call == nullptr) continue;
      call_driver(CallbackOf::kPin, wake ? "a pin's Wake" : "a pin's Sleep", [&] { pin_call(&pin->pub, state); });
    }
  }
  if (!wake && filter_call != nullptr) call_driver(CallbackOf::kFilter, "a filter's Sleep", call_filter);
}

/// R-PWR-3: waking goes from the outside in.
void tell_sleepers(Device& device, DEVICE_POWER_STATE state, bool wake) {
  for (const auto& factory : device.factories) {
    const PFNKSFILTERFACTORYPOWER factory_call = wake ? factory->wake : factory->sleep;
    const auto call_factory = [&] { factory_call(&factory->pub, state); };
    if (wake && factory_call != nullptr) call_driver(CallbackOf::kDevice, "a factory's Wake", call_factory);
    for (Filter* filter : factory->filters) tell_filter(*filter, state, wake);
    if (!wake && factory_call != nullptr) call_driver(CallbackOf::kDevice, "a factory's Sleep", call_factory);
  }
}

void set_power(Device& device, PIRP irp, DEVICE_POWER_STATE to) {
  const DEVICE_POWER_STATE from = device.pub.DevicePowerState;
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor->Dispatch;
  const bool down = to > from;
  Hold held(device.mutex);
  if (device.pub.Started && down) {
    if (from == PowerDeviceD0) pause_pins(device);
    tell_sleepers(device, to, false);
  }
  if (dispatch != nullptr && dispatch->SetPower != nullptr) {
    call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.SetPower",
                [&] { dispatch->SetPower(&device.pub, irp, to, from); });
  }
  device.pub.DevicePowerState = to;
  POWER_STATE state{};
  state.DeviceState = to;
  PoSetPowerState(device.pub.FunctionalDeviceObject, DevicePowerState, state);
  if (device.pub.Started && to == PowerDeviceD0 && from != PowerDeviceD0) {
    tell_sleepers(device, to, true);
    resume_pins(device);
  }
}

NTSTATUS set_device_power(Device& device, PIRP irp) {
  const DEVICE_POWER_STATE to = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState;
  if (to >= device.pub.DevicePowerState) {  // down: the bus last
    if (to != device.pub.DevicePowerState) set_power(device, irp, to);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return forward(device, irp);
  }
  const NTSTATUS status = forward_and_wait(device, irp);  // up: the bus first
  if (NT_SUCCESS(status)) set_power(device, irp, to);
  return complete(irp, status);
}

/// R-PWR-1. `system_to` is of a system query only.
NTSTATUS query_power(Device& device, PIRP irp, DEVICE_POWER_STATE to, SYSTEM_POWER_STATE system_to) {
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor->Dispatch;
  if (!device.pub.Started || dispatch == nullptr || dispatch->QueryPower == nullptr) return STATUS_SUCCESS;
  Hold held(device.mutex);
  const bool system = system_to != PowerSystemUnspecified;
  const auto action = system ? IoGetCurrentIrpStackLocation(irp)->Parameters.Power.ShutdownType : PowerActionNone;
  const NTSTATUS status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.QueryPower", [&] {
    return dispatch->QueryPower(&device.pub, irp, to, device.pub.DevicePowerState, system_to,
                                system ? device.pub.SystemPowerState : PowerSystemUnspecified, action);
  });
  check_device_callback(status, "KSDEVICE_DISPATCH.QueryPower");
  return status;
}

/// Sends on a request that is marked pending: its location stays ours (R-IRP-13).
void forward_pending(Device& device, PIRP irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, keep_pending, nullptr, TRUE, TRUE, TRUE);
  IoCallDriver(device.pub.NextDeviceObject, irp);
}

/// The device has followed; the system request goes on.
VOID NTAPI device_followed(PDEVICE_OBJECT fdo, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK status) {
  UNREFERENCED_PARAMETER(minor);
  UNREFERENCED_PARAMETER(state);
  UNREFERENCED_PARAMETER(status);
  forward_pending(*device_of_fdo(fdo), static_cast<PIRP>(context));
}

NTSTATUS set_system_power(Device& device, PIRP irp) {
  const SYSTEM_POWER_STATE to = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState;
  device.pub.SystemPowerState = to;
  POWER_STATE state{};
  state.DeviceState = device_state_for(to);
  if (!device.pub.Started || state.DeviceState == device.pub.DevicePowerState) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    return forward(device, irp);
  }
  IoMarkIrpPending(irp);
  const NTSTATUS status =
      PoRequestPowerIrp(device.pub.FunctionalDeviceObject, IRP_MN_SET_POWER, state, device_followed, irp, nullptr);
  if (!NT_SUCCESS(status)) forward_pending(device, irp);  // a transition cannot be refused any more
  return STATUS_PENDING;
}
}  // namespace

NTSTATUS power_request(Device& device, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const bool system = location->Parameters.Power.Type == SystemPowerState;
  NTSTATUS status = STATUS_SUCCESS;
  switch (location->MinorFunction) {
    case IRP_MN_SET_POWER:
      return system ? set_system_power(device, irp) : set_device_power(device, irp);
    case IRP_MN_QUERY_POWER:
      status = system ? query_power(device, irp, device_state_for(location->Parameters.Power.State.SystemState),
                                    location->Parameters.Power.State.SystemState)
                      : query_power(device, irp, location->Parameters.Power.State.DeviceState, PowerSystemUnspecified);
      if (!NT_SUCCESS(status)) return complete(irp, status);
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    default:
      break;
  }
  return forward(device, irp);
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

void NTAPI KsFilterRegisterPowerCallbacks(PKSFILTER FilterPointer, PFNKSFILTERPOWER Sleep, PFNKSFILTERPOWER Wake) {
  require_passive("KsFilterRegisterPowerCallbacks");
  auto& filter = *reinterpret_cast<Filter*>(FilterPointer);
  filter.sleep = Sleep;
  filter.wake = Wake;
}

void NTAPI KsPinRegisterPowerCallbacks(PKSPIN PinPointer, PFNKSPINPOWER Sleep, PFNKSPINPOWER Wake) {
  require_passive("KsPinRegisterPowerCallbacks");
  auto& pin = *reinterpret_cast<ks::Pin*>(PinPointer);
  pin.sleep = Sleep;
  pin.wake = Wake;
}

}  // extern "C"
