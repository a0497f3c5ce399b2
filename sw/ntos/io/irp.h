// What the I/O manager knows of an IRP beside the structure itself. Needs sw/ntos/ddk.h before it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sw/ntos/io/invariant_mdl.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/thread.h"

namespace p2p::ke {
struct Thread;
}

namespace p2p::io {

enum class IrpKind : std::uint8_t {
  kAllocated,   ///< IoAllocateIrp, IoBuildAsynchronousFsdRequest: the allocator frees it
  kRaw,         ///< IoInitializeIrp on a driver's own memory: nobody frees it here
  kAssociated,  ///< IoMakeAssociatedIrp: the I/O manager frees it and completes the master after the last one
  kThreaded,    ///< system calls, IoBuildSynchronousFsdRequest, IoBuildDeviceIoControlRequest: the I/O manager frees it
};

/// A dispatch routine in progress, on the stack of whoever called IoCallDriver.
struct DispatchCall {
  CHAR cursor;  // the location it was given
  PDRIVER_OBJECT driver = nullptr;
  const ke::Thread* thread = nullptr;
  bool forwarded = false;  // it has called IoCallDriver for the IRP
  bool completed = false;  // the completion walk has left that location
  bool pended = false;     // SL_PENDING_RETURNED was set there
  NTSTATUS status = 0;     // IoStatus.Status when the walk left it
};

/// Where an IRP has been, for reports. Drivers are looked up by address only.
struct IrpStep {
  enum class What : std::uint8_t { kCalled, kCompleted, kGivenBack };
  std::uint64_t cycle = 0;
  PDRIVER_OBJECT driver = nullptr;
  What what = What::kCalled;
};

/// The last steps of an IRP.
class IrpHistory {
 public:
  void add(IrpStep::What what, PDRIVER_OBJECT driver);
  /// "cycle 12: to driver 'a'; cycle 14: completed by driver 'a'".
  std::string text() const;
  std::uint64_t last_cycle() const;

 private:
  std::array<IrpStep, 8> steps_;
  std::uint32_t count_ = 0;
};

struct IrpInfo {
  std::uint64_t id = 0;
  IrpKind kind = IrpKind::kAllocated;
  bool reserve = false;                // not from pool
  bool built = false;                  // made by an IoBuildXxx routine
  bool system = false;                 // made and sent by the kernel itself
  bool fake = false;                   // with a minor function nobody knows, by the Verifier
  PDRIVER_OBJECT holder = nullptr;     // whose it is, while it is on its way
  PDEVICE_OBJECT at = nullptr;         // the device it is that driver's for
  PDEVICE_OBJECT passed_to = nullptr;  // the device it was passed to last
  const void* sender = nullptr;        // image of the driver that sent it first; nullptr: the kernel
  IO_STATUS_BLOCK given = {};          // IoStatus when its holder got it
  const void* frame = nullptr;         // built by a driver: where its thread's stack stood
  IrpHistory history;
  CHAR home = 0;                  // cursor when it was first sent; 0 while it has not been
  ke::Thread* thread = nullptr;   // threaded: who issued it; nullptr once that thread has given it up
  PFILE_OBJECT file = nullptr;    // referenced until final completion
  PKEVENT event = nullptr;        // user event
  bool event_referenced = false;  // an object-manager event
  void* apc_context = nullptr;
  void* system_buffer = nullptr;  // as the I/O manager attached it; drivers may attach another
  ULONG output_bytes = 0;         // room for output in it
  CCHAR boost = 0;                // of the last IoCompleteRequest; recorded, without effect (R-IRP-43)
  bool deferred = false;          // completed where the issuer, who has not got it back yet, does the rest (R-IRP-52)
  bool ex_failed = false;         // IoSetCompletionRoutineEx had no memory: the driver must complete the IRP
  std::unique_ptr<ke::Alarm> cancel_limit;  // set by IoCancelIrp (R-IRP-88)
  std::unique_ptr<ke::Alarm> time_limit;    // of power requests, and of applications' if they have one
  InvariantMdl invariant;
  std::vector<DispatchCall*> calls;
  std::uint32_t said_pending = 0;  // bit n: the driver of location n forwarded the IRP and returned STATUS_PENDING
};

/// nullptr for a pointer that is no live IRP.
IrpInfo* irp_info(const void* irp);
/// Has it been sent, and not yet come back to whoever sent it first?
bool in_flight(const IRP* irp, const IrpInfo& info);
/// Allocates an IRP with `stack_size` locations and gives it an id. nullptr without memory, unless it must succeed.
PIRP allocate_irp(CCHAR stack_size, IrpKind kind, bool must_succeed = false);
void free_irp(PIRP irp);
/// The IRP is back with the driver of `device`; nullptr: with one that has no location in it.
void give_back(PIRP irp, PDEVICE_OBJECT device);
/// By id; without those in drivers' own memory.
std::vector<const IRP*> live_irps();
/// IRPs on their way that `driver` has to complete or pass on.
unsigned irps_held_by(PDRIVER_OBJECT driver);
/// "IRP 3, major function 4, minor function 0, with driver 'a'; cycle …": where it is and how it got there.
std::string describe(const IRP* irp, const IrpInfo& info);
/// Marks of a completion routine beyond the last location are overwritten memory (R-IRP-39).
void check_guard(PIRP irp);

/// Sends a threaded IRP and, if it is completed at once, does the rest too.
NTSTATUS send(PDEVICE_OBJECT device, PIRP irp);
/// Makes the IRP one of the calling thread's.
void queue_to_thread(PIRP irp);
/// Completion steps of a threaded IRP, in Windows' order (R-IRP-52).
void final_completion(PIRP irp);
/// The same as the special kernel APC does it, by the thread that issued the IRP itself, below APC_LEVEL.
void complete_in_thread(PIRP irp);
/// The walk has passed an associated IRP: counts its master down.
void associated_completed(PIRP irp);
/// The time R-IRP-88 allows a cancelled IRP is no longer counted; nor any other.
void end_limits(IrpInfo* info);
/// IoCallDriver; `caller` is a code address of whoever called it.
NTSTATUS call_driver(PDEVICE_OBJECT device, PIRP irp, const void* caller);
/// IoCancelIrp, by a caller who holds the cancel spin lock since `irql` and held `locks` spin locks before it. Returns
/// without the lock; the IRP may be gone then.
bool cancel_with_lock(PIRP irp, KIRQL irql, unsigned locks);
/// Cancels every threaded IRP of `thread` on `file` (any file if null), or the one whose UserIosb is `iosb`. Returns
/// how many.
unsigned cancel_thread_irps(ke::Thread* thread, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb);
/// The same for every thread: there is one user process.
unsigned cancel_process_irps(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb);
/// Cancels the IRPs of a thread that ends and waits for them (R-IRP-50).
void run_down_thread(ke::Thread* thread);
void reset();

/// Completion ports (sw/ntos/ob): posts a packet.
void post_completion(void* port, std::uintptr_t key, void* apc_context, const IO_STATUS_BLOCK& iosb);

/// For a scope: the calling thread handles this IRP. Bug checks report it.
class CurrentIrp {
 public:
  explicit CurrentIrp(std::uint64_t id) : thread_(ke::current_thread()), before_(thread_->current_irp) {
    thread_->current_irp = id;
  }
  ~CurrentIrp() { thread_->current_irp = before_; }
  CurrentIrp(const CurrentIrp&) = delete;
  CurrentIrp& operator=(const CurrentIrp&) = delete;

 private:
  ke::Thread* thread_;
  std::uint64_t before_;
};

}  // namespace p2p::io
