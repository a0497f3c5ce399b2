// What a create of a pin asks for (R-CRE-2, R-CRE-3). Needs sw/ks/ddk.h before it.
#pragma once

#include <vector>

namespace p2p::ks {

/// KSPIN_CONNECT and the whole KSDATAFORMAT behind it, out of the file's name. Errors: STATUS_OBJECT_NAME_INVALID (the
/// name holds no such thing), STATUS_INVALID_BUFFER_SIZE (a format that is not all there), those of memory.
NTSTATUS parse_connect(const UNICODE_STRING& name, std::vector<UCHAR>* connect_and_format);
/// Are communication, interface and medium what the pin offers? Errors: STATUS_INVALID_DEVICE_REQUEST, STATUS_NO_MATCH.
NTSTATUS check_connect(const KSPIN_CONNECT& connect, const KSPIN_DESCRIPTOR& pin);

}  // namespace p2p::ks
