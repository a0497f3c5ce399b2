// KsPin: what can be asked of it and its kernel object, apart from streaming.
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/ks_pin.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {
namespace {
constexpr ULONG kAllFramesUsed = 1000;
}  // namespace

HRESULT KsPin::KsQueryMediums(PKSMULTIPLE_ITEM* mediums) {
  if (mediums == nullptr) return E_POINTER;
  return KsGetMultiplePinFactoryItems(filter_.handle(), pin_id_, KSPROPERTY_PIN_MEDIUMS,
                                      reinterpret_cast<void**>(mediums));
}

HRESULT KsPin::KsQueryInterfaces(PKSMULTIPLE_ITEM* interfaces) {
  if (interfaces == nullptr) return E_POINTER;
  return KsGetMultiplePinFactoryItems(filter_.handle(), pin_id_, KSPROPERTY_PIN_INTERFACES,
                                      reinterpret_cast<void**>(interfaces));
}

HRESULT KsPin::KsGetCurrentCommunication(KSPIN_COMMUNICATION* communication, KSPIN_INTERFACE* pin_interface,
                                         KSPIN_MEDIUM* medium) {
  if (handle_ == nullptr) return VFW_E_NOT_CONNECTED;
  // User mode issues the requests, so the kernel pin is their sink whichever way the data goes (R-KS-8).
  if (communication != nullptr) *communication = KSPIN_COMMUNICATION_SINK;
  if (pin_interface != nullptr) *pin_interface = interface_;
  if (medium != nullptr) *medium = medium_;
  return NOERROR;
}

HRESULT KsPin::KsPropagateAcquire() { return filter_.propagate_acquire(); }

IMemAllocator* KsPin::KsPeekAllocator(KSPEEKOPERATION operation) {
  if (operation == KsPeekOperation_AddRef && allocator_) allocator_->AddRef();
  return allocator_.get();
}

HRESULT KsPin::KsReceiveAllocator(IMemAllocator* allocator) {
  if (io_.running()) return VFW_E_NOT_STOPPED;
  ComPtr<IMemAllocatorCallbackTemp> callback;
  if (allocator_ && SUCCEEDED(allocator_->QueryInterface(kIidMemAllocatorCallback, callback.put_void()))) {
    callback->SetNotify(nullptr);
  }
  allocator_ = ComPtr<IMemAllocator>(allocator);
  if (allocator == nullptr) return NOERROR;
  // Without notification a buffer that the application returned would never go back to the device.
  HRESULT hr = allocator->QueryInterface(kIidMemAllocatorCallback, callback.put_void());
  if (SUCCEEDED(hr)) hr = callback->SetNotify(this);
  if (FAILED(hr)) allocator_.reset();
  return hr;
}

HRESULT KsPin::KsRenegotiateAllocator() { return E_NOTIMPL; }

HRESULT KsPin::KsQualityNotify(ULONG proportion, REFERENCE_TIME delta) {
  Quality quality{};
  quality.Type = proportion < kAllFramesUsed || delta > 0 ? Flood : Famine;
  quality.Proportion = static_cast<LONG>(proportion);
  quality.Late = delta;
  return Notify(nullptr, quality);
}

HRESULT KsPin::Notify(IBaseFilter* self, Quality quality) {
  if (handle_ == nullptr) return VFW_E_NOT_CONNECTED;
  if (quality_sink_ != nullptr) return quality_sink_->Notify(self, quality);
  if (dataflow_ == KSPIN_DATAFLOW_IN) return VFW_E_NO_SINK;
  KSPROPERTY property{};
  property.Set = kPropsetQuality;
  property.Id = KSPROPERTY_QUALITY_REPORT;
  property.Flags = KSPROPERTY_TYPE_SET;
  KSQUALITY report{};
  report.Proportion = static_cast<ULONG>(quality.Proportion);
  report.DeltaTime = quality.Late;
  ULONG returned = 0;
  return KsProperty(&property, sizeof property, &report, sizeof report, &returned);
}

HRESULT KsPin::SetSink(IQualityControl* sink) {
  quality_sink_ = sink;
  return S_OK;
}

HRESULT KsPin::KsProperty(PKSPROPERTY property, ULONG property_bytes, LPVOID data, ULONG data_bytes, ULONG* returned) {
  if (handle_ == nullptr) return VFW_E_NOT_CONNECTED;
  return KsSynchronousDeviceControl(handle_, IOCTL_KS_PROPERTY, property, property_bytes, data, data_bytes, returned);
}

HRESULT KsPin::KsMethod(PKSMETHOD method, ULONG method_bytes, LPVOID data, ULONG data_bytes, ULONG* returned) {
  if (handle_ == nullptr) return VFW_E_NOT_CONNECTED;
  return KsSynchronousDeviceControl(handle_, IOCTL_KS_METHOD, method, method_bytes, data, data_bytes, returned);
}

HRESULT KsPin::KsEvent(PKSEVENT event, ULONG event_bytes, LPVOID data, ULONG data_bytes, ULONG* returned) {
  if (handle_ == nullptr) return VFW_E_NOT_CONNECTED;
  // Without an event the request is to disable one.
  const ULONG code = event == nullptr ? IOCTL_KS_DISABLE_EVENT : IOCTL_KS_ENABLE_EVENT;
  if (event == nullptr) {
    return KsSynchronousDeviceControl(handle_, code, data, data_bytes, nullptr, 0, returned);
  }
  return KsSynchronousDeviceControl(handle_, code, event, event_bytes, data, data_bytes, returned);
}

void KsPin::set_data_type_handler(IKsDataTypeHandler* handler) {
  data_type_handler_ = ComPtr<IKsDataTypeHandler>(handler);
}

void KsPin::set_event_sink(IMediaEventSink* sink) { event_sink_ = ComPtr<IMediaEventSink>(sink); }

HRESULT KsPin::get_state(KSSTATE* state) {
  KSPROPERTY property{};
  property.Set = kPropsetConnection;
  property.Id = KSPROPERTY_CONNECTION_STATE;
  property.Flags = KSPROPERTY_TYPE_GET;
  ULONG returned = 0;
  return KsProperty(&property, sizeof property, state, sizeof *state, &returned);
}

HRESULT KsPin::set_state(KSSTATE state) {
  KSPROPERTY property{};
  property.Set = kPropsetConnection;
  property.Id = KSPROPERTY_CONNECTION_STATE;
  property.Flags = KSPROPERTY_TYPE_SET;
  ULONG returned = 0;
  return KsProperty(&property, sizeof property, &state, sizeof state, &returned);
}

}  // namespace p2p::proxy
