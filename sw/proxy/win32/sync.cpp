// Events, waits and threads on top of the system calls.
#include <array>

#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace nt = p2p::nt;
using p2p::proxy::from_nt;
using p2p::proxy::set_last_nt_status;
using p2p::proxy::to_nt;

namespace {

constexpr std::int64_t kTicksPerMillisecond = 10'000;

DWORD wait_result(nt::Status status) {
  if (status < 0) {
    set_last_nt_status(status);
    return WAIT_FAILED;
  }
  return static_cast<DWORD>(status);  // STATUS_WAIT_0 + index and STATUS_TIMEOUT have the Win32 values
}

}  // namespace

extern "C" {

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES security, WINBOOL manual_reset, WINBOOL initial, LPCWSTR name) {
  if (security != nullptr || name != nullptr) {
    set_last_nt_status(STATUS_NOT_SUPPORTED);
    return nullptr;
  }
  nt::Handle event = 0;
  const nt::Status status = nt::create_event(&event, manual_reset != FALSE, initial != FALSE);
  if (status < 0) {
    set_last_nt_status(status);
    return nullptr;
  }
  return from_nt(event);
}

WINBOOL WINAPI SetEvent(HANDLE event) {
  const nt::Status status = nt::set_event(to_nt(event));
  if (status < 0) set_last_nt_status(status);
  return status >= 0;
}

WINBOOL WINAPI ResetEvent(HANDLE event) {
  const nt::Status status = nt::reset_event(to_nt(event));
  if (status < 0) set_last_nt_status(status);
  return status >= 0;
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds) {
  return p2p::proxy::wait_100ns(handle, milliseconds == INFINITE ? -1 : milliseconds * kTicksPerMillisecond);
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE* handles, WINBOOL all, DWORD milliseconds) {
  if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) {
    set_last_nt_status(static_cast<NTSTATUS>(STATUS_INVALID_PARAMETER));
    return WAIT_FAILED;
  }
  std::array<nt::Handle, MAXIMUM_WAIT_OBJECTS> objects{};
  for (DWORD i = 0; i < count; ++i) objects[i] = to_nt(handles[i]);
  const std::int64_t interval = -(milliseconds * kTicksPerMillisecond);
  return wait_result(nt::wait_for_multiple_objects(objects.data(), count, all != FALSE, false,
                                                   milliseconds == INFINITE ? nullptr : &interval));
}

}  // extern "C"

namespace p2p::proxy {

HANDLE start_thread(std::string_view name, std::function<void()> body) {
  nt::Handle thread = 0;
  const nt::Status status = nt::create_thread(&thread, name, std::move(body));
  if (status < 0) {
    set_last_nt_status(status);
    return nullptr;
  }
  return from_nt(thread);
}

DWORD wait_100ns(HANDLE handle, std::int64_t timeout_100ns) {
  const std::int64_t interval = -timeout_100ns;
  return wait_result(nt::wait_for_single_object(to_nt(handle), false, timeout_100ns < 0 ? nullptr : &interval));
}

}  // namespace p2p::proxy
