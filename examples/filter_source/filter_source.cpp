// A filter-centric source without hardware: when the filter's one pin has a buffer, AVStream calls the filter's Process
// with it. A timer sets the pace: Process fills a frame when its time has come and otherwise waits for the next tick.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#define RAMP_WIDTH 176
#define RAMP_HEIGHT 144
#define RAMP_BYTES (RAMP_WIDTH * RAMP_HEIGHT * 2)
#define RAMP_INTERVAL 400000  // 25 frames a second, in 100 ns
#define RAMP_TAG 'pmaR'
#define RAMP_FOURCC 0x59565955u  // "UYVY"

typedef struct _RAMP_FILTER {
  PKSFILTER Filter;
  KTIMER Timer;
  KDPC Dpc;
  LARGE_INTEGER Start;
  volatile LONG Ticks;  // frame times that have passed
  LONG Frames;          // frames delivered
} RAMP_FILTER, *PRAMP_FILTER;

static KDEFERRED_ROUTINE RampTick;
static VOID NTAPI RampTick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  PRAMP_FILTER ramp = static_cast<PRAMP_FILTER>(Context);
  InterlockedIncrement(&ramp->Ticks);
  KsFilterAttemptProcessing(ramp->Filter, TRUE);
}

static void RampDraw(PUCHAR Buffer, LONG Frame) {
  for (ULONG y = 0; y < RAMP_HEIGHT; ++y) {
    for (ULONG x = 0; x < RAMP_WIDTH; ++x, Buffer += 2) {
      Buffer[0] = 128;  // no colour
      Buffer[1] = static_cast<UCHAR>(16 + (x + y + static_cast<ULONG>(Frame)) % 220);
    }
  }
}

static NTSTATUS NTAPI RampProcess(PKSFILTER Filter, PKSPROCESSPIN_INDEXENTRY Index) {
  PRAMP_FILTER ramp = static_cast<PRAMP_FILTER>(Filter->Context);
  PKSPROCESSPIN pin = Index[0].Pins[0];
  if (ramp->Frames == ramp->Ticks) return STATUS_PENDING;  // too early: the next tick calls again
  if (pin->BytesAvailable < RAMP_BYTES) {
    pin->Terminate = TRUE;  // a buffer that holds no frame goes back empty
    return STATUS_SUCCESS;
  }
  RampDraw(static_cast<PUCHAR>(pin->Data), ramp->Frames);
  PKSSTREAM_HEADER header = pin->StreamPointer->StreamHeader;
  header->PresentationTime.Time = static_cast<LONGLONG>(ramp->Frames) * RAMP_INTERVAL;
  header->PresentationTime.Numerator = header->PresentationTime.Denominator = 1;
  header->Duration = RAMP_INTERVAL;
  header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID;
  pin->BytesUsed = RAMP_BYTES;
  pin->Terminate = TRUE;  // the frame is complete
  ++ramp->Frames;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RampSetState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PRAMP_FILTER ramp = static_cast<PRAMP_FILTER>(KsPinGetParentFilter(Pin)->Context);
  if (ToState == KSSTATE_RUN) {
    ramp->Ticks = 0;
    ramp->Frames = 0;
    LARGE_INTEGER first;
    first.QuadPart = -RAMP_INTERVAL;
    KeSetTimerEx(&ramp->Timer, first, RAMP_INTERVAL / 10000, &ramp->Dpc);
  } else if (FromState == KSSTATE_RUN) {
    KeCancelTimer(&ramp->Timer);
    KeFlushQueuedDpcs();
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RampCreate(PKSFILTER Filter, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PRAMP_FILTER ramp = static_cast<PRAMP_FILTER>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(RAMP_FILTER), RAMP_TAG));
  if (ramp == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  ramp->Filter = Filter;
  KeInitializeTimerEx(&ramp->Timer, SynchronizationTimer);
  KeInitializeDpc(&ramp->Dpc, RampTick, ramp);
  Filter->Context = ramp;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RampClose(PKSFILTER Filter, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  ExFreePoolWithTag(Filter->Context, RAMP_TAG);
  return STATUS_SUCCESS;
}

static const KS_DATARANGE_VIDEO RampRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      RAMP_BYTES,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {RAMP_FOURCC, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {RAMP_WIDTH, RAMP_HEIGHT},
     {RAMP_WIDTH, RAMP_HEIGHT},
     {RAMP_WIDTH, RAMP_HEIGHT},
     1,
     1,
     1,
     1,
     {RAMP_WIDTH, RAMP_HEIGHT},
     {RAMP_WIDTH, RAMP_HEIGHT},
     1,
     1,
     0,
     0,
     0,
     0,
     RAMP_INTERVAL,
     RAMP_INTERVAL,
     RAMP_BYTES * 8 * 25,
     RAMP_BYTES * 8 * 25},
    {{0, 0, RAMP_WIDTH, RAMP_HEIGHT},
     {0, 0, RAMP_WIDTH, RAMP_HEIGHT},
     RAMP_BYTES * 8 * 25,
     0,
     RAMP_INTERVAL,
     {sizeof(KS_BITMAPINFOHEADER), RAMP_WIDTH, RAMP_HEIGHT, 1, 16, RAMP_FOURCC, RAMP_BYTES, 0, 0, 0, 0}}};

static const PKSDATARANGE RampRanges[] = {const_cast<PKSDATARANGE>(&RampRange.DataRange)};

static NTSTATUS NTAPI RampIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
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
  format->DataFormat = RampRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = RampRange.VideoInfoHeader;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RampSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                    const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldFormat);
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  if (Pin->ConnectionFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  const KS_BITMAPINFOHEADER* bitmap =
      &reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Pin->ConnectionFormat)->VideoInfoHeader.bmiHeader;
  const BOOLEAN same = bitmap->biWidth == RAMP_WIDTH && bitmap->biHeight == RAMP_HEIGHT;
  return same ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static DECLARE_SIMPLE_FRAMING_EX(RampFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 4,
                                 0, RAMP_BYTES, RAMP_BYTES);
static const KSPIN_DISPATCH RampPinDispatch = {NULL,         NULL, NULL, NULL, RampSetFormat,
                                               RampSetState, NULL, NULL, NULL, NULL};
static const KSPIN_DESCRIPTOR_EX RampPins[] = {{&RampPinDispatch,
                                                NULL,
                                                {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                 DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                 SIZEOF_ARRAY(RampRanges),
                                                 RampRanges,
                                                 KSPIN_DATAFLOW_OUT,
                                                 KSPIN_COMMUNICATION_BOTH,
                                                 &PINNAME_VIDEO_CAPTURE,
                                                 NULL,
                                                 {0}},
                                                KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY,
                                                1,
                                                1,
                                                &RampFraming,
                                                RampIntersect}};
static const GUID RampCategories[] = {{STATICGUIDOF(KSCATEGORY_VIDEO)}, {STATICGUIDOF(KSCATEGORY_CAPTURE)}};
static const GUID RampReference = {0x6e1f0a51, 0x33c7, 0x4a52, {0x8d, 0x7e, 0x1b, 0x0c, 0x5e, 0x2f, 0x77, 0x02}};
static const KSFILTER_DISPATCH RampFilterDispatch = {RampCreate, RampClose, RampProcess, NULL};
static const KSFILTER_DESCRIPTOR RampFilter = {&RampFilterDispatch,
                                               NULL,
                                               KSFILTER_DESCRIPTOR_VERSION,
                                               0,
                                               &RampReference,
                                               DEFINE_KSFILTER_PIN_DESCRIPTORS(RampPins),
                                               DEFINE_KSFILTER_CATEGORIES(RampCategories),
                                               0,
                                               0,
                                               NULL,
                                               0,
                                               NULL,
                                               NULL};
static const KSFILTER_DESCRIPTOR* const RampFilters[] = {&RampFilter};
static const KSDEVICE_DESCRIPTOR RampDevice = {NULL, SIZEOF_ARRAY(RampFilters), RampFilters,
                                               KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &RampDevice);
}
