// The descriptor and completion rings in shared memory.
#include "registers.h"

// Only while the chip does not use the rings: its indices start from zero again after a soft reset.
VOID VcapRingReset(PVCAP_DEVICE Device) {
  VCAP_RING* ring = &Device->Ring;
  ring->Head = 0;
  ring->Tail = 0;
  ring->CompletionTail = 0;
  ring->NextCookie = 0;
  // Phase 0 everywhere, so that nothing of the last run looks like a record of the first pass.
  RtlZeroMemory(const_cast<VCAP_COMPLETION*>(ring->Completions), VCAP_CPL_COUNT * sizeof(VCAP_COMPLETION));
}

// Descriptors that the first FrameBytes of a buffer take; 0 if the buffer is shorter than that.
ULONG VcapRingDescriptorsNeeded(PKSSTREAM_POINTER Pointer, ULONG FrameBytes) {
  ULONG left = FrameBytes;
  for (ULONG i = 0; i < Pointer->OffsetOut.Remaining; ++i) {
    const ULONG bytes = Pointer->OffsetOut.Mappings[i].ByteCount;
    if (bytes >= left) return i + 1;
    left -= bytes;
  }
  return 0;
}

ULONG VcapRingFree(PVCAP_DEVICE Device) {
  const USHORT used = static_cast<USHORT>(Device->Ring.Tail - Device->Ring.Head);
  return VCAP_RING_COUNT - used;
}

// Writes a whole buffer straight from its mappings and rings the doorbell. RingLock is held and there is room.
VOID VcapRingPost(PVCAP_DEVICE Device, PVCAP_FRAME Frame) {
  VCAP_RING* ring = &Device->Ring;
  const KSMAPPING* mappings = Frame->Clone->OffsetOut.Mappings;
  ULONG left = Device->Format.FrameBytes;
  ULONG flags = VCAP_DESC_FIRST;
  Frame->Cookie = ring->NextCookie++;
  for (ULONG i = 0; left != 0; ++i) {
    const ULONG bytes = VcapMin(left, mappings[i].ByteCount);
    left -= bytes;
    if (left == 0) flags |= VCAP_DESC_LAST;
    VCAP_DESCRIPTOR* descriptor = &ring->Descriptors[ring->Tail % VCAP_RING_COUNT];
    descriptor->Address = static_cast<ULONGLONG>(mappings[i].PhysicalAddress.QuadPart);
    descriptor->Length = bytes;
    descriptor->Flags = flags | (static_cast<ULONG>(Frame->Cookie) << VCAP_DESC_COOKIE_SHIFT);
    flags = 0;
    Frame->LastIndex = ring->Tail++;
  }
  InsertTailList(&Device->Frames, &Frame->Link);

  // The chip may fetch as soon as it sees the doorbell: the descriptors must be in memory before.
  KeMemoryBarrier();
  VcapWrite(Device, VCAP_RING_TAIL, ring->Tail);
}

// Copies out the next record if the chip has written it; its phase bit says so. RingLock is held.
BOOLEAN VcapRingTakeCompletion(PVCAP_DEVICE Device, VCAP_COMPLETION* Record) {
  VCAP_RING* ring = &Device->Ring;
  const volatile VCAP_COMPLETION* slot = &ring->Completions[ring->CompletionTail % VCAP_CPL_COUNT];
  const ULONG expected = (ring->CompletionTail / VCAP_CPL_COUNT) % 2 == 0 ? VCAP_CPL_PHASE : 0;
  const ULONG flags = slot->Flags;
  if ((flags & VCAP_CPL_PHASE) != expected) return FALSE;
  KeMemoryBarrier();  // the rest of the record only after its phase bit
  Record->Index = slot->Index;
  Record->Cookie = slot->Cookie;
  Record->Bytes = slot->Bytes;
  Record->Flags = flags;
  Record->Sequence = slot->Sequence;
  Record->StartTime = slot->StartTime;
  Record->EndTime = slot->EndTime;
  ++ring->CompletionTail;
  return TRUE;
}
