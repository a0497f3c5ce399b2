// What the proxy's kernel32 offers beyond the functions that windows.h declares. Those implemented here are:
// CreateFileW, CloseHandle, DeviceIoControl, GetOverlappedResult, CancelIo, CancelIoEx, CreateEventW, SetEvent,
// ResetEvent, WaitForSingleObject, WaitForMultipleObjects, GetLastError, SetLastError, CoTaskMemAlloc, CoTaskMemFree.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "sw/proxy/windows_headers.h"
#include "sw/ntos/include/ntos/syscalls.h"

namespace p2p::proxy {

inline nt::Handle to_nt(HANDLE handle) { return reinterpret_cast<nt::Handle>(handle); }
// A Windows handle is a number in the clothes of a pointer.
inline HANDLE from_nt(nt::Handle handle) {
  return reinterpret_cast<HANDLE>(handle);  // NOLINT(performance-no-int-to-ptr)
}

/// Starts a simulated thread; nullptr on failure (GetLastError). The caller closes the handle.
HANDLE start_thread(std::string_view name, std::function<void()> body);

/// Waits for `handle` at most `timeout_100ns` (negative: for ever). WAIT_OBJECT_0, WAIT_TIMEOUT or WAIT_FAILED.
DWORD wait_100ns(HANDLE handle, std::int64_t timeout_100ns);

}  // namespace p2p::proxy
