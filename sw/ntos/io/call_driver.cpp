// IoCallDriver: the way down.
#include "sw/ntos/io/verify.h"

#include <algorithm>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/irp_rules.h"
#include "sw/ntos/io/limits.h"
#include "sw/ntos/io/ownership.h"
#include "sw/ntos/io/pnp_rules.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/schedule.h"
#include "sw/ntos/ke/spinlock.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"

using namespace p2p;
using ke::value_of;

namespace {
constexpr UCHAR kInvoke = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;

/// May a driver forward a request of this kind at DISPATCH_LEVEL (R-IRP-17)?
bool dispatch_level_allowed(UCHAR major) {
  return major == IRP_MJ_POWER || major == IRP_MJ_READ || major == IRP_MJ_WRITE || major == IRP_MJ_DEVICE_CONTROL ||
         major == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

void check_send(PDEVICE_OBJECT device, PIRP irp, const io::IrpInfo* info, KIRQL irql) {
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x03, value_of(irp), 0, 0, "IoCallDriver", "IoCallDriver with something that is no IRP");
  }
  if (!ob::is_object(device, ob::Kind::kDevice)) {
    ntos::bug_check(0xC9, device == nullptr ? 0x204u : 0x04u, value_of(device), value_of(irp), 0, "IoCallDriver",
                    "IoCallDriver with something that is no device object");
  }
  if (irql > DISPATCH_LEVEL && info->home != 0) {
    ntos::bug_check(0xC9, 0x301, 0, value_of(irp), irql, "ForwardedAtBadIrql",
                    "an IRP was forwarded above DISPATCH_LEVEL");
  }
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC9, 0x10, irql, value_of(irp), 0, "IoCallDriver", "IoCallDriver above DISPATCH_LEVEL");
  }
  ke::verify(!info->ex_failed, 0x4100F, value_of(irp), 0, 0, "IoSetCompletionExCompleteIrp",
             "an IRP was forwarded although IoSetCompletionRoutineEx had failed");
  if (irp->CurrentLocation <= 1) {
    ntos::bug_check(0x35, value_of(irp), 0, 0, 0, "NO_MORE_IRP_STACK_LOCATIONS",
                    "IoCallDriver with no stack location left");  // R-IRP-11
  }
  if (irp->CurrentLocation > irp->StackCount + 1) {
    ntos::bug_check(0x44, value_of(irp), 0, 0, 0, "MULTIPLE_IRP_COMPLETE_REQUESTS",
                    "IoCallDriver with an IRP that is completed");
  }
}

void check_locations(PIRP irp, PIO_STACK_LOCATION next, KIRQL irql) {
  const UCHAR major = next->MajorFunction;
  if (major > IRP_MJ_MAXIMUM_FUNCTION) {
    ntos::bug_check(0xC9, 0x237, 0, value_of(irp), major, "IoCallDriver", "an IRP has no valid major function");
  }
  io::verify(irql < DISPATCH_LEVEL || dispatch_level_allowed(major), 0x23A, 0, value_of(irp), irql,
             "ForwardedAtBadIrql", "an IRP of this kind was forwarded at DISPATCH_LEVEL");
  io::verify((next->Control & ~kInvoke) == 0, 0x206, 0, value_of(irp), next->Control, "IoCopyCurrentIrpStackLocation",
             "an IRP was forwarded with a control field that is not clear: a location copied by hand, or skipped after "
             "IoMarkIrpPending");  // R-IRP-13, R-IRP-14
  if (irp->CurrentLocation > irp->StackCount) return;
  const IO_STACK_LOCATION* current = irp->Tail.Overlay.CurrentStackLocation;
  // Without a context the same routine may stand in both: a driver with two devices in one stack.
  const bool dragged = (next->Control & kInvoke) != 0 && next->Context != nullptr &&
                       next->CompletionRoutine == current->CompletionRoutine && next->Context == current->Context &&
                       next->Control == (current->Control & kInvoke);
  io::verify(!dragged, 0x207, 0, value_of(irp), 0, "IoCopyCurrentIrpStackLocation",
             "an IRP was forwarded with the completion routine of the driver above, copied by hand");
}

/// What a driver must have filled in before it asks for capabilities.
void check_capabilities(PIRP irp, PIO_STACK_LOCATION location) {
  if (location->MajorFunction != IRP_MJ_PNP || location->MinorFunction != IRP_MN_QUERY_CAPABILITIES) return;
  const DEVICE_CAPABILITIES& given = *location->Parameters.DeviceCapabilities.Capabilities;
  constexpr const char *kRule = "DeviceCapabilities", *kMessage = "a DEVICE_CAPABILITIES was not initialised";
  io::verify(given.Version == 1, 0x233, 0, value_of(irp), given.Version, kRule, kMessage);
  io::verify(given.Size == sizeof(DEVICE_CAPABILITIES), 0x234, 0, value_of(irp), given.Size, kRule, kMessage);
  io::verify(given.Address == ~ULONG{0}, 0x235, 0, value_of(irp), given.Address, kRule, kMessage);
  io::verify(given.UINumber == ~ULONG{0}, 0x236, 0, value_of(irp), given.UINumber, kRule, kMessage);
}

void check_first_send(PIRP irp, const io::IrpInfo& info, PIO_STACK_LOCATION next, KIRQL irql) {
  const UCHAR major = next->MajorFunction;
  const bool preset = irp->IoStatus.Status == STATUS_NOT_SUPPORTED;
  io::verify(major != IRP_MJ_PNP || preset, 0x20E, 0, value_of(irp), 0, "PnpIrp",
             "a PnP IRP was not initialised to STATUS_NOT_SUPPORTED");  // R-IRP-58
  io::verify(major != IRP_MJ_POWER || preset, 0x20F, 0, value_of(irp), 0, "PowerIrp",
             "a power IRP was not initialised to STATUS_NOT_SUPPORTED");
  io::verify(major != IRP_MJ_SYSTEM_CONTROL || preset, 0x210, 0, value_of(irp), 0, "WmiIrp",
             "a WMI IRP was not initialised to STATUS_NOT_SUPPORTED");
  check_capabilities(irp, next);
  io::verify(info.kind != io::IrpKind::kThreaded || irql < APC_LEVEL, 0x302, 0, value_of(irp), irql,
             "ForwardedAtBadIrql", "a threaded IRP was sent at APC_LEVEL or above: its event would never be set");
}

/// What a dispatch routine said against what it did (R-IRP-70, R-IRP-72, R-IRP-73).
void check_return(PDEVICE_OBJECT device, PIRP irp, io::IrpInfo* info, const io::DispatchCall& call, NTSTATUS status) {
  const bool alive = info != nullptr && !call.completed;
  const PIO_STACK_LOCATION location = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + (call.cursor - 1);
  const bool pended = alive ? (location->Control & SL_PENDING_RETURNED) != 0 : call.pended;
  io::verify(status != -1, 0x225, value_of(device), value_of(irp), 0, "IrpProcessingComplete",
             "a dispatch routine returned 0xFFFFFFFF");
  io::verify(!io::suspicious(status), 0x21B, value_of(device), value_of(irp), static_cast<ULONG>(status),
             "IrpProcessingComplete", "a dispatch routine returned what is no status: a variable that was never set?");
  if (status == STATUS_PENDING) {
    // Who forwarded the IRP may mark it until it leaves this location: see IofCompleteRequest.
    if (alive && call.forwarded) {
      io::check_cancel_routine(irp, *info);
      if (!pended && call.cursor < 32) info->said_pending |= 1u << call.cursor;
      return;
    }
    io::verify(pended, 0x23D, value_of(device), value_of(irp), static_cast<ULONG>(status), "MarkIrpPending",
               "a dispatch routine returned STATUS_PENDING without IoMarkIrpPending");
    return;
  }
  io::verify(!pended, 0x23E, value_of(device), value_of(irp), static_cast<ULONG>(status), "MarkIrpPending2",
             "a dispatch routine marked an IRP pending and returned another status than STATUS_PENDING");
  io::verify(!alive, 0x226, value_of(device), value_of(irp), static_cast<ULONG>(status), "IrpProcessingComplete",
             "a dispatch routine returned another status than STATUS_PENDING for an IRP that is not completed");
  io::verify(!call.completed || status == call.status, 0x224, value_of(device), value_of(irp),
             static_cast<ULONG>(call.status), "LowerDriverReturn",
             "a dispatch routine returned another status than the one the IRP was completed with");
}

/// The driver that has it may forward it, not one that has passed it down and has not got it back.
void check_owner(PIRP irp, const io::IrpInfo& info, const void* caller) {
  if (!ntos::verifier_enabled()) return;
  io::verify(!io::passed_it_down(caller, irp, info), 0x205, value_of(caller), value_of(irp), 0, "IoCallDriver",
             "a driver forwarded an IRP that the driver below still has");
  io::verify(irp->CancelRoutine == nullptr, 0x203, 0, value_of(irp), 0, "IoCallDriver",
             "an IRP was forwarded with its cancel routine set");  // R-IRP-85
}

/// Counts critical regions and mutexes of the thread.
void check_critical_regions(PDRIVER_DISPATCH dispatch, int before) {
  const int now = ke::current_thread()->kernel_apc_disable;
  ke::verify(now == before, 0xC5, value_of(dispatch), static_cast<std::uint64_t>(now),
             static_cast<std::uint64_t>(before), "CriticalRegions",
             "a dispatch routine returned with another count of critical regions and mutexes");
}

bool times_power(const IO_STACK_LOCATION* location) {
  return location->MajorFunction == IRP_MJ_POWER &&
         (location->MinorFunction == IRP_MN_SET_POWER || location->MinorFunction == IRP_MN_QUERY_POWER);
}
}  // namespace

namespace p2p::io {

NTSTATUS call_driver(PDEVICE_OBJECT device, PIRP irp, const void* caller) {
  ke::schedule_point();
  const KIRQL irql = ke::current_cpu().irql;
  IrpInfo* info = irp_info(irp);
  check_send(device, irp, info, irql);
  PIO_STACK_LOCATION location = irp->Tail.Overlay.CurrentStackLocation - 1;
  check_owner(irp, *info, caller);
  check_locations(irp, location, irql);
  check_passing(device, irp, *info, location);
  const bool first = info->home == 0;
  if (first) {
    info->sender = ex::module_of(caller);
    check_first_send(irp, *info, location, irql);
    check_new_request(device, irp, *info, location);
    info->home = irp->CurrentLocation;
    watch_buffer(irp, device, location, &info->invariant);
    const bool fake_power = info->fake && location->MajorFunction == IRP_MJ_POWER;
    if (times_power(location) || fake_power) limit_power(irp, info);
  } else {
    check_pnp_passing(irp, *info, location);
    check_buffer_passed(irp, location, info->invariant);
  }
  if (!info->calls.empty()) info->calls.back()->forwarded = true;
  --irp->CurrentLocation;
  irp->Tail.Overlay.CurrentStackLocation = location;
  location->DeviceObject = device;
  info->holder = device->DriverObject;
  info->at = info->passed_to = device;
  info->given = irp->IoStatus;
  info->history.add(IrpStep::What::kCalled, info->holder);
  const std::uint64_t id = info->id;
  const bool event_was_set =
      first && info->kind == IrpKind::kThreaded && info->event != nullptr && KeReadStateEvent(info->event) != 0;
  DispatchCall call{irp->CurrentLocation, info->holder, ke::current_thread()};
  info->calls.push_back(&call);
  const unsigned locks = ke::spin_locks_held();
  const int apc_disable = ke::current_thread()->kernel_apc_disable;
  ke::trace("irp.call", {{"irp", id}, {"major", location->MajorFunction}, {"driver", pnp::driver_name(info->holder)}});
  PDRIVER_DISPATCH dispatch = device->DriverObject->MajorFunction[location->MajorFunction];
  NTSTATUS status;
  {
    const CurrentIrp handled(id);
    const ke::WatchedFunction watched(ntos::Entry::kDispatch, value_of(dispatch));
    status = dispatch(device, irp);
  }
  info = irp_info(irp);
  if (info != nullptr && info->id != id) info = nullptr;  // another IRP by now
  if (info != nullptr) std::erase(info->calls, &call);
  if (ke::current_cpu().irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC9, 0x12, value_of(dispatch), irql, ke::current_cpu().irql, "IrqlReturn",
                    "a dispatch routine returned above DISPATCH_LEVEL");
  }
  if (ke::current_cpu().irql != irql) {  // R-IRQL-6
    ntos::bug_check(0xC9, 0x05, value_of(device), irql, ke::current_cpu().irql, "IrqlReturn",
                    "a dispatch routine returned at another IRQL");
  }
  ke::verify_locks_released(locks, value_of(dispatch),
                            "a dispatch routine returned with a spin lock held");  // R-SPIN-4
  check_critical_regions(dispatch, apc_disable);
  check_unwound(__builtin_frame_address(0));
  if (status == STATUS_PENDING) ke::trace("irp.pend", {{"irp", id}});
  check_return(device, irp, info, call, status);
  verify(status != STATUS_PENDING || !event_was_set, 0x307, value_of(device), value_of(irp), 0,
         "IoBuildSynchronousFsdRequestWait",
         "STATUS_PENDING came for a request whose event was set already: the wait would not wait");  // R-IRP-56
  return status;
}

}  // namespace p2p::io

extern "C" {

NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  return io::call_driver(DeviceObject, Irp, __builtin_return_address(0));
}

}  // extern "C"
