// IoCallDriver and IoCompleteRequest: the way down and the way up.
#include "sw/ntos/ddk.h"

#include <string>

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;

namespace {
std::uint64_t value(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// Everything of a finished location that a higher completion routine must not see (R-IRP-32b).
void zero_location(PIO_STACK_LOCATION location) {
  PDEVICE_OBJECT device = location->DeviceObject;
  *location = {};
  location->DeviceObject = device;
}

/// R-IRP-22.
bool invoked(const IRP* irp, const IO_STACK_LOCATION* location) {
  const UCHAR control = location->Control;
  if (NT_SUCCESS(irp->IoStatus.Status) && (control & SL_INVOKE_ON_SUCCESS) != 0) return true;
  if (!NT_SUCCESS(irp->IoStatus.Status) && (control & SL_INVOKE_ON_ERROR) != 0) return true;
  return irp->Cancel && (control & SL_INVOKE_ON_CANCEL) != 0;
}

void check_completion(PIRP irp, const io::IrpInfo* info) {
  const KIRQL irql = ke::current_cpu().irql;
  if (info == nullptr || irp->CurrentLocation > irp->StackCount + 1) {
    ntos::bug_check(0x44, value(irp), 0, 0, 0, "MULTIPLE_IRP_COMPLETE_REQUESTS", "an IRP was completed twice");
  }
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC9, 0x0E, irql, value(irp), 0, "IoCompleteRequest", "IoCompleteRequest above DISPATCH_LEVEL");
  }
  if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1) {
    ntos::bug_check(0xC9, 0x06, static_cast<ULONG>(irp->IoStatus.Status), value(irp), 0, "IoCompleteRequest",
                    "an IRP was completed with STATUS_PENDING or -1");
  }
  if (irp->CancelRoutine != nullptr) {
    ntos::bug_check(0xC9, 0x07, value(reinterpret_cast<void*>(irp->CancelRoutine)), value(irp), 0, "IoCompleteRequest",
                    "an IRP was completed with its cancel routine set");
  }
}
}  // namespace

extern "C" {

NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x03, value(Irp), 0, 0, "IoCallDriver", "IoCallDriver with something that is no IRP");
  }
  if (!ob::is_object(DeviceObject, ob::Kind::kDevice)) {
    ntos::bug_check(0xC9, DeviceObject == nullptr ? 0x204u : 0x04u, value(DeviceObject), value(Irp), 0, "IoCallDriver",
                    "IoCallDriver with something that is no device object");
  }
  const KIRQL irql = ke::current_cpu().irql;
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC9, 0x10, irql, value(Irp), 0, "IoCallDriver", "IoCallDriver above DISPATCH_LEVEL");
  }
  if (Irp->CancelRoutine != nullptr) {
    ntos::bug_check(0xC9, 0x203, 0, value(Irp), 0, "IoCallDriver", "an IRP was forwarded with its cancel routine set");
  }
  if (Irp->CurrentLocation <= 1) {
    ntos::bug_check(0x35, value(Irp), 0, 0, 0, "NO_MORE_IRP_STACK_LOCATIONS",
                    "IoCallDriver with no stack location left");  // R-IRP-11
  }
  --Irp->CurrentLocation;
  PIO_STACK_LOCATION location = --Irp->Tail.Overlay.CurrentStackLocation;
  location->DeviceObject = DeviceObject;
  const std::uint64_t id = info->id;
  const CHAR cursor = Irp->CurrentLocation;
  ke::trace("irp.call", {{"irp", id}, {"major", location->MajorFunction}});
  PDRIVER_DISPATCH dispatch = DeviceObject->DriverObject->MajorFunction[location->MajorFunction];
  const NTSTATUS status = dispatch(DeviceObject, Irp);
  if (ke::current_cpu().irql != irql) {
    ntos::bug_check(0xC9, 0x05, value(DeviceObject), irql, ke::current_cpu().irql, "IrqlReturn",
                    "a dispatch routine returned at another IRQL");
  }
  if (status == STATUS_PENDING) {
    ke::trace("irp.pend", {{"irp", id}});
    // If the IRP is still where the dispatch routine left it, it must have been marked (R-IRP-70).
    info = io::irp_info(Irp);
    if (ntos::verifier_enabled() && info != nullptr && info->id == id && Irp->CurrentLocation == cursor &&
        (location->Control & SL_PENDING_RETURNED) == 0) {
      ntos::bug_check(0xC9, 0x23D, value(DeviceObject), value(Irp), static_cast<ULONG>(status), "MarkIrpPending",
                      "a dispatch routine returned STATUS_PENDING without IoMarkIrpPending");
    }
  } else if (ntos::verifier_enabled()) {
    info = io::irp_info(Irp);
    if (info != nullptr && info->id == id && Irp->CurrentLocation == cursor) {
      ntos::bug_check(
          0xC9, (location->Control & SL_PENDING_RETURNED) != 0 ? 0x23Eu : 0x226u, value(DeviceObject), value(Irp),
          static_cast<ULONG>(status), "IrpProcessingComplete",
          "a dispatch routine returned another status than STATUS_PENDING for an IRP it neither completed nor "
          "forwarded");  // R-IRP-73
    }
  }
  return status;
}

VOID NTAPI IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
  UNREFERENCED_PARAMETER(PriorityBoost);
  io::IrpInfo* info = io::irp_info(Irp);
  check_completion(Irp, info);
  const std::uint64_t id = info->id;
  ke::trace("irp.complete", {{"irp", id},
                             {"status", static_cast<std::uint64_t>(static_cast<ULONG>(Irp->IoStatus.Status))},
                             {"information", static_cast<std::uint64_t>(Irp->IoStatus.Information)}});
  PIO_STACK_LOCATION finished = Irp->Tail.Overlay.CurrentStackLocation;
  ++Irp->CurrentLocation;
  ++Irp->Tail.Overlay.CurrentStackLocation;
  while (Irp->CurrentLocation <= Irp->StackCount + 1) {
    const bool owner_has_location = Irp->CurrentLocation <= Irp->StackCount;
    Irp->PendingReturned = (finished->Control & SL_PENDING_RETURNED) != 0;  // R-IRP-33
    if (invoked(Irp, finished)) {
      PIO_COMPLETION_ROUTINE routine = finished->CompletionRoutine;
      PVOID context = finished->Context;
      PDEVICE_OBJECT device = owner_has_location ? Irp->Tail.Overlay.CurrentStackLocation->DeviceObject : nullptr;
      zero_location(finished);
      const KIRQL irql = ke::current_cpu().irql;
      ke::trace("irp.routine", {{"irp", id}});
      const NTSTATUS status = routine(device, Irp, context);
      if (ke::current_cpu().irql != irql) {
        ntos::bug_check(0xC4, 0xFA, value(reinterpret_cast<void*>(routine)), irql, ke::current_cpu().irql, "IrqlReturn",
                        "a completion routine returned at another IRQL");  // R-IRP-38
      }
      if (status == STATUS_MORE_PROCESSING_REQUIRED) return;  // R-IRP-37
    } else {
      if (Irp->PendingReturned && owner_has_location) IoMarkIrpPending(Irp);  // R-IRP-34
      zero_location(finished);
    }
    finished = Irp->Tail.Overlay.CurrentStackLocation;
    ++Irp->CurrentLocation;
    ++Irp->Tail.Overlay.CurrentStackLocation;
  }
  info = io::irp_info(Irp);
  if (info->kind == io::IrpKind::kAllocated) {
    ntos::bug_check(
        0xC9, 0x20A, 0, value(Irp), 0, "IoAllocateFree",
        "completion of an IRP from IoAllocateIrp ran past its allocator: its completion routine must stop it");
  }  // R-IRP-42
  ++ke::state().counters.irps_completed;
  if (Irp->IoStatus.Status == STATUS_CANCELLED) ++ke::state().counters.irps_cancelled;
  ke::queue_special_apc(info->thread, [Irp] { io::final_completion(Irp); });
}

}  // extern "C"
