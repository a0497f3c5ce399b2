// Asynchronous procedure calls.
#pragma once

#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/thread.h"

namespace p2p::ke {

/// Is there an APC that could run on `thread` at this IRQL?
bool apc_deliverable(const Thread& thread, KIRQL irql);
/// Runs what is deliverable, on the calling thread.
void deliver_apcs(Thread* self);
/// Runs user APCs of the calling thread at the end of an alertable UserMode wait. PASSIVE_LEVEL.
void deliver_user_apcs(Thread* self);

}  // namespace p2p::ke

// Exported by Windows but in no DDK header; file-system and streaming code declares them like this.
extern "C" {
typedef enum _KAPC_ENVIRONMENT {
  OriginalApcEnvironment,
  AttachedApcEnvironment,
  CurrentApcEnvironment,
  InsertApcEnvironment
} KAPC_ENVIRONMENT;
VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine,
                           PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode,
                           PVOID NormalContext);
BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc);
}
