// Power requests: PoRequestPowerIrp, PoSetPowerState and their kin, as from Windows Vista on.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/power.h"

using namespace p2p;

namespace {
/// A device power request a driver asked for.
struct Request {
  PDEVICE_OBJECT device;  // as the driver named it; referenced until completion
  PDEVICE_OBJECT top;     // referenced until completion
  PDEVICE_OBJECT stack;   // its lowest device when it was asked for
  UCHAR minor;
  POWER_STATE state;
  PREQUEST_POWER_COMPLETE complete;
  PVOID context;
  PIRP irp;
};

/// One device power request at a time is on its way through a stack; the others wait in order. By lowest device.
std::map<PDEVICE_OBJECT, std::deque<Request*>>& stacks() {
  static auto* const all = new std::map<PDEVICE_OBJECT, std::deque<Request*>>;
  return *all;
}

/// Every request that is not completed.
std::vector<Request*>& requests() {
  static auto* const all = new std::vector<Request*>;
  return *all;
}

PDEVICE_OBJECT lowest(PDEVICE_OBJECT device) {
  while (io::state_of(device).attached_to != nullptr) device = io::state_of(device).attached_to;
  return device;
}

void send(Request* request) {
  PDEVICE_OBJECT top = request->top;
  // A stack of pagable drivers takes power requests at PASSIVE_LEVEL only.
  if ((top->Flags & DO_POWER_PAGABLE) != 0 && KeGetCurrentIrql() != PASSIVE_LEVEL) {
    ex::queue_work([request] { PoCallDriver(request->top, request->irp); });
  } else {
    PoCallDriver(top, request->irp);
  }
}

bool serialised(const Request* request) { return request->minor != IRP_MN_WAIT_WAKE; }

NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  auto* request = static_cast<Request*>(context);
  IO_STATUS_BLOCK status = irp->IoStatus;
  std::erase(requests(), request);  // who is told that it is done may delete the device
  if (request->complete != nullptr) {
    request->complete(request->device, request->minor, request->state, request->context, &status);
  }
  if (serialised(request)) {
    auto queue = stacks().find(request->stack);
    queue->second.pop_front();
    if (queue->second.empty()) {
      stacks().erase(queue);
    } else {
      send(queue->second.front());
    }
  }
  ob::dereference(request->top);
  ob::dereference(request->device);
  IoFreeIrp(irp);
  delete request;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// An IRP with a location of its own for the requester's device.
PIRP build(Request* request) {
  PIRP irp = IoAllocateIrp(static_cast<CCHAR>(request->top->StackSize + 1), FALSE);
  if (irp == nullptr) return nullptr;
  io::irp_info(irp)->system = true;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->DeviceObject = request->device;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_POWER;
  next->MinorFunction = request->minor;
  if (request->minor == IRP_MN_WAIT_WAKE) {
    next->Parameters.WaitWake.PowerState = request->state.SystemState;
  } else {
    next->Parameters.Power.Type = DevicePowerState;
    next->Parameters.Power.State = request->state;
  }
  IoSetCompletionRoutine(irp, completed, request, TRUE, TRUE, TRUE);
  return irp;
}
}  // namespace

namespace p2p::pnp {
bool power_request_pending(PDEVICE_OBJECT device) {
  return std::any_of(requests().begin(), requests().end(),
                     [device](const Request* request) { return request->device == device; });
}

NTSTATUS send_system_power(PDEVICE_OBJECT pdo, UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action) {
  const NTSTATUS status = io::request(pdo, nullptr, io::Sending::kMustSend, [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    location->MajorFunction = IRP_MJ_POWER;
    location->MinorFunction = minor;
    location->Parameters.Power.Type = SystemPowerState;
    location->Parameters.Power.State.SystemState = state;
    location->Parameters.Power.ShutdownType = action;
  });
  ke::trace("power.system", {{"query", minor == IRP_MN_QUERY_POWER ? 1u : 0u},
                             {"state", static_cast<unsigned>(state - PowerSystemWorking)},
                             {"status", static_cast<ULONG>(status)}});
  return status;
}
}  // namespace p2p::pnp

extern "C" {

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  return io::call_driver(DeviceObject, Irp, __builtin_return_address(0));
}

// Needed before Windows Vista; since then the power manager sees for itself when a request is done.
VOID NTAPI PoStartNextPowerIrp(PIRP Irp) { UNREFERENCED_PARAMETER(Irp); }

// Tells the power manager; returns the state told before.
POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State) {
  io::DeviceState& device = io::state_of(DeviceObject);
  POWER_STATE before = State;
  if (Type == DevicePowerState) {
    before.DeviceState = std::exchange(device.device_power, State.DeviceState);
  } else {
    before.SystemState = std::exchange(device.system_power, State.SystemState);
  }
  return before;
}

// STATUS_PENDING once the request is on its way or waits its turn: the completion function tells how it ended.
// STATUS_INVALID_PARAMETER_2 for another minor function, STATUS_INSUFFICIENT_RESOURCES without memory.
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP* Irp) {
  const bool wake = MinorFunction == IRP_MN_WAIT_WAKE;
  ke::verify_irql_at_most(wake ? PASSIVE_LEVEL : DISPATCH_LEVEL, 0x20022, DeviceObject, "IrqlIoDispatch",
                          "PoRequestPowerIrp at a too high IRQL");
  if (!wake && MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER) {
    return STATUS_INVALID_PARAMETER_2;
  }
  auto* request = new Request{DeviceObject,
                              IoGetAttachedDevice(DeviceObject),
                              lowest(DeviceObject),
                              MinorFunction,
                              PowerState,
                              CompletionFunction,
                              Context,
                              nullptr};
  request->irp = build(request);
  if (request->irp == nullptr) {
    delete request;
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  ob::reference(request->top);
  ob::reference(request->device);
  requests().push_back(request);
  if (Irp != nullptr) *Irp = request->irp;
  if (!serialised(request)) {
    send(request);
    return STATUS_PENDING;
  }
  std::deque<Request*>& queue = stacks()[request->stack];
  queue.push_back(request);
  if (queue.size() == 1) send(request);
  return STATUS_PENDING;
}

}  // extern "C"
