// Addresses of applications, and where the kernel must not be given one. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstddef>

namespace p2p::nt {

/// Is it inside memory that an application has allocated?
bool is_user_address(const void* address);
/// Verifier: 0xC4/0xE0 if a driver gave `address` of `bytes` to an exported routine and it is an application's.
void check_kernel_address(const void* address, std::size_t bytes, const char* routine);
/// The same for both the structure and its text; null is nothing.
void check_kernel_string(PCUNICODE_STRING string, const char* routine);
/// Verifier, for Zw routines: 0xC4/0xE3 for an application's address; `caller` is the address of the call.
void check_zw_address(const void* address, const void* caller, const char* routine);
/// Verifier, for Zw routines: 0xC4/0xE4 for a UNICODE_STRING that is none, 0xC4/0xE3 for one of an application. Null is
/// nothing.
void check_zw_string(PCUNICODE_STRING string, const void* caller, const char* routine);

}  // namespace p2p::nt
