// File handles and overlapped I/O on top of the system calls.
#include <string>

#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace nt = p2p::nt;
using p2p::proxy::from_nt;
using p2p::proxy::set_last_nt_status;
using p2p::proxy::to_nt;

static_assert(sizeof(nt::IoStatusBlock) == 2 * sizeof(ULONG_PTR));
static_assert(offsetof(OVERLAPPED, Internal) == 0 && offsetof(OVERLAPPED, InternalHigh) == sizeof(ULONG_PTR));

namespace {

nt::IoStatusBlock* status_block(OVERLAPPED* overlapped) { return reinterpret_cast<nt::IoStatusBlock*>(overlapped); }

NTSTATUS status_of(const OVERLAPPED& overlapped) { return static_cast<NTSTATUS>(overlapped.Internal); }

bool is_error(NTSTATUS status) { return (static_cast<ULONG>(status) >> 30) == 3; }

/// Win32 names of devices ("\\?\…", "\\.\…") live under "\??\" in the kernel's namespace.
std::u16string nt_path(LPCWSTR name) {
  std::u16string path;
  for (; *name != 0; ++name) path.push_back(static_cast<char16_t>(*name));
  if (path.starts_with(u"\\\\?\\") || path.starts_with(u"\\\\.\\")) path.replace(0, 4, u"\\??\\");
  return path;
}

BOOL fail(NTSTATUS status) {
  set_last_nt_status(status);
  return FALSE;
}

}  // namespace

extern "C" {

HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD, LPSECURITY_ATTRIBUTES security, DWORD disposition,
                          DWORD flags, HANDLE pattern) {
  if (name == nullptr || security != nullptr || disposition != OPEN_EXISTING || pattern != nullptr) {
    fail(static_cast<NTSTATUS>(STATUS_INVALID_PARAMETER));
    return INVALID_HANDLE_VALUE;
  }
  nt::Handle file = 0;
  const bool synchronous = (flags & FILE_FLAG_OVERLAPPED) == 0;
  const nt::Status status =
      nt::create_file(&file, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, 0, nt_path(name), synchronous);
  if (status < 0) {
    fail(status);
    return INVALID_HANDLE_VALUE;
  }
  return from_nt(file);
}

WINBOOL WINAPI CloseHandle(HANDLE handle) {
  const nt::Status status = nt::close(to_nt(handle));
  return status < 0 ? fail(status) : TRUE;
}

WINBOOL WINAPI DeviceIoControl(HANDLE file, DWORD code, LPVOID input, DWORD input_bytes, LPVOID output,
                               DWORD output_bytes, LPDWORD returned, LPOVERLAPPED overlapped) {
  nt::IoStatusBlock local{};
  nt::IoStatusBlock* block = &local;
  nt::Handle event = 0;
  void* context = nullptr;
  if (overlapped != nullptr) {
    // The low bit of hEvent keeps the completion away from a completion port.
    const auto tagged = reinterpret_cast<ULONG_PTR>(overlapped->hEvent);
    event = tagged & ~static_cast<ULONG_PTR>(1);
    context = (tagged & 1) != 0 ? nullptr : overlapped;
    overlapped->Internal = static_cast<ULONG_PTR>(STATUS_PENDING);
    overlapped->InternalHigh = 0;
    block = status_block(overlapped);
  }
  nt::Status status =
      nt::device_io_control_file(to_nt(file), event, context, block, code, input, input_bytes, output, output_bytes);
  if (overlapped == nullptr && status == static_cast<NTSTATUS>(STATUS_PENDING)) {
    status = nt::wait_for_single_object(to_nt(file), false, nullptr);
    if (status >= 0) status = local.status;
  }
  // An error that never pended leaves the block unwritten (R-IRP-53).
  if (returned != nullptr) {
    const bool finished = status != static_cast<NTSTATUS>(STATUS_PENDING) && !is_error(status);
    *returned = finished ? static_cast<DWORD>(block->information) : 0;
  }
  if (status < 0 || status == static_cast<NTSTATUS>(STATUS_PENDING)) return fail(status);
  return TRUE;
}

WINBOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD bytes, WINBOOL wait) {
  if (status_of(*overlapped) == static_cast<NTSTATUS>(STATUS_PENDING)) {
    if (!wait) {
      set_last_nt_status(static_cast<NTSTATUS>(STATUS_PENDING));
      SetLastError(ERROR_IO_INCOMPLETE);
      return FALSE;
    }
    const auto tagged = reinterpret_cast<ULONG_PTR>(overlapped->hEvent) & ~static_cast<ULONG_PTR>(1);
    const nt::Status status = nt::wait_for_single_object(tagged != 0 ? tagged : to_nt(file), false, nullptr);
    if (status < 0) return fail(status);
  }
  *bytes = static_cast<DWORD>(overlapped->InternalHigh);
  const NTSTATUS status = status_of(*overlapped);
  return status < 0 ? fail(status) : TRUE;
}

WINBOOL WINAPI CancelIo(HANDLE file) {
  const nt::Status status = nt::cancel_io_file(to_nt(file), nullptr);
  return status < 0 ? fail(status) : TRUE;
}

WINBOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped) {
  const nt::Status status = nt::cancel_io_file(to_nt(file), overlapped == nullptr ? nullptr : status_block(overlapped));
  return status < 0 ? fail(status) : TRUE;
}

}  // extern "C"
