// What ks.h of Windows 8.1 and later has for cameras and mingw-w64's has not. Values and layouts are those of the
// documentation and of Microsoft's own public bindings (windows-rs).
#ifndef P2P_KS_EXTRAS_H
#define P2P_KS_EXTRAS_H

#ifndef KSFILTER_FLAG_PRIORITIZE_REFERENCEGUID
#define KSFILTER_FLAG_PRIORITIZE_REFERENCEGUID 0x00000010
#endif
#ifndef KSSTREAM_HEADER_OPTIONSF_METADATA
#define KSSTREAM_HEADER_OPTIONSF_METADATA 0x00001000
#define KSSTREAM_HEADER_OPTIONSF_ENDOFPHOTOSEQUENCE 0x00002000
#define KSSTREAM_HEADER_OPTIONSF_FRAMEINFO 0x00004000

// Follows the KS_FRAME_INFO of a stream header that says KSSTREAM_HEADER_OPTIONSF_METADATA.
typedef struct {
  ULONG BufferSize;
  ULONG UsedSize;
  PVOID Data;
  PVOID SystemVa;
  ULONG Flags;
  ULONG Reserved;
} KSSTREAM_METADATA_INFO, *PKSSTREAM_METADATA_INFO;

typedef struct {
  ULONG PresentationTimeStamp;
  ULONG SourceClockReference;
  union {
    struct {
      USHORT Counter : 11;
      USHORT Reserved : 5;
    } DUMMYSTRUCTNAME;
    USHORT SCRToken;
  } DUMMYUNIONNAME;
  USHORT Reserved0;
  ULONG Reserved1;
} KSSTREAM_UVC_METADATATYPE_TIMESTAMP, *PKSSTREAM_UVC_METADATATYPE_TIMESTAMP;

typedef struct {
  KSSTREAM_UVC_METADATATYPE_TIMESTAMP StartOfFrameTimestamp;
  KSSTREAM_UVC_METADATATYPE_TIMESTAMP EndOfFrameTimestamp;
} KSSTREAM_UVC_METADATA, *PKSSTREAM_UVC_METADATA;
#endif

#endif
