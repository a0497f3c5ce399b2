// Threaded IRPs and their threads: cancelling, and what happens when a thread ends before them (R-IRP-50).
#include "sw/ntos/io/verify.h"

#include <map>

#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/thread_irps.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::io {

namespace {
std::map<const ke::Thread*, PKEVENT>& ending_threads() {
  static auto* const all = new std::map<const ke::Thread*, PKEVENT>;
  return *all;
}

/// The requests of a thread that cannot wait any longer are nobody's: completing them frees them, and that is all.
void abandon(ke::Thread* thread) {
  while (!IsListEmpty(&thread->irp_list)) {
    PIRP irp = CONTAINING_RECORD(thread->irp_list.Flink, IRP, ThreadListEntry);
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    irp->Tail.Overlay.Thread = nullptr;
    irp_info(irp)->thread = nullptr;
  }
  thread->built_irps = 0;
}

PIRP first_to_cancel(const ke::Thread* thread, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb) {
  for (PLIST_ENTRY at = thread->irp_list.Flink; at != &thread->irp_list; at = at->Flink) {
    PIRP irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);
    const bool of_file = file == nullptr || irp_info(irp)->file == file;
    if (!irp->Cancel && of_file && (iosb == nullptr || irp->UserIosb == iosb)) return irp;
  }
  return nullptr;
}
}  // namespace

void queue_to_thread(PIRP irp) {
  static const bool once = (ke::set_thread_rundown(run_down_thread), true);
  static_cast<void>(once);
  ke::Thread* thread = ke::current_thread();
  irp_info(irp)->thread = thread;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(thread);
  InsertTailList(&thread->irp_list, &irp->ThreadListEntry);
}

void unlink_from_thread(PIRP irp) {
  RemoveEntryList(&irp->ThreadListEntry);
  ke::Thread* thread = irp_info(irp)->thread;
  if (thread != nullptr && irp_info(irp)->built) --thread->built_irps;
  auto ending = ending_threads().find(thread);
  if (ending != ending_threads().end() && IsListEmpty(&thread->irp_list)) KeSetEvent(ending->second, 0, FALSE);
}

unsigned cancel_thread_irps(ke::Thread* thread, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb) {
  unsigned cancelled = 0;
  const unsigned locks = ke::spin_locks_held();
  for (;;) {
    // Chosen under the lock: whoever waits for it first may find that the IRP has been completed meanwhile.
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    PIRP irp = first_to_cancel(thread, file, iosb);
    if (irp == nullptr) {
      IoReleaseCancelSpinLock(irql);
      return cancelled;
    }
    cancel_with_lock(irp, irql, locks);  // may complete and unlink any: start again
    ++cancelled;
  }
}

unsigned cancel_process_irps(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb) {
  unsigned cancelled = 0;
  for (ke::Thread* thread : ke::all_threads()) cancelled += cancel_thread_irps(thread, file, iosb);
  return cancelled;
}

void run_down_thread(ke::Thread* thread) {
  if (IsListEmpty(&thread->irp_list)) return;
  KEVENT none_left;
  KeInitializeEvent(&none_left, NotificationEvent, FALSE);
  ending_threads()[thread] = &none_left;
  cancel_thread_irps(thread, nullptr, nullptr);
  if (!IsListEmpty(&thread->irp_list)) {
    // Under the Verifier an IRP that takes longer has stopped the machine by then.
    LARGE_INTEGER limit;
    limit.QuadPart = -std::int64_t{10000} * (std::int64_t{ke::state().config.cancel_limit_ms} + 1);
    KeWaitForSingleObject(&none_left, Executive, KernelMode, FALSE, &limit);
  }
  ending_threads().erase(thread);
  abandon(thread);
}

}  // namespace p2p::io
