// Frames on their way back from the chip.
#include "registers.h"

static LONGLONG VcapTicksTo100ns(PVCAP_DEVICE Device, ULONGLONG Ticks) {
  // Whole and remaining milliseconds apart: Ticks * 10000 would overflow after some weeks.
  const ULONGLONG khz = Device->ClockKhz;
  return static_cast<LONGLONG>((Ticks / khz) * 10000 + (Ticks % khz) * 10000 / khz);
}

static VOID VcapFillFrameInfo(PKSSTREAM_HEADER Header, LONGLONG Pictures, LONGLONG Drops) {
  if (Header->Size < sizeof(KSSTREAM_HEADER) + sizeof(KS_FRAME_INFO)) return;
  PKS_FRAME_INFO info = reinterpret_cast<PKS_FRAME_INFO>(Header + 1);
  info->ExtendedHeaderSize = sizeof(KS_FRAME_INFO);
  info->dwFrameFlags = KS_VIDEO_FLAG_FRAME;
  info->PictureNumber = Pictures;
  info->DropCount = Drops;
}

// Deleting the clone releases the frame's last reference: the frame completes here.
VOID VcapFrameFinish(PVCAP_DEVICE Device, PVCAP_FRAME Frame, const VCAP_COMPLETION* Record) {
  PKSSTREAM_HEADER header = Frame->Clone->StreamHeader;
  header->DataUsed = VcapMin(Record->Bytes, header->FrameExtent);
  header->PresentationTime.Time = VcapTicksTo100ns(Device, Record->StartTime);
  header->PresentationTime.Numerator = 1;
  header->PresentationTime.Denominator = 1;
  header->Duration = Device->Format.FrameInterval;
  header->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_TIMEVALID |
                         KSSTREAM_HEADER_OPTIONSF_DURATIONVALID;
  if ((Record->Flags & VCAP_CPL_DISCONTINUITY) != 0) {
    header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY;
  }
  const LONG delivered = InterlockedIncrement(&Device->Delivered);
  const LONGLONG started = static_cast<LONGLONG>(Record->Sequence) + 1;
  VcapFillFrameInfo(header, Device->PicturesBefore + started, Device->DropsBefore + started - delivered);
  KsStreamPointerDelete(Frame->Clone);
}

// A buffer that the chip will not fill.
VOID VcapFrameDiscard(PVCAP_FRAME Frame, NTSTATUS Status) {
  PKSSTREAM_POINTER clone = Frame->Clone;
  clone->StreamHeader->DataUsed = 0;
  clone->StreamHeader->OptionsFlags = 0;
  KsStreamPointerSetStatusCode(clone, Status);
  KsStreamPointerDelete(clone);
}

// One record and its frame. FALSE: nothing more to read, or (Consistent FALSE) a record that no frame answers to.
static BOOLEAN VcapTakeFrame(PVCAP_DEVICE Device, VCAP_COMPLETION* Record, PVCAP_FRAME* Frame, PBOOLEAN Consistent) {
  BOOLEAN taken = FALSE;
  KeAcquireSpinLockAtDpcLevel(&Device->RingLock);
  if (Device->Armed && VcapRingTakeCompletion(Device, Record)) {
    *Frame = IsListEmpty(&Device->Frames) ? NULL : CONTAINING_RECORD(Device->Frames.Flink, VCAP_FRAME, Link);
    if (*Frame != NULL && (*Frame)->LastIndex == Record->Index && (*Frame)->Cookie == Record->Cookie) {
      RemoveEntryList(&(*Frame)->Link);
      Device->Ring.Head = static_cast<USHORT>(Record->Index + 1);
      taken = TRUE;
    } else {
      *Consistent = FALSE;
    }
  }
  KeReleaseSpinLockFromDpcLevel(&Device->RingLock);
  return taken;
}

// Walks the completion ring. FALSE: the chip reported something that was never asked of it.
BOOLEAN VcapCompleteFrames(PVCAP_DEVICE Device) {
  BOOLEAN consistent = TRUE;
  BOOLEAN any = FALSE;
  VCAP_COMPLETION record;
  PVCAP_FRAME frame;
  // No lock is held while a frame completes: its IRP may complete with it.
  while (VcapTakeFrame(Device, &record, &frame, &consistent)) {
    VcapFrameFinish(Device, frame, &record);
    any = TRUE;
  }
  if (!any) return consistent;

  BOOLEAN resume = FALSE;
  KeAcquireSpinLockAtDpcLevel(&Device->RingLock);
  if (Device->Accepting) {  // else a reset is under way, after which the chip's indices are zero
    VcapWrite(Device, VCAP_CPL_TAIL, Device->Ring.CompletionTail);
    resume = Device->Starved;
    Device->Starved = FALSE;
  }
  KeReleaseSpinLockFromDpcLevel(&Device->RingLock);
  // The stop path waits for this DPC before the pin can go away.
  if (resume) KsPinAttemptProcessing(Device->Pin, TRUE);
  return consistent;
}
