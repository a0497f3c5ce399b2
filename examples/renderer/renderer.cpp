// A pin-centric sink that "shows" what it is given: it adds up the luma of each picture, prints the first line of the
// tally with DbgPrint when the stream stops, and lets the frame go. Frames are shown at their presentation time, by a
// timer.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#define SCREEN_FOURCC 0x32595559u  // "YUY2"
#define SCREEN_LIMIT 4096
#define SCREEN_TAG 'ercS'
#define SCREEN_INTERVAL 200000  // the screen's refresh, in 100 ns

typedef struct _SCREEN_PIN {
  PKSPIN Pin;
  KTIMER Timer;
  KDPC Dpc;
  LONGLONG Start;  // system time at presentation time 0
  ULONG Shown;     // pictures
  ULONGLONG Luma;  // of all of them, added up
} SCREEN_PIN, *PSCREEN_PIN;

static KDEFERRED_ROUTINE ScreenRefresh;
static VOID NTAPI ScreenRefresh(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  KsPinAttemptProcessing(static_cast<PSCREEN_PIN>(Context)->Pin, TRUE);
}

static ULONGLONG ScreenLuma(const UCHAR* Picture, ULONG Bytes) {
  ULONGLONG sum = 0;
  for (ULONG i = 0; i < Bytes; i += 2) sum += Picture[i];
  return sum;
}

// Shows the pictures that are due.
static NTSTATUS NTAPI ScreenProcess(PKSPIN Pin) {
  PSCREEN_PIN screen = static_cast<PSCREEN_PIN>(Pin->Context);
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  while (leading != NULL) {
    const KSSTREAM_HEADER* header = leading->StreamHeader;
    const BOOLEAN timed = (header->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_TIMEVALID) != 0;
    if (timed && header->PresentationTime.Time > now.QuadPart - screen->Start) {
      KsStreamPointerUnlock(leading, FALSE);  // its time has not come
      return STATUS_PENDING;
    }
    screen->Luma += ScreenLuma(leading->OffsetIn.Data, leading->OffsetIn.Remaining);
    ++screen->Shown;
    if (!NT_SUCCESS(KsStreamPointerAdvance(leading))) break;
  }
  return STATUS_PENDING;
}

static NTSTATUS NTAPI ScreenSetState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  PSCREEN_PIN screen = static_cast<PSCREEN_PIN>(Pin->Context);
  if (ToState == KSSTATE_RUN) {
    LARGE_INTEGER now, first;
    KeQuerySystemTime(&now);
    screen->Start = now.QuadPart;
    first.QuadPart = -SCREEN_INTERVAL;
    KeSetTimerEx(&screen->Timer, first, SCREEN_INTERVAL / 10000, &screen->Dpc);
  } else if (FromState == KSSTATE_RUN) {
    KeCancelTimer(&screen->Timer);
    KeFlushQueuedDpcs();
  } else if (ToState == KSSTATE_STOP) {
    DbgPrint("screen: %lu pictures, luma %llu\n", screen->Shown, screen->Luma);
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ScreenCreate(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  PSCREEN_PIN screen = static_cast<PSCREEN_PIN>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SCREEN_PIN), SCREEN_TAG));
  if (screen == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  screen->Pin = Pin;
  KeInitializeTimerEx(&screen->Timer, SynchronizationTimer);
  KeInitializeDpc(&screen->Dpc, ScreenRefresh, screen);
  Pin->Context = screen;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ScreenClose(PKSPIN Pin, PIRP Irp) {
  UNREFERENCED_PARAMETER(Irp);
  ExFreePoolWithTag(Pin->Context, SCREEN_TAG);
  return STATUS_SUCCESS;
}

// YUY2 of any even size up to 4096x4096: what a range or a format asks for is checked in one place.
static NTSTATUS ScreenCheckHeader(const KS_VIDEOINFOHEADER* Info) {
  const KS_BITMAPINFOHEADER* bitmap = &Info->bmiHeader;
  if (bitmap->biCompression != SCREEN_FOURCC || bitmap->biBitCount != 16) return STATUS_NO_MATCH;
  if (bitmap->biWidth < 2 || bitmap->biWidth > SCREEN_LIMIT || bitmap->biWidth % 2 != 0) return STATUS_NO_MATCH;
  return bitmap->biHeight >= 1 && bitmap->biHeight <= SCREEN_LIMIT ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static const KS_DATARANGE_VIDEO ScreenRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      0,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {SCREEN_FOURCC, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {SCREEN_LIMIT, SCREEN_LIMIT},
     {2, 1},
     {SCREEN_LIMIT, SCREEN_LIMIT},
     2,
     1,
     2,
     1,
     {2, 1},
     {SCREEN_LIMIT, SCREEN_LIMIT},
     2,
     1,
     0,
     0,
     0,
     0,
     10000,
     100000000,
     8,
     MAXLONG},
    {{0, 0, 320, 240},
     {0, 0, 320, 240},
     320 * 240 * 16 * 25,
     0,
     400000,
     {sizeof(KS_BITMAPINFOHEADER), 320, 240, 1, 16, SCREEN_FOURCC, 320 * 240 * 2, 0, 0, 0, 0}}};
static const PKSDATARANGE ScreenRanges[] = {const_cast<PKSDATARANGE>(&ScreenRange.DataRange)};

// The caller's range names one picture; the answer is that picture.
static NTSTATUS NTAPI ScreenIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
                                      PKSDATARANGE OwnRange, ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(OwnRange);
  if (CallerRange->FormatSize < sizeof(KS_DATARANGE_VIDEO)) return STATUS_NO_MATCH;
  const KS_VIDEOINFOHEADER* wanted = &reinterpret_cast<KS_DATARANGE_VIDEO*>(CallerRange)->VideoInfoHeader;
  if (!NT_SUCCESS(ScreenCheckHeader(wanted))) return STATUS_NO_MATCH;
  *DataSize = sizeof(KS_DATAFORMAT_VIDEOINFOHEADER);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_BUFFER_TOO_SMALL;
  KS_DATAFORMAT_VIDEOINFOHEADER* format = static_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Data);
  format->DataFormat = ScreenRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = *wanted;
  format->DataFormat.SampleSize = format->VideoInfoHeader.bmiHeader.biSizeImage =
      static_cast<ULONG>(wanted->bmiHeader.biWidth) * static_cast<ULONG>(wanted->bmiHeader.biHeight) * 2;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ScreenSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                      const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  if (OldFormat != NULL) return STATUS_INVALID_DEVICE_STATE;  // one format a connection
  if (Pin->ConnectionFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  return ScreenCheckHeader(&reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Pin->ConnectionFormat)->VideoInfoHeader);
}

static const KSPIN_DISPATCH ScreenPinDispatch = {ScreenCreate,   ScreenClose, ScreenProcess, NULL, ScreenSetFormat,
                                                 ScreenSetState, NULL,        NULL,          NULL, NULL};
static const KSPIN_DESCRIPTOR_EX ScreenPins[] = {{&ScreenPinDispatch,
                                                  NULL,
                                                  {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                   DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                   SIZEOF_ARRAY(ScreenRanges),
                                                   ScreenRanges,
                                                   KSPIN_DATAFLOW_IN,
                                                   KSPIN_COMMUNICATION_BOTH,
                                                   NULL,
                                                   NULL,
                                                   {0}},
                                                  KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY,
                                                  1,
                                                  0,
                                                  NULL,
                                                  ScreenIntersect}};
static const GUID ScreenCategories[] = {{STATICGUIDOF(KSCATEGORY_VIDEO)}, {STATICGUIDOF(KSCATEGORY_RENDER)}};
static const GUID ScreenReference = {0x6e1f0a51, 0x33c7, 0x4a52, {0x8d, 0x7e, 0x1b, 0x0c, 0x5e, 0x2f, 0x77, 0x05}};
static const KSFILTER_DISPATCH ScreenFilterDispatch = {NULL, NULL, NULL, NULL};
static const KSFILTER_DESCRIPTOR ScreenFilter = {&ScreenFilterDispatch,
                                                 NULL,
                                                 KSFILTER_DESCRIPTOR_VERSION,
                                                 0,
                                                 &ScreenReference,
                                                 DEFINE_KSFILTER_PIN_DESCRIPTORS(ScreenPins),
                                                 DEFINE_KSFILTER_CATEGORIES(ScreenCategories),
                                                 0,
                                                 0,
                                                 NULL,
                                                 0,
                                                 NULL,
                                                 NULL};
static const KSFILTER_DESCRIPTOR* const ScreenFilters[] = {&ScreenFilter};
static const KSDEVICE_DESCRIPTOR ScreenDevice = {NULL, SIZEOF_ARRAY(ScreenFilters), ScreenFilters,
                                                 KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &ScreenDevice);
}
