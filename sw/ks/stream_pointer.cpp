// The stream pointer DDIs.
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

using namespace p2p;
using namespace p2p::ks;

namespace {
StreamPointer& checked(PKSSTREAM_POINTER pointer, const char* routine) {
  auto* stream_pointer = reinterpret_cast<StreamPointer*>(pointer);
  if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
    violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", std::string(routine) + " above DISPATCH_LEVEL");
  }
  if (!is_stream_pointer(stream_pointer)) {
    ntos::bug_check(0xC4, 0x8100C, reinterpret_cast<std::uintptr_t>(pointer), 0, 0, "KsInvalidStreamPointer",
                    std::string(routine) + " of something that is no stream pointer, or no longer one");
  }
  return *stream_pointer;
}

// R-SP-1.
PKSSTREAM_POINTER acquire(Queue& queue, StreamPointer& pointer, KSSTREAM_POINTER_STATE state) {
  if (state == KSSTREAM_POINTER_STATE_LOCKED && !pointer.locked && !NT_SUCCESS(queue.lock_pointer(pointer))) {
    return nullptr;
  }
  return &pointer.pub;
}

/// R-SP-5, with the lock. `relock`: what becomes of a pointer that moves on.
NTSTATUS advance_offsets(Queue& queue, StreamPointer& pointer, ULONG in_used, ULONG out_used, bool eject, bool relock) {
  ULONG used = pointer.pub.Offset == &pointer.pub.OffsetIn ? in_used : out_used;
  KSSTREAM_POINTER_OFFSET& offset = *pointer.pub.Offset;
  if (used > offset.Remaining) {
    violation(0x8100C, used, offset.Remaining, 0, "KsInvalidStreamPointer",
              "a stream pointer was advanced beyond the end of its frame");
  }
  used = used < offset.Remaining ? used : offset.Remaining;
  offset.Remaining -= used;
  if (!pointer.frame->mappings.empty()) {
    const ULONG stride = pointer.pin->filter->factory->device->mapping_stride;
    offset.Mappings =
        reinterpret_cast<PKSMAPPING>(reinterpret_cast<PUCHAR>(offset.Mappings) + std::size_t{used} * stride);
  } else {
    offset.Data += used;
  }
  if (offset.Remaining != 0 && !eject) {
    if (!relock) queue.unlock_pointer(pointer);
    return STATUS_SUCCESS;
  }
  queue.advance(pointer);
  return relock ? queue.lock_pointer(pointer) : STATUS_SUCCESS;
}
}  // namespace

extern "C" {

PKSSTREAM_POINTER NTAPI KsPinGetLeadingEdgeStreamPointer(PKSPIN Pin, KSSTREAM_POINTER_STATE State) {
  Queue& queue = *reinterpret_cast<ks::Pin*>(Pin)->queue;
  if (!queue.is_open()) return nullptr;
  Queue::Guard guard(queue);
  return acquire(queue, queue.leading(), State);
}

PKSSTREAM_POINTER NTAPI KsPinGetTrailingEdgeStreamPointer(PKSPIN Pin, KSSTREAM_POINTER_STATE State) {
  Queue& queue = *reinterpret_cast<ks::Pin*>(Pin)->queue;
  if (!queue.is_open() || queue.trailing() == nullptr) return nullptr;
  Queue::Guard guard(queue);
  return acquire(queue, *queue.trailing(), State);
}

// R-Q-6.
NTSTATUS NTAPI KsPinGetAvailableByteCount(PKSPIN Pin, PLONG InputDataBytes, PLONG OutputBufferBytes) {
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  if (!pin->queue->is_open()) return STATUS_DEVICE_NOT_READY;
  Queue::Guard guard(*pin->queue);
  const LONG bytes = pin->queue->available_bytes();
  const bool input = pin->pub.DataFlow == KSPIN_DATAFLOW_IN;
  if (InputDataBytes != nullptr) *InputDataBytes = input ? bytes : 0;
  if (OutputBufferBytes != nullptr) *OutputBufferBytes = input ? 0 : bytes;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsStreamPointerLock(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerLock");
  Queue::Guard guard(*pointer.pin->queue);
  return pointer.pin->queue->lock_pointer(pointer);
}

// R-SP-3.
void NTAPI KsStreamPointerUnlock(PKSSTREAM_POINTER StreamPointer, BOOLEAN Eject) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerUnlock");
  Queue& queue = *pointer.pin->queue;
  {
    Queue::Guard guard(queue);
    if (Eject) {
      if (!pointer.locked) {
        violation(0x81003, 1, 0, 0, "KsStreamPointerLock", "an unlocked stream pointer was unlocked");
        return;
      }
      queue.advance(pointer);
    } else {
      queue.unlock_pointer(pointer);
    }
  }
  queue.release_finished();
}

// R-SP-4.
NTSTATUS NTAPI KsStreamPointerAdvance(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerAdvance");
  Queue& queue = *pointer.pin->queue;
  NTSTATUS status = STATUS_SUCCESS;
  {
    Queue::Guard guard(queue);
    const bool locked = pointer.locked;
    if (pointer.frame == nullptr) return STATUS_SUCCESS;
    queue.advance(pointer);
    if (locked) status = queue.lock_pointer(pointer);
  }
  queue.release_finished();
  return status;
}

NTSTATUS NTAPI KsStreamPointerAdvanceOffsets(PKSSTREAM_POINTER StreamPointer, ULONG InUsed, ULONG OutUsed,
                                             BOOLEAN Eject) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerAdvanceOffsets");
  Queue& queue = *pointer.pin->queue;
  NTSTATUS status = STATUS_DEVICE_NOT_READY;
  {
    Queue::Guard guard(queue);
    if (pointer.locked) status = advance_offsets(queue, pointer, InUsed, OutUsed, Eject != FALSE, true);
  }
  queue.release_finished();
  return status;
}

// R-SP-6.
void NTAPI KsStreamPointerAdvanceOffsetsAndUnlock(PKSSTREAM_POINTER StreamPointer, ULONG InUsed, ULONG OutUsed,
                                                  BOOLEAN Eject) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerAdvanceOffsetsAndUnlock");
  Queue& queue = *pointer.pin->queue;
  {
    Queue::Guard guard(queue);
    if (!pointer.locked) {
      violation(0x81003, 1, 0, 0, "KsStreamPointerLock", "the offsets of an unlocked stream pointer were advanced");
      return;
    }
    advance_offsets(queue, pointer, InUsed, OutUsed, Eject != FALSE, false);
  }
  queue.release_finished();
}

NTSTATUS NTAPI KsStreamPointerClone(PKSSTREAM_POINTER StreamPointer, PFNKSSTREAMPOINTER CancelCallback,
                                    ULONG ContextSize, PKSSTREAM_POINTER* CloneStreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerClone");
  Queue::Guard guard(*pointer.pin->queue);
  if (pointer.frame == nullptr) return STATUS_DEVICE_NOT_READY;
  *CloneStreamPointer = &pointer.pin->queue->clone(pointer, CancelCallback, ContextSize)->pub;
  return STATUS_SUCCESS;
}

void NTAPI KsStreamPointerDelete(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerDelete");
  Queue& queue = *pointer.pin->queue;
  {
    Queue::Guard guard(queue);
    queue.delete_clone(pointer);
  }
  queue.release_finished();
}

NTSTATUS NTAPI KsStreamPointerSetStatusCode(PKSSTREAM_POINTER StreamPointer, NTSTATUS Status) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerSetStatusCode");
  Queue::Guard guard(*pointer.pin->queue);
  if (pointer.frame == nullptr) return STATUS_DEVICE_NOT_READY;
  pointer.pin->queue->set_status(pointer, Status);
  return STATUS_SUCCESS;
}

// R-SP-10.
PIRP NTAPI KsStreamPointerGetIrp(PKSSTREAM_POINTER StreamPointer, PBOOLEAN FirstFrameInIrp, PBOOLEAN LastFrameInIrp) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerGetIrp");
  Queue::Guard guard(*pointer.pin->queue);
  if (!pointer.locked) return nullptr;
  const StreamIrp& owner = *pointer.frame->owner;
  if (FirstFrameInIrp != nullptr) {
    *FirstFrameInIrp = reinterpret_cast<PUCHAR>(pointer.frame->header) == owner.irp->AssociatedIrp.SystemBuffer;
  }
  // The list shrinks from its head: the last one stays the last one.
  if (LastFrameInIrp != nullptr) *LastFrameInIrp = pointer.frame->number == owner.last_frame;
  return owner.irp;
}

PMDL NTAPI KsStreamPointerGetMdl(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerGetMdl");
  Queue::Guard guard(*pointer.pin->queue);
  return pointer.locked ? pointer.frame->mdl : nullptr;
}

// R-SP-12.
void NTAPI KsStreamPointerScheduleTimeout(PKSSTREAM_POINTER StreamPointer, PFNKSSTREAMPOINTER Callback,
                                          ULONGLONG Interval) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerScheduleTimeout");
  Queue::Guard guard(*pointer.pin->queue);
  pointer.pin->queue->schedule(pointer, Callback, Interval);
}

void NTAPI KsStreamPointerCancelTimeout(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerCancelTimeout");
  Queue::Guard guard(*pointer.pin->queue);
  pointer.pin->queue->schedule(pointer, nullptr, 0);
}

// R-SP-9.
PKSSTREAM_POINTER NTAPI KsPinGetFirstCloneStreamPointer(PKSPIN Pin) {
  Queue& queue = *reinterpret_cast<ks::Pin*>(Pin)->queue;
  Queue::Guard guard(queue);
  return queue.clones().empty() ? nullptr : &queue.clones().front()->pub;
}

PKSSTREAM_POINTER NTAPI KsStreamPointerGetNextClone(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerGetNextClone");
  Queue::Guard guard(*pointer.pin->queue);
  const auto& clones = pointer.pin->queue->clones();
  for (auto at = clones.begin(); at != clones.end(); ++at) {
    if (at->get() != &pointer) continue;
    ++at;
    return at != clones.end() ? &(*at)->pub : nullptr;
  }
  return nullptr;  // an edge
}

}  // extern "C"
