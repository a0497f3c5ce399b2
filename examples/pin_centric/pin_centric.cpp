// A pin-centric capture driver with simulated hardware: every frame is cloned and handed to the "hardware", a timer
// that fills one buffer a frame time and then lets go of its clone, which completes the frame. A driver of real
// hardware does the same with the clone's mappings (KSPIN_FLAG_GENERATE_MAPPINGS) and an interrupt; see sw/driver.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#define BARS_WIDTH 320
#define BARS_HEIGHT 240
#define BARS_LINE (BARS_WIDTH * 3)
#define BARS_BYTES (BARS_LINE * BARS_HEIGHT)
#define BARS_INTERVAL 333667  // 29.97 frames a second, in 100 ns
#define BARS_TAG 'sraB'

typedef struct _BARS_PIN {
  PKSPIN Pin;
  KTIMER Timer;
  KDPC Dpc;
  KSPIN_LOCK Lock;  // Running, against the hardware's DPC
  BOOLEAN Running;
  LARGE_INTEGER Start;
  ULONG Frame;
} BARS_PIN, *PBARS_PIN;

static const UCHAR Colours[8][3] = {  // blue, green, red
    {255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {0, 255, 0}, {255, 0, 255}, {0, 0, 255}, {255, 0, 0}, {0, 0, 0}};

// The picture moves by a pixel a frame. RGB pictures stand on their heads: the last line comes first; bars do not mind.
static void BarsDraw(PUCHAR Buffer, ULONG Frame) {
  for (ULONG y = 0; y < BARS_HEIGHT; ++y) {
    for (ULONG x = 0; x < BARS_WIDTH; ++x) {
      const UCHAR* colour = Colours[(x + Frame) % BARS_WIDTH * 8 / BARS_WIDTH];
      for (ULONG i = 0; i < 3; ++i) Buffer[y * BARS_LINE + x * 3 + i] = colour[i];
    }
  }
}

static void BarsSetTimer(PBARS_PIN Bars) {
  LARGE_INTEGER due;
  due.QuadPart = Bars->Start.QuadPart + static_cast<LONGLONG>(Bars->Frame + 1) * BARS_INTERVAL;
  KeSetTimer(&Bars->Timer, due, &Bars->Dpc);
}

// The hardware: a frame is there. Without a buffer it is lost.
static KDEFERRED_ROUTINE BarsHardware;
static VOID NTAPI BarsHardware(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  PBARS_PIN bars = static_cast<PBARS_PIN>(Context);
  KeAcquireSpinLockAtDpcLevel(&bars->Lock);
  const BOOLEAN running = bars->Running;
  if (running) {
    ++bars->Frame;
    BarsSetTimer(bars);
  }
  KeReleaseSpinLockFromDpcLevel(&bars->Lock);
  PKSSTREAM_POINTER clone = running ? KsPinGetFirstCloneStreamPointer(bars->Pin) : NULL;
  if (clone == NULL) return;
  PKSSTREAM_HEADER header = clone->StreamHeader;
  BarsDraw(static_cast<PUCHAR>(header->Data), bars->Frame);
  header->DataUsed = BARS_BYTES;
  header->PresentationTime.Time = static_cast<LONGLONG>(bars->Frame) * BARS_INTERVAL;
  header->PresentationTime.Numerator = header->PresentationTime.Denominator = 1;
  header->Duration = BARS_INTERVAL;
  header->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID |
                         KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT;
  KsStreamPointerDelete(clone);
}

// A buffer came: the hardware gets a clone of it, the leading edge goes on.
static NTSTATUS NTAPI BarsProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  while (leading != NULL) {
    PKSSTREAM_POINTER clone;
    if (leading->OffsetOut.Remaining < BARS_BYTES || !NT_SUCCESS(KsStreamPointerClone(leading, NULL, 0, &clone))) {
      KsStreamPointerUnlock(leading, FALSE);
      return STATUS_PENDING;
    }
    KsStreamPointerUnlock(clone, FALSE);  // so that its request can be cancelled
    if (!NT_SUCCESS(KsStreamPointerAdvance(leading))) break;
  }
  return STATUS_PENDING;
}

static void BarsStop(PKSPIN Pin, PBARS_PIN Bars) {
  KIRQL irql;
  KeAcquireSpinLock(&Bars->Lock, &irql);
  Bars->Running = FALSE;
  KeReleaseSpinLock(&Bars->Lock, irql);
  KeCancelTimer(&Bars->Timer);
  KeFlushQueuedDpcs();
  UNREFERENCED_PARAMETER(Pin);
}

// What the hardware holds goes back before the queue does.
static void BarsDeleteClones(PKSPIN Pin) {
  PKSSTREAM_POINTER clone = KsPinGetFirstCloneStreamPointer(Pin);
  while (clone != NULL) {
    PKSSTREAM_POINTER next = KsStreamPointerGetNextClone(clone);
    clone->StreamHeader->DataUsed = 0;
    KsStreamPointerDelete(clone);
    clone = next;
  }
}

static NTSTATUS NTAPI BarsSetState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PBARS_PIN bars = static_cast<PBARS_PIN>(Pin->Context);
  if (ToState == KSSTATE_RUN) {
    KeQuerySystemTime(&bars->Start);
    bars->Frame = 0;
    bars->Running = TRUE;
    BarsSetTimer(bars);
  } else if (FromState == KSSTATE_RUN) {
    BarsStop(Pin, bars);
  } else if (ToState == KSSTATE_ACQUIRE && FromState == KSSTATE_PAUSE) {
    BarsDeleteClones(Pin);
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BarsCreate(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PBARS_PIN bars = static_cast<PBARS_PIN>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(BARS_PIN), BARS_TAG));
  if (bars == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  bars->Pin = Pin;
  KeInitializeTimer(&bars->Timer);
  KeInitializeDpc(&bars->Dpc, BarsHardware, bars);
  KeInitializeSpinLock(&bars->Lock);
  Pin->Context = bars;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BarsClose(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  ExFreePoolWithTag(Pin->Context, BARS_TAG);
  return STATUS_SUCCESS;
}

static const KS_DATARANGE_VIDEO BarsRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      BARS_BYTES,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {0xe436eb7d, 0x524f, 0x11ce, {0x9f, 0x53, 0x00, 0x20, 0xaf, 0x0b, 0xa7, 0x70}},  // MEDIASUBTYPE_RGB24
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {BARS_WIDTH, BARS_HEIGHT},
     {BARS_WIDTH, BARS_HEIGHT},
     {BARS_WIDTH, BARS_HEIGHT},
     1,
     1,
     1,
     1,
     {BARS_WIDTH, BARS_HEIGHT},
     {BARS_WIDTH, BARS_HEIGHT},
     1,
     1,
     0,
     0,
     0,
     0,
     BARS_INTERVAL,
     BARS_INTERVAL,
     BARS_BYTES * 8 * 29,
     BARS_BYTES * 8 * 30},
    {{0, 0, BARS_WIDTH, BARS_HEIGHT},
     {0, 0, BARS_WIDTH, BARS_HEIGHT},
     BARS_BYTES * 8 * 30,
     0,
     BARS_INTERVAL,
     {sizeof(KS_BITMAPINFOHEADER), BARS_WIDTH, BARS_HEIGHT, 1, 24, KS_BI_RGB, BARS_BYTES, 0, 0, 0, 0}}};

static const PKSDATARANGE BarsRanges[] = {const_cast<PKSDATARANGE>(&BarsRange.DataRange)};

// One format, so the answer to every range of RGB24 is the same.
static NTSTATUS NTAPI BarsIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
                                    PKSDATARANGE OwnRange, ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(CallerRange);
  UNREFERENCED_PARAMETER(OwnRange);
  *DataSize = sizeof(KS_DATAFORMAT_VIDEOINFOHEADER);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_BUFFER_TOO_SMALL;
  KS_DATAFORMAT_VIDEOINFOHEADER* format = static_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Data);
  format->DataFormat = BarsRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = BarsRange.VideoInfoHeader;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BarsSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                    const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldFormat);
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  if (Pin->ConnectionFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  const KS_BITMAPINFOHEADER* bitmap =
      &reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Pin->ConnectionFormat)->VideoInfoHeader.bmiHeader;
  const BOOLEAN same = bitmap->biWidth == BARS_WIDTH && bitmap->biHeight == BARS_HEIGHT && bitmap->biBitCount == 24;
  return same ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static DECLARE_SIMPLE_FRAMING_EX(BarsFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 4,
                                 0, BARS_BYTES, BARS_BYTES);
static const KSPIN_DISPATCH BarsPinDispatch = {BarsCreate,   BarsClose, BarsProcess, NULL, BarsSetFormat,
                                               BarsSetState, NULL,      NULL,        NULL, NULL};
static const KSPIN_DESCRIPTOR_EX BarsPins[] = {{&BarsPinDispatch,
                                                NULL,
                                                {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                 DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                 SIZEOF_ARRAY(BarsRanges),
                                                 BarsRanges,
                                                 KSPIN_DATAFLOW_OUT,
                                                 KSPIN_COMMUNICATION_BOTH,
                                                 &PINNAME_VIDEO_CAPTURE,
                                                 NULL,
                                                 {0}},
                                                KSPIN_FLAG_ASYNCHRONOUS_PROCESSING,
                                                1,
                                                0,
                                                &BarsFraming,
                                                BarsIntersect}};
static const GUID BarsCategories[] = {{STATICGUIDOF(KSCATEGORY_VIDEO)}, {STATICGUIDOF(KSCATEGORY_CAPTURE)}};
static const GUID BarsReference = {0x6e1f0a51, 0x33c7, 0x4a52, {0x8d, 0x7e, 0x1b, 0x0c, 0x5e, 0x2f, 0x77, 0x01}};
static const KSFILTER_DISPATCH BarsFilterDispatch = {NULL, NULL, NULL, NULL};
static const KSFILTER_DESCRIPTOR BarsFilter = {&BarsFilterDispatch,
                                               NULL,
                                               KSFILTER_DESCRIPTOR_VERSION,
                                               0,
                                               &BarsReference,
                                               DEFINE_KSFILTER_PIN_DESCRIPTORS(BarsPins),
                                               DEFINE_KSFILTER_CATEGORIES(BarsCategories),
                                               0,
                                               0,
                                               NULL,
                                               0,
                                               NULL,
                                               NULL};
static const KSFILTER_DESCRIPTOR* const BarsFilters[] = {&BarsFilter};
static const KSDEVICE_DESCRIPTOR BarsDevice = {NULL, SIZEOF_ARRAY(BarsFilters), BarsFilters,
                                               KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &BarsDevice);
}
