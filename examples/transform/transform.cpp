// A filter-centric transform: Process gets a picture of the input pin and a buffer of the output pin together, writes
// the negative of the one into the other, and lets AVStream take both on. The output pin accepts what the input pin
// has.
#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#define NEGATIVE_FOURCC 0x32595559u  // "YUY2"
#define NEGATIVE_LIMIT 4096
#define NEGATIVE_INPUT 0
#define NEGATIVE_OUTPUT 1

// Luma turned over, colours kept.
static void NegativeLine(const UCHAR* From, PUCHAR To, ULONG Bytes) {
  for (ULONG i = 0; i + 1 < Bytes; i += 2) {
    To[i] = static_cast<UCHAR>(255 - From[i]);
    To[i + 1] = From[i + 1];
  }
}

// Both pins have a frame, as both are necessary.
static NTSTATUS NTAPI NegativeProcess(PKSFILTER Filter, PKSPROCESSPIN_INDEXENTRY Index) {
  UNREFERENCED_PARAMETER(Filter);
  PKSPROCESSPIN input = Index[NEGATIVE_INPUT].Pins[0], output = Index[NEGATIVE_OUTPUT].Pins[0];
  const ULONG bytes = input->BytesAvailable < output->BytesAvailable ? input->BytesAvailable : output->BytesAvailable;
  NegativeLine(static_cast<const UCHAR*>(input->Data), static_cast<PUCHAR>(output->Data), bytes);
  const KSSTREAM_HEADER* from = input->StreamPointer->StreamHeader;
  PKSSTREAM_HEADER to = output->StreamPointer->StreamHeader;
  to->PresentationTime = from->PresentationTime;
  to->Duration = from->Duration;
  to->OptionsFlags |= from->OptionsFlags;
  input->BytesUsed = output->BytesUsed = bytes;
  input->Terminate = output->Terminate = TRUE;  // a picture in, a picture out
  return STATUS_SUCCESS;
}

// YUY2 of any even size up to 4096x4096: what a range or a format asks for is checked in one place.
static NTSTATUS NegativeCheckHeader(const KS_VIDEOINFOHEADER* Info) {
  const KS_BITMAPINFOHEADER* bitmap = &Info->bmiHeader;
  if (bitmap->biCompression != NEGATIVE_FOURCC || bitmap->biBitCount != 16) return STATUS_NO_MATCH;
  if (bitmap->biWidth < 2 || bitmap->biWidth > NEGATIVE_LIMIT || bitmap->biWidth % 2 != 0) return STATUS_NO_MATCH;
  return bitmap->biHeight >= 1 && bitmap->biHeight <= NEGATIVE_LIMIT ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static const KS_DATARANGE_VIDEO NegativeRange = {
    {{sizeof(KS_DATARANGE_VIDEO),
      0,
      0,
      0,
      {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
      {NEGATIVE_FOURCC, 0x0000, 0x0010, {0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}},
      {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)}}},
    TRUE,
    FALSE,
    0,
    0,
    {{STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
     KS_AnalogVideo_None,
     {NEGATIVE_LIMIT, NEGATIVE_LIMIT},
     {2, 1},
     {NEGATIVE_LIMIT, NEGATIVE_LIMIT},
     2,
     1,
     2,
     1,
     {2, 1},
     {NEGATIVE_LIMIT, NEGATIVE_LIMIT},
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
     {sizeof(KS_BITMAPINFOHEADER), 320, 240, 1, 16, NEGATIVE_FOURCC, 320 * 240 * 2, 0, 0, 0, 0}}};
static const PKSDATARANGE NegativeRanges[] = {const_cast<PKSDATARANGE>(&NegativeRange.DataRange)};

// The caller's range names one picture; the answer is that picture.
static NTSTATUS NTAPI NegativeIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange,
                                        PKSDATARANGE OwnRange, ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(OwnRange);
  if (CallerRange->FormatSize < sizeof(KS_DATARANGE_VIDEO)) return STATUS_NO_MATCH;
  const KS_VIDEOINFOHEADER* wanted = &reinterpret_cast<KS_DATARANGE_VIDEO*>(CallerRange)->VideoInfoHeader;
  if (!NT_SUCCESS(NegativeCheckHeader(wanted))) return STATUS_NO_MATCH;
  *DataSize = sizeof(KS_DATAFORMAT_VIDEOINFOHEADER);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_BUFFER_TOO_SMALL;
  KS_DATAFORMAT_VIDEOINFOHEADER* format = static_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Data);
  format->DataFormat = NegativeRange.DataRange;
  format->DataFormat.FormatSize = sizeof(*format);
  format->VideoInfoHeader = *wanted;
  format->DataFormat.SampleSize = format->VideoInfoHeader.bmiHeader.biSizeImage =
      static_cast<ULONG>(wanted->bmiHeader.biWidth) * static_cast<ULONG>(wanted->bmiHeader.biHeight) * 2;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI NegativeSetFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributes,
                                        const KSDATARANGE* Range, const KSATTRIBUTE_LIST* Attributes) {
  UNREFERENCED_PARAMETER(OldAttributes);
  UNREFERENCED_PARAMETER(Range);
  UNREFERENCED_PARAMETER(Attributes);
  if (OldFormat != NULL) return STATUS_INVALID_DEVICE_STATE;  // one format a connection
  if (Pin->ConnectionFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  return NegativeCheckHeader(&reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Pin->ConnectionFormat)->VideoInfoHeader);
}

static const KSPIN_DISPATCH NegativePinDispatch = {NULL, NULL, NULL, NULL, NegativeSetFormat,
                                                   NULL, NULL, NULL, NULL, NULL};
static const KSPIN_DESCRIPTOR_EX NegativePins[] = {{&NegativePinDispatch,
                                                    NULL,
                                                    {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                     DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                     SIZEOF_ARRAY(NegativeRanges),
                                                     NegativeRanges,
                                                     KSPIN_DATAFLOW_IN,
                                                     KSPIN_COMMUNICATION_BOTH,
                                                     NULL,
                                                     NULL,
                                                     {0}},
                                                    0,
                                                    1,
                                                    1,
                                                    NULL,
                                                    NegativeIntersect},
                                                   {&NegativePinDispatch,
                                                    NULL,
                                                    {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                                     DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                                     SIZEOF_ARRAY(NegativeRanges),
                                                     NegativeRanges,
                                                     KSPIN_DATAFLOW_OUT,
                                                     KSPIN_COMMUNICATION_BOTH,
                                                     NULL,
                                                     NULL,
                                                     {0}},
                                                    0,
                                                    1,
                                                    1,
                                                    NULL,
                                                    NegativeIntersect}};
static const GUID NegativeCategories[] = {{STATICGUIDOF(KSCATEGORY_DATATRANSFORM)}, {STATICGUIDOF(KSCATEGORY_VIDEO)}};
static const GUID NegativeReference = {0x6e1f0a51, 0x33c7, 0x4a52, {0x8d, 0x7e, 0x1b, 0x0c, 0x5e, 0x2f, 0x77, 0x04}};
static const KSFILTER_DISPATCH NegativeFilterDispatch = {NULL, NULL, NegativeProcess, NULL};
static const KSFILTER_DESCRIPTOR NegativeFilter = {&NegativeFilterDispatch,
                                                   NULL,
                                                   KSFILTER_DESCRIPTOR_VERSION,
                                                   0,
                                                   &NegativeReference,
                                                   DEFINE_KSFILTER_PIN_DESCRIPTORS(NegativePins),
                                                   DEFINE_KSFILTER_CATEGORIES(NegativeCategories),
                                                   0,
                                                   0,
                                                   NULL,
                                                   0,
                                                   NULL,
                                                   NULL};
static const KSFILTER_DESCRIPTOR* const NegativeFilters[] = {&NegativeFilter};
static const KSDEVICE_DESCRIPTOR NegativeDevice = {NULL, SIZEOF_ARRAY(NegativeFilters), NegativeFilters,
                                                   KSDEVICE_DESCRIPTOR_VERSION};

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &NegativeDevice);
}
