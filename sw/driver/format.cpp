// The video formats of the pin: YUY2 of any even width, intersection and validation.
#include "vcap.h"

#define VCAP_FOURCC_YUY2 0x32595559u
#define VCAP_BITS_PER_PIXEL (8 * VCAP_BYTES_PER_PIXEL)
#define VCAP_DEFAULT_WIDTH 640
#define VCAP_DEFAULT_HEIGHT 480
#define VCAP_DEFAULT_INTERVAL 333333
#define VCAP_MIN_INTERVAL 10000      // 1000 frames a second
#define VCAP_MAX_INTERVAL 100000000  // one frame in ten seconds

#define STATIC_VCAP_SUBTYPE_YUY2 \
  VCAP_FOURCC_YUY2, 0x0000, 0x0010, { 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71 }

static const KS_DATARANGE_VIDEO VcapRangeYuy2 = {
    // DataRange
    {{
        sizeof(KS_DATARANGE_VIDEO),
        0,
        VCAP_DEFAULT_WIDTH* VCAP_DEFAULT_HEIGHT* VCAP_BYTES_PER_PIXEL,
        0,
        {STATICGUIDOF(KSDATAFORMAT_TYPE_VIDEO)},
        {STATIC_VCAP_SUBTYPE_YUY2},
        {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
    }},
    TRUE,   // bFixedSizeSamples
    FALSE,  // bTemporalCompression
    0,      // StreamDescriptionFlags
    0,      // MemoryAllocationFlags
    // ConfigCaps
    {
        {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_VIDEOINFO)},
        KS_AnalogVideo_None,
        {VCAP_MAX_WIDTH, VCAP_MAX_HEIGHT},  // InputSize
        {2, 1},                             // MinCroppingSize
        {VCAP_MAX_WIDTH, VCAP_MAX_HEIGHT},  // MaxCroppingSize
        2,
        1,  // CropGranularity
        2,
        1,                                  // CropAlign
        {2, 1},                             // MinOutputSize
        {VCAP_MAX_WIDTH, VCAP_MAX_HEIGHT},  // MaxOutputSize
        2,
        1,  // OutputGranularity
        0,
        0,
        0,
        0,  // no stretching or shrinking
        VCAP_MIN_INTERVAL,
        VCAP_MAX_INTERVAL,
        2 * 1 * VCAP_BITS_PER_PIXEL / 10,  // MinBitsPerSecond: the smallest frame every ten seconds
        MAXLONG,
    },
    // VideoInfoHeader: what a client gets that asks for nothing in particular
    {
        {0, 0, 0, 0},
        {0, 0, 0, 0},
        VCAP_DEFAULT_WIDTH* VCAP_DEFAULT_HEIGHT* VCAP_BITS_PER_PIXEL * 30,
        0,
        VCAP_DEFAULT_INTERVAL,
        {sizeof(KS_BITMAPINFOHEADER), VCAP_DEFAULT_WIDTH, VCAP_DEFAULT_HEIGHT, 1, VCAP_BITS_PER_PIXEL, VCAP_FOURCC_YUY2,
         VCAP_DEFAULT_WIDTH* VCAP_DEFAULT_HEIGHT* VCAP_BYTES_PER_PIXEL, 0, 0, 0, 0},
    },
};

const PKSDATARANGE VcapPinDataRanges[1] = {
    const_cast<PKSDATARANGE>(&VcapRangeYuy2.DataRange),
};

// Picture geometry that the chip can capture. For YUV formats the sign of the height says nothing.
static NTSTATUS VcapParseHeader(const KS_VIDEOINFOHEADER* Header, VCAP_FORMAT* Format) {
  const KS_BITMAPINFOHEADER* bitmap = &Header->bmiHeader;
  if (bitmap->biSize < sizeof(KS_BITMAPINFOHEADER) || bitmap->biCompression != VCAP_FOURCC_YUY2 ||
      bitmap->biBitCount != VCAP_BITS_PER_PIXEL) {
    return STATUS_NO_MATCH;
  }
  if (bitmap->biWidth < 2 || bitmap->biWidth > VCAP_MAX_WIDTH || bitmap->biWidth % 2 != 0) return STATUS_NO_MATCH;
  if (bitmap->biHeight == 0 || bitmap->biHeight > VCAP_MAX_HEIGHT || bitmap->biHeight < -VCAP_MAX_HEIGHT) {
    return STATUS_NO_MATCH;
  }
  if (Header->AvgTimePerFrame < VCAP_MIN_INTERVAL || Header->AvgTimePerFrame > VCAP_MAX_INTERVAL) {
    return STATUS_NO_MATCH;
  }
  Format->Width = static_cast<ULONG>(bitmap->biWidth);
  Format->Height = static_cast<ULONG>(bitmap->biHeight < 0 ? -bitmap->biHeight : bitmap->biHeight);
  Format->Stride = Format->Width * VCAP_BYTES_PER_PIXEL;
  Format->FrameBytes = Format->Stride * Format->Height;
  Format->FrameInterval = Header->AvgTimePerFrame;
  return STATUS_SUCCESS;
}

// Validates a connection format against range and device. STATUS_NO_MATCH if the device cannot deliver it.
NTSTATUS VcapParseFormat(PVCAP_DEVICE Device, const KSDATAFORMAT* DataFormat, VCAP_FORMAT* Format) {
  if (DataFormat->FormatSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_NO_MATCH;
  if (!IsEqualGUID(DataFormat->MajorFormat, VcapRangeYuy2.DataRange.MajorFormat) ||
      !IsEqualGUID(DataFormat->SubFormat, VcapRangeYuy2.DataRange.SubFormat) ||
      !IsEqualGUID(DataFormat->Specifier, VcapRangeYuy2.DataRange.Specifier)) {
    return STATUS_NO_MATCH;
  }
  const KS_DATAFORMAT_VIDEOINFOHEADER* video =
      CONTAINING_RECORD(const_cast<KSDATAFORMAT*>(DataFormat), KS_DATAFORMAT_VIDEOINFOHEADER, DataFormat);
  const NTSTATUS status = VcapParseHeader(&video->VideoInfoHeader, Format);
  if (!NT_SUCCESS(status)) return status;
  // The chip takes whole beats a line, and a frame must fit the map registers at any page offset.
  if (Device->BeatBytes != 0 && Format->Stride % Device->BeatBytes != 0) return STATUS_NO_MATCH;
  if (ADDRESS_AND_SIZE_TO_SPAN_PAGES(PAGE_SIZE - 1, Format->FrameBytes) > Device->MapRegisters) return STATUS_NO_MATCH;
  return STATUS_SUCCESS;
}

static VOID VcapFillFormat(KS_DATAFORMAT_VIDEOINFOHEADER* Result, const VCAP_FORMAT* Format) {
  RtlZeroMemory(Result, sizeof(*Result));
  Result->DataFormat.FormatSize = sizeof(*Result);
  Result->DataFormat.SampleSize = Format->FrameBytes;
  Result->DataFormat.MajorFormat = VcapRangeYuy2.DataRange.MajorFormat;
  Result->DataFormat.SubFormat = VcapRangeYuy2.DataRange.SubFormat;
  Result->DataFormat.Specifier = VcapRangeYuy2.DataRange.Specifier;

  KS_VIDEOINFOHEADER* info = &Result->VideoInfoHeader;
  info->rcSource.right = info->rcTarget.right = static_cast<LONG>(Format->Width);
  info->rcSource.bottom = info->rcTarget.bottom = static_cast<LONG>(Format->Height);
  const ULONGLONG rate =
      static_cast<ULONGLONG>(Format->FrameBytes) * 8 * 10000000 / static_cast<ULONGLONG>(Format->FrameInterval);
  info->dwBitRate = rate > MAXULONG ? MAXULONG : static_cast<ULONG>(rate);
  info->AvgTimePerFrame = Format->FrameInterval;
  info->bmiHeader.biSize = sizeof(KS_BITMAPINFOHEADER);
  info->bmiHeader.biWidth = static_cast<LONG>(Format->Width);
  info->bmiHeader.biHeight = static_cast<LONG>(Format->Height);
  info->bmiHeader.biPlanes = 1;
  info->bmiHeader.biBitCount = VCAP_BITS_PER_PIXEL;
  info->bmiHeader.biCompression = VCAP_FOURCC_YUY2;
  info->bmiHeader.biSizeImage = Format->FrameBytes;
}

// A caller's range names one picture size; a range without video header, or a wildcard, gets the default.
NTSTATUS VcapPinIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange, PKSDATARANGE PinRange,
                          ULONG BufferSize, PVOID Data, PULONG DataSize) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(PinRange);
  const KS_VIDEOINFOHEADER* wanted = &VcapRangeYuy2.VideoInfoHeader;
  if (IsEqualGUID(CallerRange->Specifier, VcapRangeYuy2.DataRange.Specifier)) {
    if (CallerRange->FormatSize < sizeof(KS_DATARANGE_VIDEO)) return STATUS_NO_MATCH;
    const KS_DATARANGE_VIDEO* range = CONTAINING_RECORD(CallerRange, KS_DATARANGE_VIDEO, DataRange);
    if (!range->bFixedSizeSamples || range->bTemporalCompression) return STATUS_NO_MATCH;
    wanted = &range->VideoInfoHeader;
  }
  VCAP_FORMAT format;
  const NTSTATUS status = VcapParseHeader(wanted, &format);
  if (!NT_SUCCESS(status)) return status;

  *DataSize = sizeof(KS_DATAFORMAT_VIDEOINFOHEADER);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KS_DATAFORMAT_VIDEOINFOHEADER)) return STATUS_BUFFER_TOO_SMALL;
  VcapFillFormat(static_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(Data), &format);
  return STATUS_SUCCESS;
}

NTSTATUS VcapPinSetDataFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributeList,
                              const KSDATARANGE* DataRange, const KSATTRIBUTE_LIST* AttributeRange) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(OldAttributeList);
  UNREFERENCED_PARAMETER(DataRange);
  UNREFERENCED_PARAMETER(AttributeRange);
  // The chip takes a new format only between streams; entering ACQUIRE reads the one that is set then.
  if (OldFormat != NULL && Pin->DeviceState != KSSTATE_STOP) return STATUS_INVALID_DEVICE_STATE;
  VCAP_FORMAT format;
  return VcapParseFormat(static_cast<PVCAP_DEVICE>(KsPinGetDevice(Pin)->Context), Pin->ConnectionFormat, &format);
}
