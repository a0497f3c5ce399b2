// PsCreateSystemThread, PsTerminateSystemThread (R-THR-1).
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
/// A driver's thread begins inside one critical region. Regions of mutexes count for the mutexes.
void verify_regions_left() {
  Thread* self = current_thread();
  verify(self->kernel_apc_disable <= 1 || !IsListEmpty(&self->mutants), 0x40003,
         static_cast<std::uint64_t>(self->kernel_apc_disable), self->id, 0, "CriticalRegions",
         "a system thread ended inside a critical region that it had entered");
}
}  // namespace

extern "C" {

NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext) {
  UNREFERENCED_PARAMETER(ObjectAttributes);  // handles of this kernel are all the system process's
  if (ThreadHandle == nullptr || StartRoutine == nullptr) return STATUS_INVALID_PARAMETER;
  if (ProcessHandle != nullptr) return STATUS_NOT_SUPPORTED;  // there is no other process to create it in
  if (ex::refuse_allocation("PsCreateSystemThread")) return STATUS_INSUFFICIENT_RESOURCES;
  Thread* thread = create_thread("system", KernelMode, [StartRoutine, StartContext] {
    ++current_thread()->kernel_apc_disable;  // starts inside a critical region
    StartRoutine(StartContext);
    verify_regions_left();
  });
  thread->start_routine = reinterpret_cast<const void*>(value_of(StartRoutine));
  ob::create(thread, ob::Kind::kThread, {});  // threads live as long as the kernel
  *ThreadHandle = reinterpret_cast<HANDLE>(ob::insert_handle(thread, DesiredAccess));
  if (ClientId != nullptr) {
    ClientId->UniqueProcess = PsGetCurrentProcessId();
    ClientId->UniqueThread = PsGetThreadId(reinterpret_cast<PETHREAD>(thread));
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus) {
  UNREFERENCED_PARAMETER(ExitStatus);
  if (!current_thread()->system) return STATUS_INVALID_PARAMETER;
  verify_regions_left();
  exit_thread();
}

}  // extern "C"
