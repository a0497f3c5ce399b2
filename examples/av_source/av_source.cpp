// Audio and video from one filter: two pins, each with its own pace. A pin's timer calls its Process, which fills a
// buffer when one is due. Sound and picture share the time at which the first of them ran.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
// Between the two: WAVEFORMATEX, without what concerns bitmaps.
#define NOBITMAP
#include <mmreg.h>
#undef NOBITMAP
#include <ksmedia.h>

#define AV_TAG 'ecAv'
#define VIDEO_WIDTH 160
#define VIDEO_HEIGHT 120
#define VIDEO_BYTES (VIDEO_WIDTH * VIDEO_HEIGHT * 2)
#define VIDEO_INTERVAL 400000     // 25 frames a second, in 100 ns
#define VIDEO_FOURCC 0x32595559u  // "YUY2"
#define AUDIO_RATE 48000
#define AUDIO_BLOCK 4  // two channels of 16 bits
#define AUDIO_INTERVAL 200000
#define AUDIO_BYTES (AUDIO_RATE / 50 * AUDIO_BLOCK)
#define AUDIO_PERIOD 48  // samples: 1000 Hz

// What differs between the two kinds of pin.
typedef struct _AV_KIND {
  ULONG Bytes;  // of a buffer
  LONG Interval;
  void (*Fill)(PUCHAR Buffer, LONG Number);
} AV_KIND;

typedef struct _AV_PIN {
  const AV_KIND* Kind;
  PKSPIN Pin;
  KTIMER Timer;
  KDPC Dpc;
  volatile LONG Ticks;
  LONG Number;  // buffers filled
} AV_PIN, *PAV_PIN;

// A bar that wanders over grey.
static void AvFillVideo(PUCHAR Buffer, LONG Number) {
  for (ULONG y = 0; y < VIDEO_HEIGHT; ++y) {
    for (ULONG x = 0; x < VIDEO_WIDTH; ++x, Buffer += 2) {
      Buffer[0] = (x + VIDEO_WIDTH - static_cast<ULONG>(Number) * 4 % VIDEO_WIDTH) % VIDEO_WIDTH < 16 ? 235 : 110;
      Buffer[1] = 128;
    }
  }
}

// A triangle of 1000 Hz; a driver has no floating point to spare for a sine.
static void AvFillAudio(PUCHAR Buffer, LONG Number) {
  SHORT* sample = reinterpret_cast<SHORT*>(Buffer);
  UNREFERENCED_PARAMETER(Number);  // a buffer holds whole periods
  for (LONG i = 0; i < AUDIO_BYTES / AUDIO_BLOCK; ++i) {
    const LONG phase = i % AUDIO_PERIOD, up = phase < AUDIO_PERIOD / 2 ? phase : AUDIO_PERIOD - phase;
    *sample++ = static_cast<SHORT>((up - AUDIO_PERIOD / 4) * 600);
    *sample++ = static_cast<SHORT>((AUDIO_PERIOD / 4 - up) * 600);
  }
}

static const AV_KIND AvVideo = {VIDEO_BYTES, VIDEO_INTERVAL, AvFillVideo};
static const AV_KIND AvAudio = {AUDIO_BYTES, AUDIO_INTERVAL, AvFillAudio};

static KDEFERRED_ROUTINE AvTick;
static VOID NTAPI AvTick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  PAV_PIN av = static_cast<PAV_PIN>(Context);
  InterlockedIncrement(&av->Ticks);
  KsPinAttemptProcessing(av->Pin, TRUE);
}

static NTSTATUS NTAPI AvProcess(PKSPIN Pin) {
  PAV_PIN av = static_cast<PAV_PIN>(Pin->Context);
  while (av->Number != av->Ticks) {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == NULL) break;
    PKSSTREAM_HEADER header = leading->StreamHeader;
    if (leading->OffsetOut.Remaining >= av->Kind->Bytes) {
      av->Kind->Fill(leading->OffsetOut.Data, av->Number);
      header->DataUsed = av->Kind->Bytes;
      header->PresentationTime.Time = static_cast<LONGLONG>(av->Number) * av->Kind->Interval;
      header->PresentationTime.Numerator = header->PresentationTime.Denominator = 1;
      header->Duration = av->Kind->Interval;
      header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID;
      ++av->Number;
    }
    KsStreamPointerUnlock(leading, TRUE);
  }
  return STATUS_PENDING;  // the next tick or the next buffer calls again
}

static NTSTATUS NTAPI AvSetState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PAV_PIN av = static_cast<PAV_PIN>(Pin->Context);
  if (ToState == KSSTATE_RUN) {
    av->Ticks = 0;
    av->Number = 0;
    LARGE_INTEGER first;
    first.QuadPart = -av->Kind->Interval;
    KeSetTimerEx(&av->Timer, first, av->Kind->Interval / 10000, &av->Dpc);
  } else if (FromState == KSSTATE_RUN) {
    KeCancelTimer(&av->Timer);
    KeFlushQueuedDpcs();
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AvCreate(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PAV_PIN av = static_cast<PAV_PIN>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(AV_PIN), AV_TAG));
  if (av == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  av->Kind = Pin->Id == 0 ? &AvVideo : &AvAudio;
  av->Pin = Pin;
  KeInitializeTimerEx(&av->Timer, SynchronizationTimer);
  KeInitializeDpc(&av->Dpc, AvTick, av);
  Pin->Context = av;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AvClose(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  ExFreePoolWithTag(Pin->Context, AV_TAG);
  return STATUS_SUCCESS;
}

static const KS_DATARANGE_VIDEO VideoRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      VIDEO_BYTES,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {VIDEO_FOURCC, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {VIDEO_WIDTH, VIDEO_HEIGHT},
     {VIDEO_WIDTH, VIDEO_HEIGHT},
     {VIDEO_WIDTH, VIDEO_HEIGHT},
     1,
     1,
     1,
     1,
     {VIDEO_WIDTH, VIDEO_HEIGHT},
     {VIDEO_WIDTH, VIDEO_HEIGHT},
     1,
     1,
     0,
     0,
     0,
     0,
     VIDEO_INTERVAL,
     VIDEO_INTERVAL,
     VIDEO_BYTES * 8 * 25,
     VIDEO_BYTES * 8 * 25},
    {{0, 0, VIDEO_WIDTH, VIDEO_HEIGHT},
     {0, 0, VIDEO_WIDTH, VIDEO_HEIGHT},
     VIDEO_BYTES * 8 * 25,
     0,
     VIDEO_INTERVAL,
     {sizeof(KS_BITMAPINFOHEADER), VIDEO_WIDTH, VIDEO_HEIGHT, 1, 16, VIDEO_FOURCC, VIDEO_BYTES, 0, 0, 0, 0}}};
static const KSDATARANGE_AUDIO AudioRange = {
    {{sizeof(KSDATARANGE_AUDIO),
      0,
      AUDIO_BLOCK,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_AUDIO)},
      {0x00000001, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},  // PCM
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_WAVEFORMATEX)}}},
    2,
    16,
    16,
    AUDIO_RATE,
    AUDIO_RATE};
static const PKSDATARANGE VideoRanges[] = {const_cast<PKSDATARANGE>(&VideoRange.DataRange)};
static const PKSDATARANGE AudioRanges[] = {const_cast<PKSDATARANGE>(&AudioRange.DataRange)};

// Each pin has one format, so the answer does not depend on the caller's range.
static NTSTATUS NTAPI VideoIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
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
  format->DataFormat = VideoRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = VideoRange.VideoInfoHeader;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AudioIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
                                     PKSDATARANGE OwnRange, ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(CallerRange);
  UNREFERENCED_PARAMETER(OwnRange);
  *DataSize = sizeof(KSDATAFORMAT_WAVEFORMATEX);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KSDATAFORMAT_WAVEFORMATEX)) return STATUS_BUFFER_TOO_SMALL;
  KSDATAFORMAT_WAVEFORMATEX* format = static_cast<KSDATAFORMAT_WAVEFORMATEX*>(Data);
  format->DataFormat = AudioRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  const WAVEFORMATEX wave = {WAVE_FORMAT_PCM, 2, AUDIO_RATE, AUDIO_RATE * AUDIO_BLOCK, AUDIO_BLOCK, 16, 0};
  format->WaveFormatEx = wave;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AvSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                  const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldFormat);
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  const KSDATAFORMAT* format = Pin->ConnectionFormat;
  if (Pin->Id == 0) {
    if (format->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
    const KS_BITMAPINFOHEADER* bitmap =
        &CONTAINING_RECORD(const_cast<KSDATAFORMAT*>(format), KS_DATAFORMAT_VIDEOINFOHEADER, DataFormat)
             ->VideoInfoHeader.bmiHeader;
    return bitmap->biWidth == VIDEO_WIDTH && bitmap->biHeight == VIDEO_HEIGHT ? STATUS_SUCCESS : STATUS_NO_MATCH;
  }
  if (format->FormatSize < sizeof(KSDATAFORMAT_WAVEFORMATEX)) return STATUS_NO_MATCH;
  const WAVEFORMATEX* wave =
      &CONTAINING_RECORD(const_cast<KSDATAFORMAT*>(format), KSDATAFORMAT_WAVEFORMATEX, DataFormat)->WaveFormatEx;
  return wave->nSamplesPerSec == AUDIO_RATE && wave->nBlockAlign == AUDIO_BLOCK ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static DECLARE_SIMPLE_FRAMING_EX(VideoFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 4,
                                 0, VIDEO_BYTES, VIDEO_BYTES);
static DECLARE_SIMPLE_FRAMING_EX(AudioFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 4,
                                 0, AUDIO_BYTES, AUDIO_BYTES);
static const KSPIN_DISPATCH AvPinDispatch = {AvCreate,   AvClose, AvProcess, NULL, AvSetFormat,
                                             AvSetState, NULL,    NULL,      NULL, NULL};
static const KSPIN_DESCRIPTOR_EX AvPins[] = {{&AvPinDispatch,
                                              NULL,
                                              {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                               DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                               SIZEOF_ARRAY(VideoRanges),
                                               VideoRanges,
                                               KSPIN_DATAFLOW_OUT,
                                               KSPIN_COMMUNICATION_BOTH,
                                               &PINNAME_VIDEO_CAPTURE,
                                               NULL,
                                               {0}},
                                              KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY,
                                              1,
                                              0,
                                              &VideoFraming,
                                              VideoIntersect},
                                             {&AvPinDispatch,
                                              NULL,
                                              {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                               DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                               SIZEOF_ARRAY(AudioRanges),
                                               AudioRanges,
                                               KSPIN_DATAFLOW_OUT,
                                               KSPIN_COMMUNICATION_BOTH,
                                               &KSCATEGORY_AUDIO,
                                               NULL,
                                               {0}},
                                              KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY,
                                              1,
                                              0,
                                              &AudioFraming,
                                              AudioIntersect}};
static const GUID AvCategories[] = {
    {STATICGUIDOF(KSCATEGORY_AUDIO)}, {STATICGUIDOF(KSCATEGORY_VIDEO)}, {STATICGUIDOF(KSCATEGORY_CAPTURE)}};
static const GUID AvReference = {0x6e1f0a51, 0x33c7, 0x4a52, {0x8d, 0x7e, 0x1b, 0x0c, 0x5e, 0x2f, 0x77, 0x03}};
static const KSFILTER_DISPATCH AvFilterDispatch = {NULL, NULL, NULL, NULL};
static const KSFILTER_DESCRIPTOR AvFilter = {&AvFilterDispatch,
                                             NULL,
                                             KSFILTER_DESCRIPTOR_VERSION,
                                             0,
                                             &AvReference,
                                             DEFINE_KSFILTER_PIN_DESCRIPTORS(AvPins),
                                             DEFINE_KSFILTER_CATEGORIES(AvCategories),
                                             0,
                                             0,
                                             NULL,
                                             0,
                                             NULL,
                                             NULL};
static const KSFILTER_DESCRIPTOR* const AvFilters[] = {&AvFilter};
static const KSDEVICE_DESCRIPTOR AvDevice = {NULL, SIZEOF_ARRAY(AvFilters), AvFilters, KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &AvDevice);
}
