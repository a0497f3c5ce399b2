// The capture pin: creation, states, processing.
#include "registers.h"

#define VCAP_FRAMES_WANTED 8

static PVCAP_DEVICE VcapFromPin(PKSPIN Pin) { return static_cast<PVCAP_DEVICE>(KsPinGetDevice(Pin)->Context); }

// Tells the client what buffers this format needs. The pin edits its own copy of the descriptor.
static NTSTATUS VcapSetFraming(PKSPIN Pin, ULONG FrameBytes) {
  NTSTATUS status = KsEdit(Pin, &Pin->Descriptor, VCAP_POOL_TAG);
  if (NT_SUCCESS(status)) status = KsEdit(Pin, &Pin->Descriptor->AllocatorFraming, VCAP_POOL_TAG);
  if (!NT_SUCCESS(status)) return status;
  PKSALLOCATOR_FRAMING_EX framing = const_cast<PKSALLOCATOR_FRAMING_EX>(Pin->Descriptor->AllocatorFraming);
  framing->FramingItem[0].Frames = VCAP_FRAMES_WANTED;
  framing->FramingItem[0].PhysicalRange.MinFrameSize = FrameBytes;
  framing->FramingItem[0].PhysicalRange.MaxFrameSize = FrameBytes;
  framing->FramingItem[0].PhysicalRange.Stepping = 0;
  framing->FramingItem[0].FramingRange.Range.MinFrameSize = FrameBytes;
  framing->FramingItem[0].FramingRange.Range.MaxFrameSize = FrameBytes;
  framing->FramingItem[0].FramingRange.Range.Stepping = 0;
  return STATUS_SUCCESS;
}

static NTSTATUS VcapPinCreate(PKSPIN Pin, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  PVCAP_DEVICE device = VcapFromPin(Pin);
  VCAP_FORMAT format;
  NTSTATUS status = VcapParseFormat(device, Pin->ConnectionFormat, &format);
  if (NT_SUCCESS(status)) status = VcapSetFraming(Pin, format.FrameBytes);
  if (!NT_SUCCESS(status)) return status;

  VcapStreamLock(device);
  if (!VcapPresent(device)) {
    status = STATUS_DEVICE_NOT_READY;
  } else if (device->Pin != NULL) {
    status = STATUS_DEVICE_BUSY;
  } else {
    device->Pin = Pin;
    device->State = KSSTATE_STOP;
    device->Format = format;
    Pin->Context = device;
  }
  VcapStreamUnlock(device);
  return status;
}

static NTSTATUS VcapPinClose(PKSPIN Pin, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Irp);
  PVCAP_DEVICE device = VcapFromPin(Pin);
  VcapStreamLock(device);
  if (device->Pin == Pin) {  // in STOP, where AVStream has taken it step by step
    device->Pin = NULL;
    device->State = KSSTATE_STOP;
  }
  VcapStreamUnlock(device);
  return STATUS_SUCCESS;
}

static NTSTATUS VcapEnterState(PVCAP_DEVICE Device, PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  NTSTATUS status = STATUS_SUCCESS;
  switch (ToState) {
    case KSSTATE_STOP:
      break;  // the step to ACQUIRE took the buffers back
    case KSSTATE_ACQUIRE:
      if (FromState > KSSTATE_ACQUIRE) {
        VcapStreamAbort(Device, STATUS_CANCELLED);
      } else if (!VcapPresent(Device)) {
        status = STATUS_DEVICE_REMOVED;
      } else {
        status = VcapParseFormat(Device, Pin->ConnectionFormat, &Device->Format);
        Device->PicturesBefore = 0;
        Device->DropsBefore = 0;
      }
      break;
    case KSSTATE_PAUSE:
      // Buffers are posted from here on, so that the first frame after RUN finds one.
      if (FromState > KSSTATE_PAUSE) {
        VcapStreamDisable(Device);
      } else {
        status = VcapStreamArm(Device);
      }
      break;
    case KSSTATE_RUN:
      status = VcapStreamEnable(Device);
      break;
  }
  return status;
}

static NTSTATUS VcapPinSetDeviceState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PAGED_CODE();
  PVCAP_DEVICE device = VcapFromPin(Pin);
  VcapStreamLock(device);
  const NTSTATUS status = VcapEnterState(device, Pin, ToState, FromState);
  if (NT_SUCCESS(status)) device->State = ToState;
  VcapStreamUnlock(device);
  return status;
}

// The queue is being flushed: the chip must let go of its buffers, and goes on empty-handed if the pin streams.
static VOID VcapPinReset(PKSPIN Pin) {
  PAGED_CODE();
  PVCAP_DEVICE device = VcapFromPin(Pin);
  VcapStreamLock(device);
  if (device->Armed) {
    VcapStreamAbort(device, STATUS_CANCELLED);
    NTSTATUS status = VcapStreamArm(device);
    if (NT_SUCCESS(status) && device->State == KSSTATE_RUN) status = VcapStreamEnable(device);
    if (!NT_SUCCESS(status)) VcapStreamFail(device, status);
  }
  VcapStreamUnlock(device);
}

// Posts a buffer unless the stream has ended meanwhile. The clone keeps the buffer until the chip is done with it.
static VOID VcapPostOrDiscard(PVCAP_DEVICE Device, PVCAP_FRAME Frame) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  const BOOLEAN post = Device->Accepting;
  if (post) VcapRingPost(Device, Frame);
  const NTSTATUS failure = NT_SUCCESS(Device->Failure) ? STATUS_CANCELLED : Device->Failure;
  KeReleaseSpinLock(&Device->RingLock, irql);
  if (!post) VcapFrameDiscard(Frame, failure);
}

typedef enum _VCAP_VERDICT { VcapVerdictPost, VcapVerdictLater, VcapVerdictFail } VCAP_VERDICT;

// What is to be done with the buffer at the leading edge.
static VCAP_VERDICT VcapJudge(PVCAP_DEVICE Device, PKSSTREAM_POINTER Leading, PNTSTATUS Status) {
  const ULONG needed = VcapRingDescriptorsNeeded(Leading, Device->Format.FrameBytes);
  VCAP_VERDICT verdict = VcapVerdictPost;
  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  if (!NT_SUCCESS(Device->Failure)) {
    *Status = Device->Failure;
    verdict = VcapVerdictFail;
  } else if (!Device->Accepting) {
    verdict = VcapVerdictLater;
  } else if (needed == 0) {
    *Status = STATUS_BUFFER_TOO_SMALL;
    verdict = VcapVerdictFail;
  } else if (needed > VCAP_RING_COUNT) {
    *Status = STATUS_INSUFFICIENT_RESOURCES;
    verdict = VcapVerdictFail;
  } else if (needed > VcapRingFree(Device)) {
    Device->Starved = TRUE;  // the DPC attempts processing again when it has made room
    verdict = VcapVerdictLater;
  }
  KeReleaseSpinLock(&Device->RingLock, irql);
  return verdict;
}

static NTSTATUS VcapPinProcess(PKSPIN Pin) {
  PVCAP_DEVICE device = VcapFromPin(Pin);
  for (;;) {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == NULL) return STATUS_SUCCESS;

    NTSTATUS status = STATUS_SUCCESS;
    VCAP_VERDICT verdict = VcapJudge(device, leading, &status);
    if (verdict == VcapVerdictLater) {
      KsStreamPointerUnlock(leading, FALSE);
      return STATUS_PENDING;
    }
    PKSSTREAM_POINTER clone = NULL;
    if (verdict == VcapVerdictPost) {
      // The clone is locked as the leading edge is: the buffer cannot be cancelled while the chip writes to it.
      status = KsStreamPointerClone(leading, NULL, sizeof(VCAP_FRAME), &clone);
    }
    if (clone == NULL) KsStreamPointerSetStatusCode(leading, status);
    KsStreamPointerUnlock(leading, TRUE);  // on to the next; without a clone this frame completes here
    if (clone != NULL) {
      PVCAP_FRAME frame = static_cast<PVCAP_FRAME>(clone->Context);
      frame->Clone = clone;
      VcapPostOrDiscard(device, frame);
    }
  }
}

const KSPIN_DISPATCH VcapPinDispatch = {
    VcapPinCreate,          // Create
    VcapPinClose,           // Close
    VcapPinProcess,         // Process
    VcapPinReset,           // Reset
    VcapPinSetDataFormat,   // SetDataFormat
    VcapPinSetDeviceState,  // SetDeviceState
    NULL,                   // Connect
    NULL,                   // Disconnect
    NULL,                   // Clock
    NULL,                   // Allocator
};
