// What a create of a pin asks for (R-CRE-2, R-CRE-3). Needs sw/ks/ddk.h before it.
#pragma once

#include <vector>

#include "sw/ks/data_ranges.h"

namespace p2p::ks {

/// KSPIN_CONNECT and the whole KSDATAFORMAT behind it, attributes included, out of the file's name. Errors:
/// STATUS_OBJECT_NAME_INVALID (the name holds no such thing), STATUS_INVALID_BUFFER_SIZE (a format that is not all
/// there), those of memory.
NTSTATUS parse_connect(const UNICODE_STRING& name, std::vector<UCHAR>* connect_and_format);
/// The format in there, with its attributes. STATUS_INVALID_BUFFER_SIZE only where parse_connect() said so.
NTSTATUS parse_connect_format(const std::vector<UCHAR>& connect_and_format, ClientFormat* format);
/// Are communication, interface and medium what the pin offers? Errors: STATUS_INVALID_DEVICE_REQUEST, STATUS_NO_MATCH.
NTSTATUS check_connect(const KSPIN_CONNECT& connect, const KSPIN_DESCRIPTOR& pin);

}  // namespace p2p::ks
