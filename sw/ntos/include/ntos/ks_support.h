// The one internal header of ntos that sw/ks may include beside public DDIs. Needs a DDK kernel header before it.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/trace_sink.h"

namespace p2p::ntos {

/// Small id of an IRP for events, given in creation order from 1; 0 for null.
std::uint64_t irp_id(const void* irp);
std::uint64_t file_id(const void* file_object);

/// Stops the machine with a bug check. Does not return. `rule` is Microsoft's name of the violated rule.
[[noreturn]] void bug_check(std::uint32_t code, std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                            std::string_view rule, std::string_view message);
/// Is Driver Verifier on? Verifier-only violations call bug_check() under this condition.
bool verifier_enabled();

/// A minidriver's callback begins, by what AVStream calls it, and ends: for whoever draws what the CPUs do. False:
/// nobody does, and its end need not be told.
bool callback_begins(std::string_view name);
void callback_ends();

/// Charges simulated time to the current thread/CPU; a preemption point. No-op outside a simulated thread.
void charge_ns(std::uint64_t nanoseconds);

/// Previous mode of the current thread (KernelMode 0, UserMode 1), as a system call set it.
int previous_mode();

/// Builds and sends a threaded device control IRP whose output buffer is a stream header list, for KsStreamIo: with an
/// event (an object-manager event if `event_is_object`), a port context and a completion routine in a location of its
/// own. `invocation`: KsInvokeOnSuccess 1 | KsInvokeOnError 2 | KsInvokeOnCancel 4. Waits only on synchronous file
/// objects. `irp_flags`: IRP_*.
NTSTATUS send_stream_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, ULONG code, void* headers, ULONG bytes,
                         PKEVENT event, bool event_is_object, void* port_context, PIO_COMPLETION_ROUTINE routine,
                         void* context, unsigned invocation, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode,
                         ULONG irp_flags = 0);

/// The same for a read or write of `bytes` at the file's position, for KsReadFile and KsWriteFile; `event` is an
/// object-manager event.
NTSTATUS send_transfer_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, bool write, void* buffer, ULONG bytes, ULONG key,
                           PKEVENT event, void* port_context, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode);

/// MmProbeAndLockPages; STATUS_ACCESS_VIOLATION where that would raise it.
NTSTATUS probe_and_lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation);

}  // namespace p2p::ntos
