// The last steps of a threaded IRP, in the context of the thread that issued it.
#include "sw/ntos/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

// R-IRP-52, in its order.
void final_completion(PIRP irp) {
  IrpInfo info = *irp_info(irp);
  const IO_STATUS_BLOCK status = irp->IoStatus;
  if ((irp->Flags & IRP_BUFFERED_IO) != 0 && (irp->Flags & IRP_INPUT_OPERATION) != 0 && !NT_ERROR(status.Status) &&
      irp->UserBuffer != nullptr) {
    std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, status.Information);
    ke::charge_ns(ke::cost().copy_per_kib * (status.Information / 1024));
  }
  if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) ExFreePool(irp->AssociatedIrp.SystemBuffer);
  for (PMDL mdl = irp->MdlAddress; mdl != nullptr;) {
    PMDL next = mdl->Next;
    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);  // R-IRP-45
    IoFreeMdl(mdl);
    mdl = next;
  }
  // An error returned at once leaves the caller's IOSB and event alone: the caller has the status already.
  const bool tell = !NT_ERROR(status.Status) || irp->PendingReturned;
  if (tell && irp->UserIosb != nullptr) {
    irp->UserIosb->Information = status.Information;
    irp->UserIosb->Status = status.Status;
  }
  ke::trace("irp.done", {{"irp", info.id},
                         {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status.Status))},
                         {"information", static_cast<std::uint64_t>(status.Information)}});
  RemoveEntryList(&irp->ThreadListEntry);
  free_irp(irp);
  if (tell && info.event != nullptr) KeSetEvent(info.event, 0, FALSE);
  if (info.file != nullptr) {
    info.file->FinalStatus = status.Status;
    if (tell && (info.event == nullptr || (info.file->Flags & FO_SYNCHRONOUS_IO) != 0)) {
      KeSetEvent(&info.file->Event, 0, FALSE);
    }
    if (tell && info.file->CompletionContext != nullptr && info.apc_context != nullptr) {
      post_completion(info.file->CompletionContext->Port,
                      reinterpret_cast<std::uintptr_t>(info.file->CompletionContext->Key), info.apc_context, status);
    }
    ob::dereference(info.file);
  }
  if (info.event != nullptr && info.event_referenced) ob::dereference(info.event);
}

unsigned cancel_thread_irps(ke::Thread* thread, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb) {
  unsigned cancelled = 0;
  // Cancelling may complete and unlink: start again after each.
  for (bool again = true; again;) {
    again = false;
    for (PLIST_ENTRY at = thread->irp_list.Flink; at != &thread->irp_list; at = at->Flink) {
      PIRP irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);
      IrpInfo* info = irp_info(irp);
      if (irp->Cancel || (file != nullptr && info->file != file) || (iosb != nullptr && irp->UserIosb != iosb))
        continue;
      IoCancelIrp(irp);
      ++cancelled;
      again = true;
      break;
    }
  }
  return cancelled;
}

unsigned cancel_process_irps(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb) {
  unsigned cancelled = 0;
  for (ke::Thread* thread : ke::all_threads()) cancelled += cancel_thread_irps(thread, file, iosb);
  return cancelled;
}

NTSTATUS send(PDEVICE_OBJECT device, PIRP irp) {
  IrpInfo* info = irp_info(irp);
  ke::Thread* thread = ke::current_thread();
  info->thread = thread;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(thread);
  InsertTailList(&thread->irp_list, &irp->ThreadListEntry);
  return IofCallDriver(device, irp);
}

}  // namespace p2p::io
