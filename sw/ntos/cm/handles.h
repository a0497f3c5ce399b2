// Keys behind handles. Needs sw/ntos/ddk.h before it.
#pragma once

#include <string_view>

#include "sw/ntos/cm/registry.h"

namespace p2p::cm {

NTSTATUS open_handle(KeyPointer key, ACCESS_MASK access, PHANDLE handle);
/// STATUS_INVALID_HANDLE if it names no key, STATUS_KEY_DELETED if the key is gone.
NTSTATUS key_of(HANDLE handle, KeyPointer* key);
/// Empty for a null pointer.
std::u16string_view view(PCUNICODE_STRING string);

}  // namespace p2p::cm
