// The last steps of a threaded IRP, in the context of the thread that issued it.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/limits.h"
#include "sw/ntos/io/thread_irps.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
bool copies_back(const IRP* irp) {
  constexpr ULONG kBoth = IRP_BUFFERED_IO | IRP_INPUT_OPERATION;
  return (irp->Flags & kBoth) == kBoth && !NT_ERROR(irp->IoStatus.Status) && irp->UserBuffer != nullptr;
}

/// Room for output in the system buffer, whoever attached it.
std::size_t output_room(const IRP* irp, const IrpInfo& info) {
  const auto* buffer = static_cast<const char*>(irp->AssociatedIrp.SystemBuffer);
  if (buffer == info.system_buffer) return info.output_bytes;
  std::size_t bytes = 0;
  const auto* block = static_cast<const char*>(ex::pool_block_of(buffer, &bytes));
  return block != nullptr ? bytes - static_cast<std::size_t>(buffer - block) : 0;
}

void copy_back(PIRP irp, const IrpInfo& info) {
  const ULONG_PTR bytes = irp->IoStatus.Information;
  const std::size_t room = output_room(irp, info);
  verify(bytes <= room, 0x312, 0, value_of(irp), bytes, "IoStatusInformation",
         "IoStatus.Information is larger than the output buffer");  // R-IRP-67
  // Without the Verifier no more than there is: the rest would be somebody else's pool.
  std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, std::min<std::size_t>(bytes, room));
  ke::charge_ns(ke::cost().copy_per_kib * (bytes / 1024));
}

void set_events(const IrpInfo& info, NTSTATUS status) {
  if (info.event != nullptr) KeSetEvent(info.event, 0, FALSE);
  if (info.file == nullptr || (info.event != nullptr && (info.file->Flags & FO_SYNCHRONOUS_IO) == 0)) return;
  info.file->FinalStatus = status;
  KeSetEvent(&info.file->Event, 0, FALSE);
}

void post_packet(const IrpInfo& info, const IO_STATUS_BLOCK& status) {
  if (info.file == nullptr || info.file->CompletionContext == nullptr || info.apc_context == nullptr) return;
  post_completion(info.file->CompletionContext->Port,
                  reinterpret_cast<std::uintptr_t>(info.file->CompletionContext->Key), info.apc_context, status);
}
}  // namespace

// R-IRP-52, in its order.
void final_completion(PIRP irp) {
  const IrpInfo& info = *irp_info(irp);
  const IO_STATUS_BLOCK status = irp->IoStatus;
  const bool owned = info.thread != nullptr;  // else its thread has ended: there is nobody to tell
  if (owned && copies_back(irp)) copy_back(irp, info);
  free_buffers(irp);
  // An error returned at once leaves the caller's IOSB and event alone: the caller has the status already (R-IRP-53).
  const bool tell = owned && (!NT_ERROR(status.Status) || irp->PendingReturned);
  if (tell && irp->UserIosb != nullptr) {
    irp->UserIosb->Information = status.Information;
    irp->UserIosb->Status = status.Status;
  }
  ke::trace("irp.done", {{"irp", info.id},
                         {"status", static_cast<std::uint64_t>(static_cast<ULONG>(status.Status))},
                         {"information", static_cast<std::uint64_t>(status.Information)}});
  if (tell) {
    set_events(info, status.Status);
    post_packet(info, status);
  }
  if (owned) unlink_from_thread(irp);
  PFILE_OBJECT file = info.file;
  PKEVENT event = info.event_referenced ? info.event : nullptr;
  free_irp(irp);
  if (file != nullptr) ob::dereference(file);
  if (event != nullptr) ob::dereference(event);
}

void complete_in_thread(PIRP irp) {
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  final_completion(irp);
  KeLowerIrql(irql);
}

NTSTATUS send(PDEVICE_OBJECT device, PIRP irp) {
  queue_to_thread(irp);
  irp->Flags |= IRP_DEFER_IO_COMPLETION;
  limit_request(irp, irp_info(irp));
  const std::uint64_t id = irp_info(irp)->id;
  const NTSTATUS status = IofCallDriver(device, irp);
  const IrpInfo* info = irp_info(irp);
  if (info != nullptr && info->id == id && info->deferred) complete_in_thread(irp);
  return status;
}

}  // namespace p2p::io
