// IoCompleteRequest: the way up, from the next-highest driver to the highest.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/irp_rules.h"
#include "sw/ntos/io/ownership.h"
#include "sw/ntos/io/pnp_rules.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/schedule.h"
#include "sw/ntos/ke/spinlock.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;
using ke::value_of;

namespace {
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

/// Only the driver that has it completes it and makes it cancelable.
void check_ownership(PIRP irp, const io::IrpInfo& info, const void* caller) {
  io::verify(!io::passed_it_down(caller, irp, info), 0x209, value_of(caller), value_of(irp), 0, "IoCompleteRequest",
             "a driver completed an IRP that the driver below still has");
  io::check_cancel_routine(irp, info);
}

// R-IRP-30, R-IRP-31.
void check_completion(PIRP irp, const io::IrpInfo* info, const void* caller) {
  const KIRQL irql = ke::current_cpu().irql;
  if (info == nullptr || irp->CurrentLocation > irp->StackCount + 1) {
    ntos::bug_check(0x44, value_of(irp), 0, 0, 0, "MULTIPLE_IRP_COMPLETE_REQUESTS", "an IRP was completed twice");
  }
  if (irp->CurrentLocation > irp->StackCount) {
    // A threaded IRP that its builder will not send after all ends like this; any other has no driver to complete it.
    const bool never_sent = info->home == 0;
    io::verify(!never_sent || info->kind == io::IrpKind::kThreaded, 0x239, 0, value_of(irp), 0, "IoAllocateComplete",
               "an IRP was completed that was never sent to a driver");
    if (!never_sent || info->kind != io::IrpKind::kThreaded) {
      ntos::bug_check(0x44, value_of(irp), 0, 0, 0, "MULTIPLE_IRP_COMPLETE_REQUESTS",
                      "an IRP was completed by the driver that allocated it");
    }
  }
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC9, 0x0E, irql, value_of(irp), 0, "IoCompleteRequest", "IoCompleteRequest above DISPATCH_LEVEL");
  }
  ke::verify(ke::spin_locks_held() == 0, 0x40009, value_of(irp), 0, 0, "SpinLockSafe",
             "IoCompleteRequest was called with a spin lock held");  // R-SPIN-4
  io::verify(irp->IoStatus.Status != STATUS_PENDING && irp->IoStatus.Status != -1, 0x06,
             static_cast<ULONG>(irp->IoStatus.Status), value_of(irp), 0, "IoCompleteRequest",
             "an IRP was completed with STATUS_PENDING or -1");
  io::verify(!io::suspicious(irp->IoStatus.Status), 0x300, 0, value_of(irp), static_cast<ULONG>(irp->IoStatus.Status),
             "IoCompleteRequest", "an IRP was completed with what is no status: a variable that was never set?");
  if (ntos::verifier_enabled()) check_ownership(irp, *info, caller);
  io::verify(irp->CancelRoutine == nullptr, 0x07, value_of(irp->CancelRoutine), value_of(irp), 0, "IoCompleteRequest",
             "an IRP was completed with its cancel routine set");
  io::check_pnp_completion(irp, *info);
  io::check_buffer_completed(irp, irp->Tail.Overlay.CurrentStackLocation, info->invariant);
}

/// The walk leaves a location: what its driver returned, or will return, must agree with what is in it.
void leave_location(PIRP irp, io::IrpInfo* info, CHAR cursor, bool pended) {
  for (io::DispatchCall* call : info->calls) {
    if (call->cursor != cursor || call->completed) continue;
    call->completed = true;
    call->pended = pended;
    call->status = irp->IoStatus.Status;
  }
  if (cursor >= 32) return;
  const bool said_pending = (info->said_pending & 1u << cursor) != 0;
  info->said_pending &= ~(1u << cursor);
  io::verify(!said_pending || pended, 0x24C, 0, value_of(irp), static_cast<ULONG>(STATUS_PENDING), "MarkIrpPending",
             "a driver forwarded an IRP, returned STATUS_PENDING and let it complete without marking it pending");
}

/// Calls the completion routine of the driver above `finished`. True if it stopped the walk.
bool call_routine(PIRP irp, std::uint64_t id, PIO_STACK_LOCATION finished, bool owner_has_location) {
  PIO_COMPLETION_ROUTINE routine = finished->CompletionRoutine;
  PVOID context = finished->Context;
  PIO_STACK_LOCATION owner = irp->Tail.Overlay.CurrentStackLocation;
  PDEVICE_OBJECT device = owner_has_location ? owner->DeviceObject : nullptr;  // R-IRP-35
  const bool pending = irp->PendingReturned != FALSE;
  zero_location(finished);
  // An originator may have left anything in its own location.
  io::give_back(irp, ob::is_object(device, ob::Kind::kDevice) ? device : nullptr);
  // R-IRP-38: nobody may rely on less than DISPATCH_LEVEL, so the random schedule raises.
  const KIRQL before = ke::current_cpu().irql;
  if (before < DISPATCH_LEVEL && ke::schedule_choice(2) != 0) ke::current_cpu().irql = DISPATCH_LEVEL;
  const KIRQL irql = ke::current_cpu().irql;
  const int apc_disable = ke::current_thread()->kernel_apc_disable;
  ke::trace("irp.routine", {{"irp", id}});
  NTSTATUS status;
  {
    const io::CurrentIrp handled(id);
    const ke::WatchedFunction watched(ntos::Entry::kCompletion, value_of(routine));
    status = routine(device, irp, context);
  }
  if (ke::current_cpu().irql != irql) {
    ntos::bug_check(0xC4, 0xFA, value_of(routine), irql, ke::current_cpu().irql, "IrqlReturn",
                    "a completion routine returned at another IRQL");
  }
  if (before != irql) ke::set_irql(before);
  ke::verify(ke::current_thread()->kernel_apc_disable == apc_disable, 0xFB, value_of(routine), 0, 0, "CriticalRegions",
             "a completion routine returned with another count of critical regions");
  if (status == STATUS_MORE_PROCESSING_REQUIRED) return true;  // R-IRP-36, R-IRP-37
  const io::IrpInfo* info = io::irp_info(irp);
  if (info != nullptr && info->id == id) {
    io::verify(irp->CancelRoutine == nullptr, 0x23C, value_of(irp->CancelRoutine), value_of(irp), 0,
               "IoSetCancelRoutine", "a completion routine let an IRP complete with a cancel routine set");
  }
  if (info == nullptr || info->id != id) {
    ntos::bug_check(0xC9, 0x20A, value_of(routine), value_of(irp), 0, "IoAllocateFree",
                    "a completion routine freed its IRP and did not return STATUS_MORE_PROCESSING_REQUIRED");
  }
  if (owner_has_location) {
    io::verify(!pending || (owner->Control & SL_PENDING_RETURNED) != 0, 0x228, value_of(routine), value_of(irp), 0,
               "PendedCompletedRequest", "a completion routine did not propagate PendingReturned");  // R-IRP-39
  } else {
    io::check_guard(irp);
  }
  return false;
}

void unlock_buffers(PIRP irp) {
  for (PMDL mdl = irp->MdlAddress; mdl != nullptr; mdl = mdl->Next) {
    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
  }
}

/// Is the thread that issued it here, and could its APC run now?
bool completes_for_itself(const io::IrpInfo& info) {
  const ke::Thread* self = ke::current_thread();
  return info.thread == self && ke::current_cpu().irql < APC_LEVEL && self->special_apc_disable == 0 &&
         !ke::current_cpu().in_dpc;
}

/// The walk has passed the highest driver.
void finish(PIRP irp, io::IrpInfo* info) {
  if (info->kind == io::IrpKind::kAssociated) {
    unlock_buffers(irp);
    io::associated_completed(irp);
    return;
  }
  if (info->kind != io::IrpKind::kThreaded) {
    ntos::bug_check(0xC9, 0x20A, 0, value_of(irp), 0, "IoAllocateComplete",
                    "completion of a driver's own IRP ran past its allocator: its completion routine must stop it");
  }  // R-IRP-42
  ++ke::state().counters.irps_completed;
  if (irp->IoStatus.Status == STATUS_CANCELLED) ++ke::state().counters.irps_cancelled;
  unlock_buffers(irp);  // R-IRP-45
  if ((irp->Flags & IRP_DEFER_IO_COMPLETION) != 0 && !irp->PendingReturned) {
    // R-IRP-52, step 1. Under the Verifier at once: the IRP must be gone when its driver looks at it again (R-IRP-44).
    if (ntos::verifier_enabled() && completes_for_itself(*info)) {
      io::complete_in_thread(irp);
    } else {
      info->deferred = true;
    }
    return;
  }
  if (info->thread == nullptr) {
    io::final_completion(irp);
    return;
  }
  ke::queue_special_apc(info->thread, [irp] { io::final_completion(irp); });
}
}  // namespace

extern "C" {

// R-IRP-32.
VOID NTAPI IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
  ke::schedule_point();
  io::IrpInfo* info = io::irp_info(Irp);
  check_completion(Irp, info, __builtin_return_address(0));
  const std::uint64_t id = info->id;
  info->boost = PriorityBoost;  // R-IRP-43
  info->history.add(io::IrpStep::What::kCompleted, info->holder);
  PIO_STACK_LOCATION finished = Irp->Tail.Overlay.CurrentStackLocation;
  ke::trace("irp.complete", {{"irp", id},
                             {"status", static_cast<std::uint64_t>(static_cast<ULONG>(Irp->IoStatus.Status))},
                             {"information", static_cast<std::uint64_t>(Irp->IoStatus.Information)},
                             {"pending", (finished->Control & SL_PENDING_RETURNED) != 0 ? 1u : 0u},
                             {"cpu", ke::current_cpu().number},
                             {"irql", static_cast<KIRQL>(ke::current_cpu().irql)}});
  ++Irp->CurrentLocation;
  ++Irp->Tail.Overlay.CurrentStackLocation;
  while (Irp->CurrentLocation <= Irp->StackCount + 1) {
    const bool owner_has_location = Irp->CurrentLocation <= Irp->StackCount;
    Irp->PendingReturned = (finished->Control & SL_PENDING_RETURNED) != 0;  // R-IRP-33
    if (Irp->CurrentLocation >= info->home) io::end_limits(info);           // back with who sent it (R-IRP-88)
    leave_location(Irp, info, static_cast<CHAR>(Irp->CurrentLocation - 1), Irp->PendingReturned != FALSE);
    if (invoked(Irp, finished)) {
      if (call_routine(Irp, id, finished, owner_has_location)) return;
      info = io::irp_info(Irp);
    } else {
      if (Irp->PendingReturned && owner_has_location) IoMarkIrpPending(Irp);  // R-IRP-34
      zero_location(finished);
    }
    finished = Irp->Tail.Overlay.CurrentStackLocation;
    ++Irp->CurrentLocation;
    ++Irp->Tail.Overlay.CurrentStackLocation;
  }
  finish(Irp, info);
}

}  // extern "C"
