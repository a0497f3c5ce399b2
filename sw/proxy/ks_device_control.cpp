// The flat functions of ksproxy.ax and ksuser.dll that ksproxy.h and ks.h declare (R-SIO-21, R-PXY-17).
#include <cstring>
#include <vector>

#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace nt = p2p::nt;
using p2p::proxy::last_error_hresult;

extern "C" {

HRESULT WINAPI KsSynchronousDeviceControl(HANDLE handle, ULONG code, PVOID input, ULONG input_bytes, PVOID output,
                                          ULONG output_bytes, PULONG returned) {
  OVERLAPPED overlapped{};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (overlapped.hEvent == nullptr) return last_error_hresult();
  DWORD bytes = 0;
  BOOL done = DeviceIoControl(handle, code, input, input_bytes, output, output_bytes, &bytes, &overlapped);
  if (!done && GetLastError() == ERROR_IO_PENDING) done = GetOverlappedResult(handle, &overlapped, &bytes, TRUE);
  const NTSTATUS status = done ? 0 : p2p::proxy::last_nt_status();
  const HRESULT hr = done ? NOERROR : last_error_hresult();
  CloseHandle(overlapped.hEvent);
  if (!done) p2p::proxy::set_last_nt_status(status);  // the close was a system call of its own
  if (returned != nullptr) *returned = bytes;
  return hr;
}

HRESULT WINAPI KsOpenDefaultDevice(REFGUID category, ACCESS_MASK access, PHANDLE device) {
  if (device == nullptr) return E_POINTER;
  *device = nullptr;
  return p2p::proxy::open_category_device(category, 0, access, device, nullptr);
}

HRESULT WINAPI KsGetMultiplePinFactoryItems(HANDLE filter, ULONG pin_id, ULONG property, PVOID* items) {
  if (items == nullptr) return E_POINTER;
  *items = nullptr;
  KSP_PIN request{};
  request.Property.Set = p2p::proxy::kPropsetPin;
  request.Property.Id = property;
  request.Property.Flags = KSPROPERTY_TYPE_GET;
  request.PinId = pin_id;
  ULONG bytes = 0;
  HRESULT hr = KsSynchronousDeviceControl(filter, IOCTL_KS_PROPERTY, &request, sizeof request, nullptr, 0, &bytes);
  if (SUCCEEDED(hr)) return HRESULT_FROM_WIN32(ERROR_INVALID_DATA);
  if (hr != HRESULT_FROM_WIN32(ERROR_MORE_DATA)) return hr;
  if (bytes < sizeof(KSMULTIPLE_ITEM)) return HRESULT_FROM_WIN32(ERROR_INVALID_DATA);
  void* list = CoTaskMemAlloc(bytes);
  if (list == nullptr) return E_OUTOFMEMORY;
  ULONG returned = 0;
  hr = KsSynchronousDeviceControl(filter, IOCTL_KS_PROPERTY, &request, sizeof request, list, bytes, &returned);
  if (SUCCEEDED(hr)) {
    KSMULTIPLE_ITEM head{};
    std::memcpy(&head, list, sizeof head);
    if (returned < sizeof head || head.Size < sizeof head || head.Size > returned) {
      hr = HRESULT_FROM_WIN32(ERROR_INVALID_DATA);
    }
  }
  if (FAILED(hr)) {
    CoTaskMemFree(list);
    return hr;
  }
  *items = list;
  return hr;
}

/// Opens "{146F1A80-…}\" + KSPIN_CONNECT + data format relative to the filter. Returns a Win32 error.
DWORD WINAPI KsCreatePin(HANDLE filter, PKSPIN_CONNECT connect, ACCESS_MASK access, PHANDLE pin) {
  if (connect == nullptr || pin == nullptr) return ERROR_INVALID_PARAMETER;
  *pin = INVALID_HANDLE_VALUE;
  const auto* format = reinterpret_cast<const KSDATAFORMAT*>(connect + 1);
  if (format->FormatSize < sizeof *format) return ERROR_INVALID_PARAMETER;
  std::size_t bytes = sizeof *connect + format->FormatSize;
  const auto* first = reinterpret_cast<const std::uint8_t*>(connect);
  std::vector<std::uint8_t> parameters(first, first + bytes);
  // Formats with attributes are followed by their list, on the next 8-byte boundary.
  if ((format->Flags & KSDATAFORMAT_ATTRIBUTES) != 0) {
    const std::size_t offset = sizeof *connect + ((format->FormatSize + std::size_t{7}) & ~std::size_t{7});
    KSMULTIPLE_ITEM attributes{};
    std::memcpy(&attributes, first + offset, sizeof attributes);
    bytes = offset + attributes.Size;
    parameters.assign(first, first + bytes);
  }
  std::u16string name;
  for (const WCHAR* c = KSSTRING_Pin; *c != 0; ++c) name.push_back(static_cast<char16_t>(*c));
  name.push_back(u'\\');
  const std::size_t prefix = name.size();
  name.resize(prefix + (parameters.size() + 1) / 2);
  std::memcpy(name.data() + prefix, parameters.data(), parameters.size());

  nt::Handle handle = 0;
  const nt::Status status = nt::create_file(&handle, access, p2p::proxy::to_nt(filter), name, false);
  if (status < 0) return p2p::proxy::set_last_nt_status(status);
  *pin = p2p::proxy::from_nt(handle);
  return ERROR_SUCCESS;
}

}  // extern "C"
