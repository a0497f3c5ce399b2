// GUIDs as constants, so that no object file has to define what two layers of one process would both export.
#pragma once

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

inline constexpr GUID kIidUnknown = {0x00000000, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
inline constexpr GUID kIidMediaSample = {0x56a8689a, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidMemAllocator = {0x56a8689c, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidMemInputPin = {0x56a8689d, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidPin = {0x56a86891, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidMediaEventSink = {0x56a868a2, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidQualityControl = {0x56a868a5, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};
inline constexpr GUID kIidMemAllocatorCallback = {
    0x379a0cf0, 0xc1de, 0x11d2, {0xab, 0xf5, 0, 0xa0, 0xc9, 0x05, 0xf3, 0x75}};
inline constexpr GUID kIidMemAllocatorNotifyCallback = {
    0x92980b30, 0xc1de, 0x11d2, {0xab, 0xf5, 0, 0xa0, 0xc9, 0x05, 0xf3, 0x75}};
inline constexpr GUID kIidKsObject = {STATIC_IID_IKsObject};
inline constexpr GUID kIidKsPin = {STATIC_IID_IKsPin};
inline constexpr GUID kIidKsPinEx = {STATIC_IID_IKsPinEx};
inline constexpr GUID kIidKsControl = {STATIC_IID_IKsControl};
inline constexpr GUID kIidKsInterfaceHandler = {STATIC_IID_IKsInterfaceHandler};
inline constexpr GUID kIidKsAllocator = {STATIC_IID_IKsAllocator};
inline constexpr GUID kIidKsDataTypeHandler = {STATIC_IID_IKsDataTypeHandler};

inline constexpr GUID kCategoryCapture = {STATIC_KSCATEGORY_CAPTURE};
inline constexpr GUID kCategoryVideo = {STATIC_KSCATEGORY_VIDEO};
inline constexpr GUID kCategoryAudio = {STATIC_KSCATEGORY_AUDIO};
inline constexpr GUID kCategoryDataTransform = {STATIC_KSCATEGORY_DATATRANSFORM};
inline constexpr GUID kCategoryRender = {STATIC_KSCATEGORY_RENDER};
inline constexpr GUID kPinnameVideoCapture = {STATIC_PINNAME_VIDEO_CAPTURE};
inline constexpr GUID kInterfaceSetStandard = {STATIC_KSINTERFACESETID_Standard};
inline constexpr GUID kMediumSetStandard = {STATIC_KSMEDIUMSETID_Standard};
inline constexpr GUID kPropsetPin = {STATIC_KSPROPSETID_Pin};
inline constexpr GUID kPropsetConnection = {STATIC_KSPROPSETID_Connection};
inline constexpr GUID kPropsetQuality = {STATIC_KSPROPSETID_Quality};
inline constexpr GUID kPropsetDroppedFrames = {STATIC_PROPSETID_VIDCAP_DROPPEDFRAMES};

inline constexpr GUID kTypeAudio = {STATIC_KSDATAFORMAT_TYPE_AUDIO};
inline constexpr GUID kSubtypePcm = {0x00000001, 0x0000, 0x0010, {0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}};
inline constexpr GUID kSpecifierWaveFormat = {STATIC_KSDATAFORMAT_SPECIFIER_WAVEFORMATEX};
inline constexpr GUID kTypeVideo = {STATIC_KSDATAFORMAT_TYPE_VIDEO};
inline constexpr GUID kSpecifierVideoInfo = {STATIC_KSDATAFORMAT_SPECIFIER_VIDEOINFO};
inline constexpr GUID kSubtypeYuy2 = {0x32595559, 0x0000, 0x0010, {0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}};

}  // namespace p2p::proxy
