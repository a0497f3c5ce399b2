// A KS filter opened by its device interface: its pin factories and the pins created on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

class KsPin;

/// A KSMULTIPLE_ITEM list whose items are data ranges, each on an 8-byte boundary.
class DataRangeList {
 public:
  DataRangeList() = default;
  explicit DataRangeList(std::vector<std::uint8_t> list);
  std::size_t size() const { return offsets_.size(); }
  const KSDATARANGE& operator[](std::size_t index) const {
    return *reinterpret_cast<const KSDATARANGE*>(bytes_.data() + offsets_[index]);
  }
  /// False when a length in the list points outside it.
  bool well_formed() const { return well_formed_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> offsets_;
  bool well_formed_ = true;
};

/// Owns the filter's handle. Pins register themselves while they have a kernel handle, for KsPropagateAcquire.
class FilterConnection {
 public:
  FilterConnection() = default;
  ~FilterConnection() { close(); }
  FilterConnection(const FilterConnection&) = delete;
  FilterConnection& operator=(const FilterConnection&) = delete;

  /// `link`: a symbolic link of the device interface.
  HRESULT open(std::u16string_view link);
  HRESULT close();
  HANDLE handle() const { return handle_; }

  /// One KSPROPSETID_Pin property of fixed size. ERROR_INVALID_DATA when the filter returns another size.
  HRESULT pin_property(ULONG pin_id, ULONG property, void* value, ULONG bytes);
  template <class T>
  HRESULT pin_property(ULONG pin_id, ULONG property, T* value) {
    return pin_property(pin_id, property, value, sizeof *value);
  }
  /// The pin factory's data ranges (KSPROPERTY_PIN_DATARANGES). ERROR_INVALID_DATA for a list that lies about its size.
  HRESULT data_ranges(ULONG pin_id, DataRangeList* ranges);
  /// KSPROPERTY_PIN_DATAINTERSECTION with one range: the sizing call, then the fetch. `format` receives a KSDATAFORMAT
  /// of at least sizeof(KSDATAFORMAT) bytes.
  HRESULT intersect(ULONG pin_id, const std::vector<std::uint8_t>& range, std::vector<std::uint8_t>* format);

  void add_pin(KsPin* pin) { pins_.push_back(pin); }
  void remove_pin(KsPin* pin);
  /// Every connected pin of the filter that is in STOP goes to ACQUIRE, in order of creation (R-PXY-16).
  HRESULT propagate_acquire();

 private:
  HANDLE handle_ = nullptr;
  std::vector<KsPin*> pins_;
};

/// Opens the `index`th enabled interface of `category` with `access`; ERROR_NO_MORE_ITEMS past the last.
HRESULT open_category_device(REFGUID category, unsigned index, ACCESS_MASK access, HANDLE* device,
                             std::u16string* link);

}  // namespace p2p::proxy
