// KsPin: object, streaming and delivery. Queries and control are in ks_pin_queries.cpp.
#include "sw/proxy/ks_pin.h"

#include "sw/ntos/include/ntos/syscalls.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/interface_handler.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {

KsPin::KsPin(FilterConnection& filter, ULONG pin_id, KSPIN_DATAFLOW dataflow)
    : filter_(filter), pin_id_(pin_id), dataflow_(dataflow), idle_(CreateEventW(nullptr, FALSE, FALSE, nullptr)) {}

KsPin::~KsPin() {
  disconnect();
  if (idle_ != nullptr) CloseHandle(idle_);
}

HRESULT KsPin::QueryInterface(REFIID iid, void** object) {
  if (object == nullptr) return E_POINTER;
  *object = nullptr;
  if (iid == kIidUnknown || iid == kIidKsPin || iid == kIidKsPinEx) {
    *object = static_cast<IKsPinEx*>(this);
  } else if (iid == kIidKsObject) {
    *object = static_cast<IKsObject*>(this);
  } else if (iid == kIidKsControl) {
    *object = static_cast<IKsControl*>(this);
  } else if (iid == kIidQualityControl) {
    *object = static_cast<IQualityControl*>(this);
  } else if (iid == kIidMemAllocatorNotifyCallback) {
    *object = static_cast<IMemAllocatorNotifyCallbackTemp*>(this);
  } else if (iid == kIidKsInterfaceHandler && handler_unknown_) {
    return handler_unknown_->QueryInterface(iid, object);
  } else {
    return E_NOINTERFACE;
  }
  AddRef();
  return S_OK;
}

ULONG KsPin::Release() {
  const ULONG left = references_.release();
  if (left == 0) {
    references_.add();  // disconnecting uses the object once more
    delete this;
  }
  return left;
}

HRESULT KsPin::KsCreateSinkPinHandle(KSPIN_INTERFACE& pin_interface, KSPIN_MEDIUM& medium) {
  if (handle_ != nullptr) return VFW_E_ALREADY_CONNECTED;
  if (format_.size() < sizeof(KSDATAFORMAT)) return VFW_E_INVALIDMEDIATYPE;
  HRESULT hr = load_type_handler();
  if (FAILED(hr)) return hr;
  std::vector<std::uint8_t> request(sizeof(KSPIN_CONNECT));
  auto* connect = reinterpret_cast<KSPIN_CONNECT*>(request.data());
  connect->Interface = pin_interface;
  connect->Medium = medium;
  connect->PinId = pin_id_;
  connect->PinToHandle = nullptr;  // user mode is the other end
  connect->Priority.PriorityClass = KSPRIORITY_NORMAL;
  connect->Priority.PrioritySubClass = 1;
  request.insert(request.end(), format_.begin(), format_.end());
  HANDLE handle = nullptr;
  const ACCESS_MASK access = dataflow_ == KSPIN_DATAFLOW_OUT ? GENERIC_READ : GENERIC_WRITE;
  const DWORD error = KsCreatePin(filter_.handle(), reinterpret_cast<PKSPIN_CONNECT>(request.data()), access, &handle);
  if (error != ERROR_SUCCESS) return HRESULT_FROM_WIN32(error);
  handle_ = handle;
  interface_ = pin_interface;
  medium_ = medium;
  filter_.add_pin(this);

  hr = create_handler();
  if (FAILED(hr)) disconnect();
  return hr;
}

/// R-PXY-19: the handler hears the media type first, then says whether the pin's ranges have it.
HRESULT KsPin::load_type_handler() {
  loaded_type_handler_ = {};  // of an attempt that failed
  if (data_type_handler_) return S_OK;
  DataTypeHandler loaded;
  HRESULT hr = load_data_type_handler(static_cast<IKsPinEx*>(this), format_, &loaded);
  if (hr != S_OK) return hr;
  void* ranges = nullptr;
  hr = KsGetMultiplePinFactoryItems(filter_.handle(), pin_id_, KSPROPERTY_PIN_DATARANGES, &ranges);
  if (FAILED(hr)) return hr;
  hr = loaded.handler->KsIsMediaTypeInRanges(ranges);
  CoTaskMemFree(ranges);
  if (SUCCEEDED(hr)) loaded_type_handler_ = std::move(loaded);
  return hr;
}

HRESULT KsPin::create_handler() {
  // One handler ships with the proxy; others would be COM servers registered under the interface set's GUID.
  if (!(interface_.Set == kInterfaceSetStandard)) return E_NOINTERFACE;
  HRESULT hr = create_standard_interface_handler(static_cast<IKsPinEx*>(this), handler_unknown_.put());
  if (FAILED(hr)) return hr;
  hr = handler_unknown_->QueryInterface(kIidKsInterfaceHandler, reinterpret_cast<void**>(&handler_));
  if (FAILED(hr)) return hr;
  Release();  // the query counted this object, the outer of the aggregate
  return handler_->KsSetPin(this);
}

HRESULT KsPin::disconnect() {
  if (io_.running()) return VFW_E_NOT_STOPPED;
  if (handler_ != nullptr) handler_->KsSetPin(nullptr);
  handler_ = nullptr;
  handler_unknown_.reset();
  KsReceiveAllocator(nullptr);
  input_.reset();
  event_sink_.reset();
  quality_sink_ = nullptr;
  data_type_handler_.reset();
  loaded_type_handler_ = {};
  if (handle_ == nullptr) return S_OK;
  filter_.remove_pin(this);
  return CloseHandle(std::exchange(handle_, nullptr)) ? S_OK : last_error_hresult();
}

HRESULT KsPin::connect_input(IMemInputPin* input) {
  if (io_.running()) return VFW_E_NOT_STOPPED;
  input_ = ComPtr<IMemInputPin>(input);
  return S_OK;
}

HRESULT KsPin::activate() {
  if (handler_ == nullptr) return VFW_E_NOT_CONNECTED;
  if (idle_ == nullptr) return E_OUTOFMEMORY;
  return io_.start(
      "ksproxy I/O", [this] { submit_available_buffers(); }, static_cast<IKsPinEx*>(this));
}

bool KsPin::deactivate(std::int64_t timeout_100ns) { return io_.stop(timeout_100ns); }

void KsPin::start_reads() {
  halted_ = false;
  time_discontinuity_ = false;
  reading_ = true;
  io_.wake();
}

void KsPin::stop_reads() {
  reading_ = false;
  io_.synchronize();
}

void KsPin::submit_available_buffers() {
  while (reading_ && !halted_ && allocator_ && reads_left_ != 0) {
    IMediaSample* sample = nullptr;
    const HRESULT none = allocator_->GetBuffer(&sample, nullptr, nullptr, AM_GBF_NOWAIT);
    if (FAILED(none)) return;
    LONG count = 1;
    PKSSTREAM_SEGMENT segment = nullptr;
    const HRESULT hr = handler_->KsProcessMediaSamples(type_handler(), &sample, &count, KsIoOperation_Read, &segment);
    if (FAILED(hr)) {
      KsNotifyError(sample, hr);
      sample->Release();
      return;
    }
    io_.queue(segment);
    --reads_left_;
  }
}

HRESULT KsPin::KsDeliver(IMediaSample* sample, ULONG flags) {
  if (dataflow_ == KSPIN_DATAFLOW_IN) return E_FAIL;
  if (std::exchange(time_discontinuity_, (flags & KSSTREAM_HEADER_OPTIONSF_TIMEDISCONTINUITY) != 0)) {
    sample->SetDiscontinuity(TRUE);
  }
  HRESULT hr = S_OK;
  if ((flags & KSSTREAM_HEADER_OPTIONSF_TYPECHANGED) != 0) {
    // The buffer holds a data format: no input of ours can change type while streaming.
    hr = VFW_E_TYPE_NOT_ACCEPTED;
  } else if (!input_) {
    hr = VFW_E_NOT_CONNECTED;
  } else {
    hr = input_->Receive(sample);
  }
  if (FAILED(hr)) KsNotifyError(sample, hr);
  sample->Release();  // before the next buffer is asked for: it may be this one
  if (hr != S_OK) {
    halted_ = true;  // S_FALSE: the input pin takes no more
    return hr;
  }
  if ((flags & KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM) != 0) {
    ComPtr<IPin> pin;
    if (SUCCEEDED(input_->QueryInterface(kIidPin, pin.put_void()))) pin->EndOfStream();
  }
  submit_available_buffers();
  return S_OK;
}

HRESULT KsPin::KsMediaSamplesCompleted(PKSSTREAM_SEGMENT segment) {
  if (dataflow_ == KSPIN_DATAFLOW_IN) return NOERROR;
  return io_.remove(segment) ? NOERROR : E_INVALIDARG;
}

HRESULT KsPin::write(IMediaSample* sample) {
  if (dataflow_ != KSPIN_DATAFLOW_IN) return E_FAIL;
  if (!io_.running()) return VFW_E_WRONG_STATE;
  LONG count = 1;
  PKSSTREAM_SEGMENT segment = nullptr;
  const HRESULT hr = handler_->KsProcessMediaSamples(type_handler(), &sample, &count, KsIoOperation_Write, &segment);
  if (SUCCEEDED(hr)) io_.queue(segment);
  return hr;
}

LONG KsPin::KsIncrementPendingIoCount() { return ++pending_io_; }

LONG KsPin::KsDecrementPendingIoCount() {
  const LONG left = --pending_io_;
  if (left == 0) SetEvent(idle_);
  return left;
}

bool KsPin::wait_idle(std::int64_t timeout_100ns) {
  const std::int64_t deadline = nt::query_system_time() + timeout_100ns;
  // The event may tell of an earlier zero, so the count decides.
  while (pending_io_ != 0) {
    const std::int64_t left = deadline - nt::query_system_time();
    if (left <= 0) return false;
    wait_100ns(idle_, left);
  }
  return true;
}

HRESULT KsPin::cancel() { return CancelIoEx(handle_, nullptr) ? S_OK : last_error_hresult(); }

HRESULT KsPin::reset_state(KSRESET reset) {
  return KsSynchronousDeviceControl(handle_, IOCTL_KS_RESET_STATE, &reset, sizeof reset, nullptr, 0, nullptr);
}

HRESULT KsPin::flush(std::int64_t timeout_100ns) {
  const bool resume = reading_;
  stop_reads();
  HRESULT hr = reset_state(KSRESET_BEGIN);
  if (FAILED(hr)) return hr;
  const bool idle = wait_idle(timeout_100ns);
  hr = reset_state(KSRESET_END);
  if (!idle) return VFW_E_TIMEOUT;
  if (SUCCEEDED(hr) && resume) start_reads();
  return hr;
}

HRESULT KsPin::NotifyRelease() {
  if (reading_ && !halted_) io_.wake();
  return S_OK;
}

VOID KsPin::KsNotifyError(IMediaSample*, HRESULT hr) {
  halted_ = true;
  if (hr == HRESULT_FROM_WIN32(ERROR_OPERATION_ABORTED)) return;  // cancelled on purpose
  const ComPtr<IMediaEventSink> sink = event_sink_;
  if (sink) sink->Notify(EC_ERRORABORT, hr, 0);
}

}  // namespace p2p::proxy
