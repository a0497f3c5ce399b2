// NTSTATUS, Win32 error and HRESULT: from one to the next, and their names for people.
#pragma once

#include <cstdint>
#include <string>

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// As RtlNtStatusToDosError for the statuses the streaming stack returns; ERROR_MR_MID_NOT_FOUND for any other.
DWORD error_from_nt_status(NTSTATUS status);

/// "STATUS_NO_MATCH (0xC0000272)"; unknown values as the number alone.
std::string nt_status_text(NTSTATUS status);
/// "VFW_E_TIMEOUT (0x8004022E)", "ERROR_NO_MATCH (0x80070491)".
std::string hresult_text(HRESULT hr);

/// The NTSTATUS behind the last failed Win32 call. Meaningful until the next system call of any thread, as GetLastError
/// here is: the simulated machine switches threads only inside system calls.
NTSTATUS last_nt_status();
/// Records `status` and its Win32 error, returns that error.
DWORD set_last_nt_status(NTSTATUS status);

/// HRESULT of the last failed Win32 call; E_FAIL if it left no error.
HRESULT last_error_hresult();

}  // namespace p2p::proxy
