#include "sw/proxy/filter_connection.h"

#include <algorithm>
#include <cstring>

#include "sw/proxy/guids.h"
#include "sw/proxy/ks_pin.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {
namespace {

constexpr HRESULT kInvalidData = static_cast<HRESULT>(ERROR_INVALID_DATA | 0x80070000u);
constexpr HRESULT kMoreData = static_cast<HRESULT>(ERROR_MORE_DATA | 0x80070000u);
/// No list of ranges or format is longer; a filter that says so is wrong.
constexpr ULONG kSaneBytes = 1u << 20;

KSP_PIN pin_request(ULONG pin_id, ULONG property) {
  KSP_PIN request{};
  request.Property.Set = kPropsetPin;
  request.Property.Id = property;
  request.Property.Flags = KSPROPERTY_TYPE_GET;
  request.PinId = pin_id;
  return request;
}

HANDLE open_link(std::u16string_view link, ACCESS_MASK access) {
  std::vector<WCHAR> name(link.begin(), link.end());
  name.push_back(0);
  return CreateFileW(name.data(), access, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
}

}  // namespace

DataRangeList::DataRangeList(std::vector<std::uint8_t> list) : bytes_(std::move(list)) {
  KSMULTIPLE_ITEM head{};
  well_formed_ = bytes_.size() >= sizeof head;
  if (!well_formed_) return;
  std::memcpy(&head, bytes_.data(), sizeof head);
  std::size_t offset = sizeof head;
  for (ULONG i = 0; i < head.Count; ++i) {
    KSDATARANGE range{};
    well_formed_ = offset <= bytes_.size() && bytes_.size() - offset >= sizeof range;
    if (!well_formed_) return;
    std::memcpy(&range, bytes_.data() + offset, sizeof range);
    well_formed_ = range.FormatSize >= sizeof range && range.FormatSize <= bytes_.size() - offset;
    if (!well_formed_) return;
    offsets_.push_back(offset);
    offset += (range.FormatSize + std::size_t{7}) & ~std::size_t{7};
  }
}

HRESULT FilterConnection::open(std::u16string_view link) {
  if (handle_ != nullptr) return E_UNEXPECTED;
  const HANDLE handle = open_link(link, GENERIC_READ | GENERIC_WRITE);
  if (handle == INVALID_HANDLE_VALUE) return last_error_hresult();
  handle_ = handle;
  return S_OK;
}

HRESULT FilterConnection::close() {
  if (handle_ == nullptr) return S_OK;
  return CloseHandle(std::exchange(handle_, nullptr)) ? S_OK : last_error_hresult();
}

HRESULT FilterConnection::pin_property(ULONG pin_id, ULONG property, void* value, ULONG bytes) {
  KSP_PIN request = pin_request(pin_id, property);
  ULONG returned = 0;
  const HRESULT hr =
      KsSynchronousDeviceControl(handle_, IOCTL_KS_PROPERTY, &request, sizeof request, value, bytes, &returned);
  if (FAILED(hr)) return hr;
  return returned == bytes ? S_OK : kInvalidData;
}

HRESULT FilterConnection::data_ranges(ULONG pin_id, DataRangeList* ranges) {
  void* items = nullptr;
  const HRESULT hr = KsGetMultiplePinFactoryItems(handle_, pin_id, KSPROPERTY_PIN_DATARANGES, &items);
  if (FAILED(hr)) return hr;
  // KsGetMultiplePinFactoryItems has checked that the block is as long as its head says.
  KSMULTIPLE_ITEM head{};
  std::memcpy(&head, items, sizeof head);
  const auto* first = static_cast<const std::uint8_t*>(items);
  *ranges = DataRangeList(std::vector<std::uint8_t>(first, first + head.Size));
  CoTaskMemFree(items);
  return ranges->well_formed() ? S_OK : kInvalidData;
}

HRESULT FilterConnection::intersect(ULONG pin_id, const std::vector<std::uint8_t>& range,
                                    std::vector<std::uint8_t>* format) {
  const KSP_PIN request = pin_request(pin_id, KSPROPERTY_PIN_DATAINTERSECTION);
  const KSMULTIPLE_ITEM head{static_cast<ULONG>(sizeof head + range.size()), 1};
  std::vector<std::uint8_t> input(sizeof request + sizeof head + range.size());
  std::memcpy(input.data(), &request, sizeof request);
  std::memcpy(input.data() + sizeof request, &head, sizeof head);
  std::memcpy(input.data() + sizeof request + sizeof head, range.data(), range.size());
  const auto input_bytes = static_cast<ULONG>(input.size());

  ULONG bytes = 0;
  HRESULT hr = KsSynchronousDeviceControl(handle_, IOCTL_KS_PROPERTY, input.data(), input_bytes, nullptr, 0, &bytes);
  if (hr != kMoreData) return SUCCEEDED(hr) ? kInvalidData : hr;
  if (bytes < sizeof(KSDATAFORMAT) || bytes > kSaneBytes) return kInvalidData;
  format->assign(bytes, 0);
  ULONG returned = 0;
  hr = KsSynchronousDeviceControl(handle_, IOCTL_KS_PROPERTY, input.data(), input_bytes, format->data(), bytes,
                                  &returned);
  if (FAILED(hr)) return hr;
  KSDATAFORMAT result{};
  std::memcpy(&result, format->data(), sizeof result);
  if (returned < sizeof result || returned > bytes || result.FormatSize > returned) return kInvalidData;
  format->resize(result.FormatSize);
  return result.FormatSize >= sizeof result ? S_OK : kInvalidData;
}

void FilterConnection::remove_pin(KsPin* pin) { std::erase(pins_, pin); }

HRESULT FilterConnection::propagate_acquire() {
  for (KsPin* pin : pins_) {
    KSSTATE state = KSSTATE_STOP;
    HRESULT hr = pin->get_state(&state);
    if (FAILED(hr)) return hr;
    if (state != KSSTATE_STOP) continue;
    hr = pin->set_state(KSSTATE_ACQUIRE);
    if (FAILED(hr)) return hr;
  }
  return S_OK;
}

HRESULT open_category_device(REFGUID category, unsigned index, ACCESS_MASK access, HANDLE* device,
                             std::u16string* link) {
  const std::vector<std::u16string> links = nt::enumerate_device_interfaces(&category);
  if (index >= links.size()) return HRESULT_FROM_WIN32(ERROR_NO_MORE_ITEMS);
  if (link != nullptr) *link = links[index];
  const HANDLE handle = open_link(links[index], access);
  if (handle == INVALID_HANDLE_VALUE) return last_error_hresult();
  *device = handle;
  return S_OK;
}

}  // namespace p2p::proxy
