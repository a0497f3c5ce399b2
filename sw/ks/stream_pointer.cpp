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
    ntos::bug_check(0xC4, 0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs",
                    std::string(routine) + " above DISPATCH_LEVEL");
  }
  if (pointer == nullptr || stream_pointer->pin->queue == nullptr ||
      !stream_pointer->pin->queue->is_pointer(stream_pointer)) {
    ntos::bug_check(0xC4, 0x8100C, reinterpret_cast<std::uintptr_t>(pointer), 0, 0, "KsInvalidStreamPointer",
                    std::string(routine) + " of something that is no stream pointer, or no longer one");
  }
  return *stream_pointer;
}
}  // namespace

extern "C" {

// R-SP-1.
PKSSTREAM_POINTER NTAPI KsPinGetLeadingEdgeStreamPointer(PKSPIN Pin, KSSTREAM_POINTER_STATE State) {
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  if (pin->queue == nullptr) return nullptr;
  Queue::Guard guard(*pin->queue);
  StreamPointer& leading = pin->queue->leading();
  if (State == KSSTREAM_POINTER_STATE_LOCKED && !leading.locked && !NT_SUCCESS(pin->queue->lock_pointer(leading))) {
    return nullptr;
  }
  return &leading.pub;
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
        ntos::bug_check(0xC4, 0x81003, 1, 0, 0, "KsStreamPointerLock", "an unlocked stream pointer was unlocked");
      }
      queue.advance(pointer);
    } else {
      queue.unlock_pointer(pointer);
    }
  }
  queue.complete_finished();
}

// R-SP-4.
NTSTATUS NTAPI KsStreamPointerAdvance(PKSSTREAM_POINTER StreamPointer) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerAdvance");
  Queue& queue = *pointer.pin->queue;
  NTSTATUS status = STATUS_SUCCESS;
  {
    Queue::Guard guard(queue);
    const bool locked = pointer.locked;
    if (pointer.frame == nullptr) return locked ? STATUS_DEVICE_NOT_READY : STATUS_SUCCESS;
    queue.advance(pointer);
    if (locked) status = queue.lock_pointer(pointer);
  }
  queue.complete_finished();
  return status;
}

// R-SP-5.
NTSTATUS NTAPI KsStreamPointerAdvanceOffsets(PKSSTREAM_POINTER StreamPointer, ULONG InUsed, ULONG OutUsed,
                                             BOOLEAN Eject) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerAdvanceOffsets");
  Queue& queue = *pointer.pin->queue;
  NTSTATUS status = STATUS_SUCCESS;
  {
    Queue::Guard guard(queue);
    if (!pointer.locked) return STATUS_DEVICE_NOT_READY;
    const bool input = pointer.pub.Offset == &pointer.pub.OffsetIn;
    const ULONG used = input ? InUsed : OutUsed;
    KSSTREAM_POINTER_OFFSET& offset = *pointer.pub.Offset;
    if (used > offset.Remaining) {
      ntos::bug_check(0xC4, 0x8100C, used, offset.Remaining, 0, "KsInvalidStreamPointer",
                      "KsStreamPointerAdvanceOffsets beyond the end of the frame");
    }
    offset.Remaining -= used;
    if ((pointer.pin->pub.Descriptor->Flags & KSPIN_FLAG_GENERATE_MAPPINGS) != 0) {
      const ULONG stride = pointer.pin->filter->factory->device->mapping_stride;
      offset.Mappings =
          reinterpret_cast<PKSMAPPING>(reinterpret_cast<PUCHAR>(offset.Mappings) + std::size_t{used} * stride);
    } else {
      offset.Data += used;
    }
    if (offset.Remaining == 0 || Eject) {
      queue.advance(pointer);
      status = queue.lock_pointer(pointer);
    }
  }
  queue.complete_finished();
  return status;
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
  queue.complete_finished();
}

NTSTATUS NTAPI KsStreamPointerSetStatusCode(PKSSTREAM_POINTER StreamPointer, NTSTATUS Status) {
  auto& pointer = checked(StreamPointer, "KsStreamPointerSetStatusCode");
  Queue::Guard guard(*pointer.pin->queue);
  pointer.pin->queue->set_status(pointer, Status);
  return STATUS_SUCCESS;
}

// R-SP-9.
PKSSTREAM_POINTER NTAPI KsPinGetFirstCloneStreamPointer(PKSPIN Pin) {
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  if (pin->queue == nullptr || pin->queue->clones().empty()) return nullptr;
  return &pin->queue->clones().front()->pub;
}

PKSSTREAM_POINTER NTAPI KsStreamPointerGetNextClone(PKSSTREAM_POINTER StreamPointer) {
  auto* pointer = reinterpret_cast<ks::StreamPointer*>(StreamPointer);
  const auto& clones = pointer->pin->queue->clones();
  for (auto at = clones.begin(); at != clones.end(); ++at) {
    if (at->get() != pointer) continue;
    ++at;
    return at != clones.end() ? &(*at)->pub : nullptr;
  }
  return nullptr;
}

}  // extern "C"
