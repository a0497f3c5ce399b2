// The vcapdrv minidriver: its device extension and everything its units share.
#pragma once

extern "C" {
#include <wdm.h>
}
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "vcap_hw.h"

#define VCAP_POOL_TAG 'pacV'

// Descriptor ring: one frame of the largest format at page granularity fits. Completion ring: more than any client
// queues.
#define VCAP_RING_LOG2 14
#define VCAP_CPL_LOG2 6
#define VCAP_RING_COUNT (1u << VCAP_RING_LOG2)
#define VCAP_CPL_COUNT (1u << VCAP_CPL_LOG2)

#define VCAP_MAX_WIDTH 4096
#define VCAP_MAX_HEIGHT 4096
#define VCAP_BYTES_PER_PIXEL 2
#define VCAP_MAX_FRAME_BYTES (VCAP_MAX_WIDTH * VCAP_MAX_HEIGHT * VCAP_BYTES_PER_PIXEL)
// A whole number of pages below the chip's limit for one descriptor.
#define VCAP_MAX_MAPPING_BYTES ((VCAP_DESC_MAX_LENGTH + 1) - PAGE_SIZE)

// The causes this driver listens to. Dropped frames are counted by the chip and need no interrupt.
#define VCAP_INTR_USED \
  (VCAP_INTR_FRAME_DONE | VCAP_INTR_BUS_ERR | VCAP_INTR_DESC_ERR | VCAP_INTR_DRAINED | VCAP_INTR_FIFO_ERR)

static inline ULONG VcapMin(ULONG Left, ULONG Right) { return Left < Right ? Left : Right; }

// The rings in memory shared with the chip, and where the driver stands in them. Indices run freely, slot = index mod
// size.
typedef struct _VCAP_RING {
  VCAP_DESCRIPTOR* Descriptors;
  PHYSICAL_ADDRESS DescriptorsLogical;
  volatile VCAP_COMPLETION* Completions;
  PHYSICAL_ADDRESS CompletionsLogical;
  USHORT Head;            // first descriptor not yet given back by a completed frame
  USHORT Tail;            // one past the last descriptor written
  USHORT CompletionTail;  // first completion record not yet read
  USHORT NextCookie;
} VCAP_RING;

// What the connection format means to the hardware.
typedef struct _VCAP_FORMAT {
  ULONG Width;             // pixels
  ULONG Height;            // lines
  ULONG Stride;            // bytes
  ULONG FrameBytes;        // stride * height
  LONGLONG FrameInterval;  // 100 ns
} VCAP_FORMAT;

// A buffer in the hardware: the context of its clone stream pointer.
typedef struct _VCAP_FRAME {
  LIST_ENTRY Link;
  PKSSTREAM_POINTER Clone;
  USHORT LastIndex;  // free-running index of its last descriptor
  USHORT Cookie;
} VCAP_FRAME, *PVCAP_FRAME;

// Locks, in the order in which they are taken:
//   StreamMutex  PASSIVE_LEVEL. Serialises everything that starts, stops or removes the stream, and register access
//                outside interrupt, DPC and processing.
//   RingLock     DISPATCH_LEVEL. Guards Ring, Frames, Armed, Accepting, Starved, Failure and the doorbell.
//   interrupt    DIRQL, by KeSynchronizeExecution. Guards PendingInterrupts, InterruptsOn and Removed.
typedef struct _VCAP_DEVICE {
  PKSDEVICE KsDevice;

  // Resources; set up by Start, released by Stop or Remove.
  PUCHAR Registers;
  ULONG RegistersLength;
  PKINTERRUPT InterruptObject;
  BOOLEAN Latched;  // it interrupts by message
  PDMA_ADAPTER Adapter;
  ULONG MapRegisters;
  PIO_WORKITEM FaultWorkItem;
  ULONG ClockKhz;
  ULONG BeatBytes;

  KDPC Dpc;
  LONG DpcRequests;         // interlocked: how often the DPC was entered while one instance was running
  ULONG PendingInterrupts;  // causes the ISR has taken and the DPC has not
  BOOLEAN InterruptsOn;     // the ISR claims interrupts
  BOOLEAN Removed;          // no register may be touched any more

  KMUTEX StreamMutex;
  KEVENT Drained;    // the chip has said DRAINED
  KEVENT FaultIdle;  // no fault work item is queued or running
  PKSPIN Pin;
  KSSTATE State;
  VCAP_FORMAT Format;
  LONGLONG PicturesBefore;  // since ACQUIRE, in earlier armings
  LONGLONG DropsBefore;
  LONG Delivered;  // in this arming

  KSPIN_LOCK RingLock;
  VCAP_RING Ring;
  LIST_ENTRY Frames;  // in the hardware, oldest first
  BOOLEAN Armed;      // rings and format are in the chip
  BOOLEAN Accepting;  // buffers may be given to the hardware
  BOOLEAN Starved;    // a buffer waits for ring space
  NTSTATUS Failure;   // what buffers are completed with instead, once set
} VCAP_DEVICE, *PVCAP_DEVICE;

// hardware.cpp
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapHardwareProbe(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapHardwareReset(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapHardwareProgram(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapHardwareAbort(PVCAP_DEVICE Device);

// resources.cpp
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapAcquireResources(PVCAP_DEVICE Device, PCM_RESOURCE_LIST Translated);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapDisconnect(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapReleaseDma(PVCAP_DEVICE Device);

// interrupt.cpp
KSERVICE_ROUTINE VcapIsr;
KDEFERRED_ROUTINE VcapDpc;
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapInterruptsOn(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapInterruptsOff(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapMarkRemoved(PVCAP_DEVICE Device);

// ring.cpp
_IRQL_requires_max_(DISPATCH_LEVEL) VOID VcapRingReset(PVCAP_DEVICE Device);
_IRQL_requires_max_(DISPATCH_LEVEL) ULONG VcapRingDescriptorsNeeded(PKSSTREAM_POINTER Pointer, ULONG FrameBytes);
_IRQL_requires_(DISPATCH_LEVEL) ULONG VcapRingFree(PVCAP_DEVICE Device);
_IRQL_requires_(DISPATCH_LEVEL) VOID VcapRingPost(PVCAP_DEVICE Device, PVCAP_FRAME Frame);
_IRQL_requires_(DISPATCH_LEVEL) BOOLEAN VcapRingTakeCompletion(PVCAP_DEVICE Device, VCAP_COMPLETION* Record);

// frames.cpp
_IRQL_requires_max_(DISPATCH_LEVEL) VOID
    VcapFrameFinish(PVCAP_DEVICE Device, PVCAP_FRAME Frame, const VCAP_COMPLETION* Record);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID VcapFrameDiscard(PVCAP_FRAME Frame, NTSTATUS Status);
_IRQL_requires_(DISPATCH_LEVEL) BOOLEAN VcapCompleteFrames(PVCAP_DEVICE Device);

// stream.cpp
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamLock(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamUnlock(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapStreamArm(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS VcapStreamEnable(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamDisable(PVCAP_DEVICE Device);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamAbort(PVCAP_DEVICE Device, NTSTATUS FrameStatus);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamFail(PVCAP_DEVICE Device, NTSTATUS Status);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID VcapStreamCounts(PVCAP_DEVICE Device, PLONGLONG Pictures, PLONGLONG Drops);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID VcapStreamFault(PVCAP_DEVICE Device);

// pin.cpp, format.cpp, properties.cpp, filter.cpp
extern const KSPIN_DISPATCH VcapPinDispatch;
extern const KSAUTOMATION_TABLE VcapPinAutomation;
extern const KSFILTER_DESCRIPTOR VcapFilterDescriptor;
extern const PKSDATARANGE VcapPinDataRanges[1];
NTSTATUS VcapParseFormat(PVCAP_DEVICE Device, const KSDATAFORMAT* DataFormat, VCAP_FORMAT* Format);
NTSTATUS VcapPinIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange, PKSDATARANGE PinRange,
                          ULONG BufferSize, PVOID Data, PULONG DataSize);
NTSTATUS VcapPinSetDataFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributeList,
                              const KSDATARANGE* DataRange, const KSATTRIBUTE_LIST* AttributeRange);

// device.cpp
extern const KSDEVICE_DISPATCH VcapDeviceDispatch;
