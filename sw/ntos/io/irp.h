// What the I/O manager knows of an IRP beside the structure itself. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <functional>

namespace p2p::ke {
struct Thread;
}

namespace p2p::io {

enum class IrpKind : std::uint8_t {
  kAllocated,  ///< IoAllocateIrp or IoBuildAsynchronousFsdRequest: the allocator frees it
  kThreaded,   ///< system calls, IoBuildSynchronousFsdRequest, IoBuildDeviceIoControlRequest: the I/O manager frees it
};

struct IrpInfo {
  std::uint64_t id = 0;
  IrpKind kind = IrpKind::kAllocated;
  ke::Thread* thread = nullptr;   // threaded: who issued it
  PFILE_OBJECT file = nullptr;    // referenced until final completion
  PKEVENT event = nullptr;        // user event
  bool event_referenced = false;  // an object-manager event
  void* apc_context = nullptr;
  bool synchronous_api = false;
};

/// nullptr for a pointer that is no live IRP.
IrpInfo* irp_info(const void* irp);
/// Allocates an IRP with `stack_size` locations and gives it an id.
PIRP allocate_irp(CCHAR stack_size, IrpKind kind);
void free_irp(PIRP irp);

/// Sends a threaded IRP and, with `wait`, waits for its final completion.
NTSTATUS send(PDEVICE_OBJECT device, PIRP irp);
/// Completion steps of a threaded IRP, in Windows' order (R-IRP-52).
void final_completion(PIRP irp);
/// Cancels every threaded IRP of `thread` on `file` (any file if null), or the one whose UserIosb is `iosb`. Returns
/// how many.
unsigned cancel_thread_irps(ke::Thread* thread, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb);
/// The same for every thread: there is one user process.
unsigned cancel_process_irps(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb);
void reset();

/// Completion ports (sw/ntos/ob): posts a packet.
void post_completion(void* port, std::uintptr_t key, void* apc_context, const IO_STATUS_BLOCK& iosb);

}  // namespace p2p::io
