// A pin-centric capture driver that lets the chip write into the application's buffers: AVStream maps each buffer
// (KSPIN_FLAG_GENERATE_MAPPINGS), Process gives a clone's mappings to the chip as descriptors, the interrupt's DPC
// takes the chip's completion records and deletes the clones, which completes the frames.
//
// Left out, and in sw/driver: sleep, recovery after a bus error, formats other than one, rebalancing.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "vcap_hw.h"

#define GRAB_WIDTH 320
#define GRAB_HEIGHT 240
#define GRAB_LINE (GRAB_WIDTH * 2)
#define GRAB_BYTES (GRAB_LINE * GRAB_HEIGHT)
#define GRAB_INTERVAL 333333  // of the default format; the chip takes what comes
#define GRAB_TAG 'barG'
#define GRAB_RING_LOG2 9
#define GRAB_RING (1u << GRAB_RING_LOG2)
#define GRAB_RECORDS_LOG2 6
#define GRAB_RECORDS (1u << GRAB_RECORDS_LOG2)
#define GRAB_CAUSES (VCAP_INTR_FRAME_DONE | VCAP_INTR_DRAINED)

typedef struct _GRAB_DEVICE {
  PKSDEVICE KsDevice;
  KMUTEX Mutex;      // states, flushes and the device's end, one at a time
  PUCHAR Registers;  // NULL: not started, or gone
  ULONG RegisterBytes;
  ULONG ClockKhz;
  PDMA_ADAPTER Adapter;
  VCAP_DESCRIPTOR* Ring;
  volatile VCAP_COMPLETION* Records;
  PHYSICAL_ADDRESS RingLogical, RecordsLogical;
  PKINTERRUPT Interrupt;
  KDPC Dpc;
  KSPIN_LOCK Lock;  // guards what follows
  PKSPIN Pin;
  BOOLEAN Accepting;  // buffers may be given to the chip
  BOOLEAN Starved;    // one waits for room in the ring
  USHORT Head, Tail;  // descriptors
  ULONG Taken;        // records
  LIST_ENTRY Frames;  // with the chip, oldest first
} GRAB_DEVICE, *PGRAB_DEVICE;

// The context of a clone.
typedef struct _GRAB_FRAME {
  LIST_ENTRY Link;
  PKSSTREAM_POINTER Clone;
  USHORT Last;  // index of its last descriptor
} GRAB_FRAME, *PGRAB_FRAME;

// -- the chip --------------------------------------------------------------------------------------------------------

static ULONG GrabRead(PGRAB_DEVICE Grab, ULONG Offset) {
  return READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Grab->Registers + Offset));
}

static VOID GrabWrite(PGRAB_DEVICE Grab, ULONG Offset, ULONG Value) {
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Grab->Registers + Offset), Value);
}

// Waits, boundedly, until the chip has let go of memory. PASSIVE_LEVEL.
static NTSTATUS GrabReset(PGRAB_DEVICE Grab) {
  GrabWrite(Grab, VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  for (ULONG i = 0; i < 100; ++i) {
    const ULONG status = GrabRead(Grab, VCAP_STATUS);
    if (status == MAXULONG) return STATUS_DEVICE_REMOVED;
    if ((status & VCAP_STATUS_RESETTING) == 0 && (status & VCAP_STATUS_IDLE) != 0) return STATUS_SUCCESS;
    LARGE_INTEGER millisecond;
    millisecond.QuadPart = -10000;
    KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
  }
  return STATUS_IO_TIMEOUT;
}

// Empty rings and the format, to an idle chip.
static VOID GrabProgram(PGRAB_DEVICE Grab) {
  GrabWrite(Grab, VCAP_RING_BASE_LO, Grab->RingLogical.LowPart);
  GrabWrite(Grab, VCAP_RING_BASE_HI, static_cast<ULONG>(Grab->RingLogical.HighPart));
  GrabWrite(Grab, VCAP_RING_SIZE, GRAB_RING_LOG2);
  GrabWrite(Grab, VCAP_CPL_BASE_LO, Grab->RecordsLogical.LowPart);
  GrabWrite(Grab, VCAP_CPL_BASE_HI, static_cast<ULONG>(Grab->RecordsLogical.HighPart));
  GrabWrite(Grab, VCAP_CPL_SIZE, GRAB_RECORDS_LOG2);
  GrabWrite(Grab, VCAP_FORMAT_WIDTH, GRAB_WIDTH);
  GrabWrite(Grab, VCAP_FORMAT_HEIGHT, GRAB_HEIGHT);
  GrabWrite(Grab, VCAP_FORMAT_STRIDE, GRAB_LINE);
  GrabWrite(Grab, VCAP_COALESCE, 1);
  GrabWrite(Grab, VCAP_COALESCE_TIMEOUT, 0);
}

// -- frames out: Process gives buffers to the chip -------------------------------------------------------------------

// How many descriptors the frame takes; 0 if the buffer is too small.
static ULONG GrabNeeds(PKSSTREAM_POINTER Pointer) {
  ULONG left = GRAB_BYTES;
  for (ULONG i = 0; i < Pointer->OffsetOut.Remaining; ++i) {
    if (Pointer->OffsetOut.Mappings[i].ByteCount >= left) return i + 1;
    left -= Pointer->OffsetOut.Mappings[i].ByteCount;
  }
  return 0;
}

// Lock is held, and there is room.
static VOID GrabPost(PGRAB_DEVICE Grab, PGRAB_FRAME Frame) {
  ULONG flags = VCAP_DESC_FIRST;
  ULONG left = GRAB_BYTES;
  for (ULONG i = 0; left != 0; ++i) {
    const KSMAPPING* mapping = &Frame->Clone->OffsetOut.Mappings[i];
    const ULONG bytes = mapping->ByteCount < left ? mapping->ByteCount : left;
    left -= bytes;
    VCAP_DESCRIPTOR* descriptor = &Grab->Ring[Grab->Tail % GRAB_RING];
    descriptor->Address = static_cast<ULONGLONG>(mapping->PhysicalAddress.QuadPart);
    descriptor->Length = bytes;
    descriptor->Flags = flags | (left == 0 ? VCAP_DESC_LAST : 0);
    flags = 0;
    Frame->Last = Grab->Tail++;
  }
  InsertTailList(&Grab->Frames, &Frame->Link);
  KeMemoryBarrier();  // the descriptors before the doorbell
  GrabWrite(Grab, VCAP_RING_TAIL, Grab->Tail);
}

// Is there room for so many descriptors now? If not, the DPC attempts processing again when it has made some.
static BOOLEAN GrabHasRoom(PGRAB_DEVICE Grab, ULONG Descriptors) {
  KIRQL irql;
  KeAcquireSpinLock(&Grab->Lock, &irql);
  const USHORT used = static_cast<USHORT>(Grab->Tail - Grab->Head);
  const BOOLEAN room = Grab->Accepting && Descriptors <= GRAB_RING - used;
  Grab->Starved = !room;
  KeReleaseSpinLock(&Grab->Lock, irql);
  return room;
}

// A buffer that the chip will not fill.
static VOID GrabGiveBack(PKSSTREAM_POINTER Clone) {
  Clone->StreamHeader->DataUsed = 0;
  KsStreamPointerSetStatusCode(Clone, STATUS_CANCELLED);
  KsStreamPointerDelete(Clone);
}

static VOID GrabPostOrGiveBack(PGRAB_DEVICE Grab, PKSSTREAM_POINTER Clone) {
  PGRAB_FRAME frame = static_cast<PGRAB_FRAME>(Clone->Context);
  frame->Clone = Clone;
  KIRQL irql;
  KeAcquireSpinLock(&Grab->Lock, &irql);
  const BOOLEAN post = Grab->Accepting;  // the stream may have been stopped since GrabHasRoom
  if (post) GrabPost(Grab, frame);
  KeReleaseSpinLock(&Grab->Lock, irql);
  if (!post) GrabGiveBack(Clone);
}

static NTSTATUS NTAPI GrabProcess(PKSPIN Pin) {
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(Pin->Context);
  for (;;) {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == NULL) return STATUS_PENDING;
    const ULONG needed = GrabNeeds(leading);
    if (needed != 0 && !GrabHasRoom(grab, needed)) {
      KsStreamPointerUnlock(leading, FALSE);
      return STATUS_PENDING;
    }
    PKSSTREAM_POINTER clone = NULL;
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;
    // Locked as the leading edge is: the buffer cannot be cancelled while the chip writes to it.
    if (needed != 0) status = KsStreamPointerClone(leading, NULL, sizeof(GRAB_FRAME), &clone);
    if (!NT_SUCCESS(status)) KsStreamPointerSetStatusCode(leading, status);
    KsStreamPointerUnlock(leading, TRUE);  // on to the next; without a clone this one completes
    if (NT_SUCCESS(status)) GrabPostOrGiveBack(grab, clone);
  }
}

// -- frames in: the interrupt ----------------------------------------------------------------------------------------

static KSERVICE_ROUTINE GrabIsr;
static BOOLEAN NTAPI GrabIsr(PKINTERRUPT Interrupt, PVOID Context) {
  UNREFERENCED_PARAMETER(Interrupt);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(Context);
  const ULONG state = GrabRead(grab, VCAP_INTR_STATE);
  const ULONG causes = state & GRAB_CAUSES;
  if (state == MAXULONG || causes == 0) return FALSE;  // pulled out, or somebody else's
  GrabWrite(grab, VCAP_INTR_STATE, causes);
  KeInsertQueueDpc(&grab->Dpc, NULL, NULL);
  return TRUE;
}

// The oldest frame, if the chip says that it is done. Lock is held.
static PGRAB_FRAME GrabTake(PGRAB_DEVICE Grab, PULONG Bytes, PULONGLONG Start) {
  if (IsListEmpty(&Grab->Frames)) return NULL;
  const volatile VCAP_COMPLETION* record = &Grab->Records[Grab->Taken % GRAB_RECORDS];
  const ULONG phase = (Grab->Taken / GRAB_RECORDS) % 2 == 0 ? VCAP_CPL_PHASE : 0;
  if ((record->Flags & VCAP_CPL_PHASE) != phase) return NULL;
  KeMemoryBarrier();  // the rest of the record only after its phase bit
  ++Grab->Taken;
  *Bytes = record->Bytes;
  *Start = record->StartTime;
  PGRAB_FRAME frame = CONTAINING_RECORD(RemoveHeadList(&Grab->Frames), GRAB_FRAME, Link);
  Grab->Head = static_cast<USHORT>(frame->Last + 1);
  if (Grab->Accepting) GrabWrite(Grab, VCAP_CPL_TAIL, Grab->Taken);
  return frame;
}

static KDEFERRED_ROUTINE GrabDpc;
static VOID NTAPI GrabDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(Context);
  for (;;) {
    ULONG bytes = 0;
    ULONGLONG start = 0;
    KeAcquireSpinLockAtDpcLevel(&grab->Lock);
    PGRAB_FRAME frame = GrabTake(grab, &bytes, &start);
    const BOOLEAN resume = frame == NULL && grab->Accepting && grab->Starved;
    if (resume) grab->Starved = FALSE;
    KeReleaseSpinLockFromDpcLevel(&grab->Lock);
    // GrabStop waits for this DPC before the pin can go.
    if (resume) KsPinAttemptProcessing(grab->Pin, TRUE);
    if (frame == NULL) return;
    PKSSTREAM_HEADER header = frame->Clone->StreamHeader;
    header->DataUsed = bytes;
    header->PresentationTime.Time = static_cast<LONGLONG>(start * 10000 / grab->ClockKhz);  // in 100 ns
    header->PresentationTime.Numerator = header->PresentationTime.Denominator = 1;
    header->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_TIMEVALID;
    KsStreamPointerDelete(frame->Clone);  // no lock is held: the frame's request may complete here
  }
}

// -- states ----------------------------------------------------------------------------------------------------------

static VOID GrabSetAccepting(PGRAB_DEVICE Grab, BOOLEAN Accepting) {
  KIRQL irql;
  KeAcquireSpinLock(&Grab->Lock, &irql);
  Grab->Accepting = Accepting;
  KeReleaseSpinLock(&Grab->Lock, irql);
}

static NTSTATUS GrabArm(PGRAB_DEVICE Grab) {
  if (Grab->Registers == NULL) return STATUS_DEVICE_REMOVED;
  Grab->Head = Grab->Tail = 0;
  Grab->Taken = 0;
  RtlZeroMemory(const_cast<VCAP_COMPLETION*>(Grab->Records), GRAB_RECORDS * sizeof(VCAP_COMPLETION));
  GrabProgram(Grab);
  GrabSetAccepting(Grab, TRUE);
  return STATUS_SUCCESS;
}

// Takes every buffer back, with DMA in flight too: what is finished is delivered, the rest is cancelled.
static VOID GrabStop(PGRAB_DEVICE Grab) {
  GrabSetAccepting(Grab, FALSE);
  if (Grab->Registers != NULL) GrabReset(Grab);
  KeInsertQueueDpc(&Grab->Dpc, NULL, NULL);  // a last look at the records, and the end of any look before
  KeFlushQueuedDpcs();
  while (!IsListEmpty(&Grab->Frames)) {
    GrabGiveBack(CONTAINING_RECORD(RemoveHeadList(&Grab->Frames), GRAB_FRAME, Link)->Clone);
  }
}

static VOID GrabLock(PGRAB_DEVICE Grab) { KeWaitForSingleObject(&Grab->Mutex, Executive, KernelMode, FALSE, NULL); }
static VOID GrabUnlock(PGRAB_DEVICE Grab) { KeReleaseMutex(&Grab->Mutex, FALSE); }

static NTSTATUS GrabEnter(PGRAB_DEVICE Grab, KSSTATE ToState, KSSTATE FromState) {
  if (ToState == KSSTATE_PAUSE && FromState == KSSTATE_ACQUIRE) return GrabArm(Grab);
  if (ToState == KSSTATE_ACQUIRE && FromState == KSSTATE_PAUSE) GrabStop(Grab);
  if (Grab->Registers == NULL) return ToState == KSSTATE_RUN ? STATUS_DEVICE_REMOVED : STATUS_SUCCESS;
  if (ToState == KSSTATE_RUN) GrabWrite(Grab, VCAP_CTRL, VCAP_CTRL_ENABLE);
  if (FromState == KSSTATE_RUN) GrabWrite(Grab, VCAP_CTRL, 0);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GrabSetState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(Pin->Context);
  GrabLock(grab);
  const NTSTATUS status = GrabEnter(grab, ToState, FromState);
  GrabUnlock(grab);
  return status;
}

// A flush: the chip lets go of its buffers, and goes on if it was capturing.
static VOID NTAPI GrabFlush(PKSPIN Pin) {
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(Pin->Context);
  GrabLock(grab);
  if (grab->Accepting && grab->Registers != NULL) {
    const ULONG control = GrabRead(grab, VCAP_CTRL) & VCAP_CTRL_ENABLE;
    GrabStop(grab);
    if (NT_SUCCESS(GrabArm(grab))) GrabWrite(grab, VCAP_CTRL, control);
  }
  GrabUnlock(grab);
}

static NTSTATUS NTAPI GrabCreate(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(KsPinGetDevice(Pin)->Context);
  Pin->Context = grab;
  grab->Pin = Pin;
  return STATUS_SUCCESS;
}

// -- the device ------------------------------------------------------------------------------------------------------

static NTSTATUS GrabConnect(PGRAB_DEVICE Grab, const CM_PARTIAL_RESOURCE_DESCRIPTOR* Interrupt) {
  const KIRQL irql = static_cast<KIRQL>(Interrupt->u.Interrupt.Level);
  return IoConnectInterrupt(&Grab->Interrupt, GrabIsr, Grab, NULL, Interrupt->u.Interrupt.Vector, irql, irql,
                            LevelSensitive, TRUE, Interrupt->u.Interrupt.Affinity, FALSE);
}

static NTSTATUS GrabAcquireDma(PGRAB_DEVICE Grab) {
  DEVICE_DESCRIPTION description;
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = TRUE;
  description.Dma64BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = GRAB_BYTES;
  ULONG registers = 0;
  Grab->Adapter = IoGetDmaAdapter(Grab->KsDevice->PhysicalDeviceObject, &description, &registers);
  if (Grab->Adapter == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  PDMA_OPERATIONS dma = Grab->Adapter->DmaOperations;
  Grab->Ring = static_cast<VCAP_DESCRIPTOR*>(
      dma->AllocateCommonBuffer(Grab->Adapter, GRAB_RING * sizeof(VCAP_DESCRIPTOR), &Grab->RingLogical, TRUE));
  Grab->Records = static_cast<volatile VCAP_COMPLETION*>(
      dma->AllocateCommonBuffer(Grab->Adapter, GRAB_RECORDS * sizeof(VCAP_COMPLETION), &Grab->RecordsLogical, TRUE));
  if (Grab->Ring == NULL || Grab->Records == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  KsDeviceRegisterAdapterObject(Grab->KsDevice, Grab->Adapter, GRAB_BYTES, sizeof(KSMAPPING));
  return STATUS_SUCCESS;
}

// Interrupt and registers; nothing touches the chip afterwards.
static VOID GrabDisconnect(PGRAB_DEVICE Grab) {
  if (Grab->Interrupt != NULL) IoDisconnectInterrupt(Grab->Interrupt);
  if (Grab->Registers != NULL) MmUnmapIoSpace(Grab->Registers, Grab->RegisterBytes);
  Grab->Interrupt = NULL;
  Grab->Registers = NULL;
}

static VOID GrabReleaseDma(PGRAB_DEVICE Grab) {
  if (Grab->Adapter == NULL) return;
  PDMA_OPERATIONS dma = Grab->Adapter->DmaOperations;
  if (Grab->Records != NULL) {
    dma->FreeCommonBuffer(Grab->Adapter, GRAB_RECORDS * sizeof(VCAP_COMPLETION), Grab->RecordsLogical,
                          const_cast<VCAP_COMPLETION*>(Grab->Records), TRUE);
  }
  if (Grab->Ring != NULL) {
    dma->FreeCommonBuffer(Grab->Adapter, GRAB_RING * sizeof(VCAP_DESCRIPTOR), Grab->RingLogical, Grab->Ring, TRUE);
  }
  dma->PutDmaAdapter(Grab->Adapter);
  Grab->Adapter = NULL;
  Grab->Ring = NULL;
  Grab->Records = NULL;
}

static NTSTATUS NTAPI GrabAdd(PKSDEVICE KsDevice) {
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(GRAB_DEVICE), GRAB_TAG));
  if (grab == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  KsAcquireDevice(KsDevice);
  const NTSTATUS status = KsAddItemToObjectBag(KsDevice->Bag, grab, NULL);  // the bag frees it with the device
  KsReleaseDevice(KsDevice);
  if (!NT_SUCCESS(status)) {
    ExFreePoolWithTag(grab, GRAB_TAG);
    return status;
  }
  grab->KsDevice = KsDevice;
  KeInitializeMutex(&grab->Mutex, 0);
  KeInitializeDpc(&grab->Dpc, GrabDpc, grab);
  KeInitializeSpinLock(&grab->Lock);
  InitializeListHead(&grab->Frames);
  KsDevice->Context = grab;
  return STATUS_SUCCESS;
}

static VOID NTAPI GrabRemove(PKSDEVICE KsDevice, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(KsDevice->Context);
  GrabLock(grab);
  if (grab->Registers != NULL) GrabWrite(grab, VCAP_INTR_ENABLE, 0);
  GrabStop(grab);
  GrabDisconnect(grab);
  GrabReleaseDma(grab);
  GrabUnlock(grab);
}

// The chip is gone: its buffers go back, AVStream may still hold mappings of others until Remove.
static VOID NTAPI GrabSurpriseRemoval(PKSDEVICE KsDevice, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(KsDevice->Context);
  GrabLock(grab);
  GrabSetAccepting(grab, FALSE);
  GrabDisconnect(grab);
  GrabStop(grab);
  GrabUnlock(grab);
}

static NTSTATUS NTAPI GrabStart(PKSDEVICE KsDevice, PIRP Irp, PCM_RESOURCE_LIST Translated, PCM_RESOURCE_LIST Raw) {
  UNREFERENCED_PARAMETER(Raw);
  PGRAB_DEVICE grab = static_cast<PGRAB_DEVICE>(KsDevice->Context);
  const CM_PARTIAL_RESOURCE_DESCRIPTOR *memory = NULL, *interrupt = NULL;
  for (ULONG i = 0; Translated != NULL && i < Translated->List[0].PartialResourceList.Count; ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR* each = &Translated->List[0].PartialResourceList.PartialDescriptors[i];
    if (each->Type == CmResourceTypeMemory) memory = each;
    if (each->Type == CmResourceTypeInterrupt) interrupt = each;
  }
  if (memory == NULL || interrupt == NULL) return STATUS_DEVICE_CONFIGURATION_ERROR;
  grab->RegisterBytes = memory->u.Memory.Length;
  grab->Registers = static_cast<PUCHAR>(MmMapIoSpace(memory->u.Memory.Start, grab->RegisterBytes, MmNonCached));
  if (grab->Registers == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = GrabRead(grab, VCAP_ID) == VCAP_ID_VALUE ? GrabReset(grab) : STATUS_NO_SUCH_DEVICE;
  grab->ClockKhz = GrabRead(grab, VCAP_CLK_KHZ);
  if (NT_SUCCESS(status) && grab->ClockKhz == 0) status = STATUS_DEVICE_CONFIGURATION_ERROR;
  if (NT_SUCCESS(status)) status = GrabAcquireDma(grab);
  if (NT_SUCCESS(status)) status = GrabConnect(grab, interrupt);
  if (!NT_SUCCESS(status)) {
    GrabRemove(KsDevice, Irp);
    return status;
  }
  GrabWrite(grab, VCAP_INTR_STATE, VCAP_INTR_ALL);
  GrabWrite(grab, VCAP_INTR_ENABLE, GRAB_CAUSES);  // only now may the device interrupt
  return STATUS_SUCCESS;
}

// -- what AVStream reads ---------------------------------------------------------------------------------------------

#define GRAB_YUY2 0x32595559u
static const KS_DATARANGE_VIDEO GrabRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      GRAB_BYTES,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {GRAB_YUY2, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {GRAB_WIDTH, GRAB_HEIGHT},
     {GRAB_WIDTH, GRAB_HEIGHT},
     {GRAB_WIDTH, GRAB_HEIGHT},
     1,
     1,
     1,
     1,
     {GRAB_WIDTH, GRAB_HEIGHT},
     {GRAB_WIDTH, GRAB_HEIGHT},
     1,
     1,
     0,
     0,
     0,
     0,
     10000,
     100000000,
     GRAB_BYTES * 8,
     MAXLONG},
    {{0, 0, 0, 0},
     {0, 0, 0, 0},
     GRAB_BYTES * 8 * 30,
     0,
     GRAB_INTERVAL,
     {sizeof(KS_BITMAPINFOHEADER), GRAB_WIDTH, GRAB_HEIGHT, 1, 16, GRAB_YUY2, GRAB_BYTES, 0, 0, 0, 0}}};
static const PKSDATARANGE GrabRanges[] = {const_cast<PKSDATARANGE>(&GrabRange.DataRange)};

// Is the picture the one there is? A width or height of 0 leaves the choice to the driver.
static BOOLEAN GrabIsOurs(const KS_BITMAPINFOHEADER* Bitmap) {
  return (Bitmap->biWidth == GRAB_WIDTH || Bitmap->biWidth == 0) &&
         (Bitmap->biHeight == GRAB_HEIGHT || Bitmap->biHeight == 0);
}

static NTSTATUS NTAPI GrabIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
                                    PKSDATARANGE OwnRange, ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(OwnRange);
  *DataSize = 0;
  const KS_DATARANGE_VIDEO* wanted = reinterpret_cast<const KS_DATARANGE_VIDEO*>(CallerRange);
  const BOOLEAN whole = CallerRange->FormatSize >= sizeof(KS_DATARANGE_VIDEO);
  if (whole && !GrabIsOurs(&wanted->VideoInfoHeader.bmiHeader)) return STATUS_NO_MATCH;
  *DataSize = sizeof(KS_DATAFORMAT_VIDEOINFOHEADER);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_BUFFER_TOO_SMALL;
  KS_DATAFORMAT_VIDEOINFOHEADER* format = static_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Data);
  format->DataFormat = GrabRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = GrabRange.VideoInfoHeader;
  if (whole) format->VideoInfoHeader.AvgTimePerFrame = wanted->VideoInfoHeader.AvgTimePerFrame;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GrabSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                    const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldFormat);
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  if (Pin->ConnectionFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  const KS_BITMAPINFOHEADER* bitmap =
      &reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Pin->ConnectionFormat)->VideoInfoHeader.bmiHeader;
  const BOOLEAN same = bitmap->biWidth == GRAB_WIDTH && bitmap->biHeight == GRAB_HEIGHT && bitmap->biBitCount == 16;
  return same ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static DECLARE_SIMPLE_FRAMING_EX(GrabFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 8,
                                 0, GRAB_BYTES, GRAB_BYTES);
static const KSPIN_DISPATCH GrabPinDispatch = {GrabCreate,   NULL, GrabProcess, GrabFlush, GrabSetFormat,
                                               GrabSetState, NULL, NULL,        NULL,      NULL};
static const KSPIN_DESCRIPTOR_EX GrabPins[] = {{&GrabPinDispatch,
                                                NULL,
                                                {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                 DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                 SIZEOF_ARRAY(GrabRanges),
                                                 GrabRanges,
                                                 KSPIN_DATAFLOW_OUT,
                                                 KSPIN_COMMUNICATION_BOTH,
                                                 &PINNAME_VIDEO_CAPTURE,
                                                 NULL,
                                                 {0}},
                                                KSPIN_FLAG_GENERATE_MAPPINGS | KSPIN_FLAG_ENFORCE_FIFO,
                                                1,
                                                0,
                                                &GrabFraming,
                                                GrabIntersect}};
static const GUID GrabCategories[] = {{STATICGUIDOF(KSCATEGORY_VIDEO)}, {STATICGUIDOF(KSCATEGORY_CAPTURE)}};
static const GUID GrabReference = {0x0f3d7c1e, 0x52a4, 0x4a0e, {0xa1, 0x93, 0x6a, 0x11, 0x0b, 0xd0, 0x5e, 0x21}};
static const KSFILTER_DISPATCH GrabFilterDispatch = {NULL, NULL, NULL, NULL};
static const KSFILTER_DESCRIPTOR GrabFilter = {&GrabFilterDispatch,
                                               NULL,
                                               KSFILTER_DESCRIPTOR_VERSION,
                                               0,
                                               &GrabReference,
                                               DEFINE_KSFILTER_PIN_DESCRIPTORS(GrabPins),
                                               DEFINE_KSFILTER_CATEGORIES(GrabCategories),
                                               0,
                                               0,
                                               NULL,
                                               0,
                                               NULL,
                                               NULL};
static const KSFILTER_DESCRIPTOR* const GrabFilters[] = {&GrabFilter};
static const KSDEVICE_DISPATCH GrabDeviceDispatch = {
    GrabAdd, GrabStart,           NULL, NULL, NULL, GrabRemove, NULL, NULL, GrabRemove,
    NULL,    GrabSurpriseRemoval, NULL, NULL, NULL};
static const KSDEVICE_DESCRIPTOR GrabDevice = {&GrabDeviceDispatch, SIZEOF_ARRAY(GrabFilters), GrabFilters,
                                               KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &GrabDevice);
}
