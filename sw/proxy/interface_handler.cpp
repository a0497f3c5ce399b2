#include "sw/proxy/interface_handler.h"

#include <cstddef>
#include <memory>

#include "sim/trace_sink.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/stream_header.h"
#include "sw/proxy/win32/status.h"

namespace p2p::proxy {
namespace {

static_assert(offsetof(StreamSegment, segment) == 0);

/// Flags that make a sample worth delivering although it carries no data (R-PXY-22).
constexpr ULONG kEventFlags = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM | KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY |
                              KSSTREAM_HEADER_OPTIONSF_TIMEDISCONTINUITY | KSSTREAM_HEADER_OPTIONSF_TYPECHANGED;

class StandardInterfaceHandler final : public IKsInterfaceHandler {
 public:
  explicit StandardInterfaceHandler(IUnknown* outer)
      : inner_(*this), outer_(outer != nullptr ? outer : static_cast<IUnknown*>(&inner_)) {}

  IUnknown* inner() { return &inner_; }

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override {
    return outer_->QueryInterface(iid, object);
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return outer_->AddRef(); }
  ULONG STDMETHODCALLTYPE Release() override { return outer_->Release(); }

  HRESULT STDMETHODCALLTYPE KsSetPin(IKsPin* pin) override;
  HRESULT STDMETHODCALLTYPE KsProcessMediaSamples(IKsDataTypeHandler* data_type_handler, IMediaSample** samples,
                                                  PLONG count, KSIOOPERATION operation,
                                                  PKSSTREAM_SEGMENT* segment) override;
  HRESULT STDMETHODCALLTYPE KsCompleteIo(PKSSTREAM_SEGMENT segment) override;

 private:
  struct Delivery {
    IMediaSample* sample;
    ULONG flags;
    bool deliver;
  };

  /// The non-delegating IUnknown of an aggregated object.
  class Inner final : public IUnknown {
   public:
    explicit Inner(StandardInterfaceHandler& owner) : owner_(owner) {}
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override {
      if (object == nullptr) return E_POINTER;
      *object = nullptr;
      if (iid == kIidUnknown) {
        *object = static_cast<IUnknown*>(this);
      } else if (iid == kIidKsInterfaceHandler) {
        *object = static_cast<IKsInterfaceHandler*>(&owner_);
      } else {
        return E_NOINTERFACE;
      }
      static_cast<IUnknown*>(*object)->AddRef();
      return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
    ULONG STDMETHODCALLTYPE Release() override {
      const ULONG left = references_.release();
      if (left == 0) delete &owner_;
      return left;
    }

   private:
    StandardInterfaceHandler& owner_;
    RefCount references_;
  };

  HRESULT prepare(StreamSegment& io, KSIOOPERATION operation);
  void submit(StreamSegment& io);
  Delivery finish_read(StreamSegment& io, std::size_t index, bool used, HRESULT* hr);
  void notify_error(IMediaSample* sample, HRESULT hr);

  Inner inner_;
  IUnknown* outer_;          // not counted: aggregation
  IKsPin* pin_ = nullptr;    // not counted: the pin owns this handler (R-PXY-1)
  HANDLE object_ = nullptr;  // the pin's kernel object
  unsigned next_segment_ = 0;
};

HRESULT StandardInterfaceHandler::KsSetPin(IKsPin* pin) {
  if (pin == nullptr) {
    pin_ = nullptr;
    object_ = nullptr;
    return S_OK;
  }
  ComPtr<IKsObject> object;
  const HRESULT hr = pin->QueryInterface(kIidKsObject, object.put_void());
  if (FAILED(hr)) return hr;
  const HANDLE handle = object->KsGetObjectHandle();
  if (handle == nullptr) return VFW_E_NOT_CONNECTED;
  pin_ = pin;
  object_ = handle;
  return S_OK;
}

HRESULT StandardInterfaceHandler::prepare(StreamSegment& io, KSIOOPERATION operation) {
  IKsDataTypeHandler* handler = io.segment.KsDataTypeHandler;
  for (std::size_t i = 0; i < io.samples.size(); ++i) {
    HRESULT hr = prepare_header(io.samples[i], operation, io.header_bytes, io.header(i));
    if (SUCCEEDED(hr) && handler != nullptr) hr = handler->KsPrepareIoOperation(io.samples[i], io.header(i), operation);
    if (FAILED(hr)) {
      // What was prepared is told that nothing came of it.
      for (std::size_t done = 0; done < i && handler != nullptr; ++done) {
        handler->KsCompleteIoOperation(io.samples[done], io.header(done), operation, TRUE);
      }
      return hr;
    }
  }
  return S_OK;
}

void StandardInterfaceHandler::submit(StreamSegment& io) {
  const bool read = io.segment.IoOperation == KsIoOperation_Read;
  trace_sink().event("proxy", "segment.submit", {{"segment", io.id}, {"samples", io.samples.size()}});
  // The list of headers is the output buffer in both directions.
  const DWORD bytes = static_cast<DWORD>(io.samples.size() * io.header_bytes);
  const BOOL done = DeviceIoControl(object_, read ? IOCTL_KS_READ_STREAM : IOCTL_KS_WRITE_STREAM, nullptr, 0,
                                    io.headers.data(), bytes, nullptr, &io.overlapped);
  if (done || GetLastError() == ERROR_IO_PENDING) return;
  const NTSTATUS status = last_nt_status();
  if ((static_cast<ULONG>(status) >> 30) != 3) return;
  // Refused on the spot: nobody else writes the result or sets the event (R-IRP-53).
  io.overlapped.Internal = static_cast<ULONG>(status);
  SetEvent(io.segment.CompletionEvent);
}

HRESULT StandardInterfaceHandler::KsProcessMediaSamples(IKsDataTypeHandler* data_type_handler, IMediaSample** samples,
                                                        PLONG count, KSIOOPERATION operation,
                                                        PKSSTREAM_SEGMENT* segment) {
  if (samples == nullptr || count == nullptr || segment == nullptr) return E_POINTER;
  *segment = nullptr;
  if (*count <= 0 || (operation != KsIoOperation_Read && operation != KsIoOperation_Write)) return E_INVALIDARG;
  const auto wanted = static_cast<std::size_t>(*count);
  *count = 0;
  if (pin_ == nullptr) return VFW_E_NOT_CONNECTED;

  ULONG extension = 0;
  if (data_type_handler != nullptr) {
    const HRESULT hr = data_type_handler->KsQueryExtendedSize(&extension);
    if (FAILED(hr)) return hr;
    if (extension == 0) data_type_handler = nullptr;
  }
  auto io = std::make_unique<StreamSegment>();
  io->id = next_segment_;
  // KS wants each header of the list on an 8-byte boundary.
  io->header_bytes = static_cast<ULONG>((sizeof(KSSTREAM_HEADER) + extension + 7) & ~static_cast<std::size_t>(7));
  io->samples.assign(samples, samples + wanted);
  io->headers.assign(wanted * io->header_bytes / sizeof(std::uint64_t), 0);
  io->segment = {this, data_type_handler, operation, nullptr};

  const HRESULT hr = prepare(*io, operation);
  if (FAILED(hr)) return hr;
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (event == nullptr) {
    const HRESULT failed = last_error_hresult();
    for (std::size_t i = 0; i < wanted && data_type_handler != nullptr; ++i) {
      data_type_handler->KsCompleteIoOperation(io->samples[i], io->header(i), operation, TRUE);
    }
    return failed;
  }
  ++next_segment_;
  io->segment.CompletionEvent = event;
  io->overlapped.hEvent = event;
  if (data_type_handler != nullptr) data_type_handler->AddRef();
  if (operation == KsIoOperation_Write) {
    for (IMediaSample* sample : io->samples) sample->AddRef();
  }
  pin_->KsIncrementPendingIoCount();
  StreamSegment* submitted = io.release();
  submit(*submitted);
  *segment = &submitted->segment;
  *count = static_cast<LONG>(wanted);
  return S_OK;
}

void StandardInterfaceHandler::notify_error(IMediaSample* sample, HRESULT hr) {
  ComPtr<IKsPinEx> pin;
  if (SUCCEEDED(pin_->QueryInterface(kIidKsPinEx, pin.put_void()))) pin->KsNotifyError(sample, hr);
}

StandardInterfaceHandler::Delivery StandardInterfaceHandler::finish_read(StreamSegment& io, std::size_t index,
                                                                         bool used, HRESULT* hr) {
  const KSSTREAM_HEADER& header = *io.header(index);
  Delivery delivery{io.samples[index], header.OptionsFlags, false};
  if (!used) return delivery;
  *hr = reflect_header(header, delivery.sample);
  delivery.deliver = SUCCEEDED(*hr) && (header.DataUsed != 0 || (header.OptionsFlags & kEventFlags) != 0);
  return delivery;
}

HRESULT StandardInterfaceHandler::KsCompleteIo(PKSSTREAM_SEGMENT segment) {
  if (segment == nullptr) return E_POINTER;
  if (pin_ == nullptr) return VFW_E_NOT_CONNECTED;
  auto* io = reinterpret_cast<StreamSegment*>(segment);
  DWORD information = 0;
  const bool succeeded = GetOverlappedResult(object_, &io->overlapped, &information, FALSE) != FALSE;
  if (!succeeded && GetLastError() == ERROR_IO_INCOMPLETE) return last_error_hresult();
  const NTSTATUS status = static_cast<NTSTATUS>(io->overlapped.Internal);
  HRESULT result = succeeded ? S_OK : HRESULT_FROM_WIN32(error_from_nt_status(status));
  const bool read = io->segment.IoOperation == KsIoOperation_Read;
  trace_sink().event("proxy", "segment.complete",
                     {{"segment", io->id}, {"samples", io->samples.size()}, {"status", status}});

  // Delivery may end with the application dropping its last reference on pin and handler.
  const ComPtr<IKsPin> pin(pin_);
  const ComPtr<IKsInterfaceHandler> self(this);

  std::vector<Delivery> deliveries;
  IKsDataTypeHandler* handler = io->segment.KsDataTypeHandler;
  for (std::size_t i = 0; i < io->samples.size(); ++i) {
    HRESULT hr = result;
    if (handler != nullptr) {
      handler->KsCompleteIoOperation(io->samples[i], io->header(i), io->segment.IoOperation,
                                     status == static_cast<NTSTATUS>(STATUS_CANCELLED));
    }
    if (read) {
      // A header beyond what the device says it used was never filled.
      const bool used = succeeded && (i + 1) * io->header_bytes <= information;
      deliveries.push_back(finish_read(*io, i, used, &hr));
    }
    if (FAILED(hr)) {
      notify_error(io->samples[i], hr);
      result = hr;
    }
  }
  pin->KsMediaSamplesCompleted(segment);
  if (!read) {
    for (IMediaSample* sample : io->samples) sample->Release();
  }
  if (handler != nullptr) handler->Release();
  CloseHandle(io->segment.CompletionEvent);
  delete io;
  pin->KsDecrementPendingIoCount();

  for (const Delivery& delivery : deliveries) {
    if (!delivery.deliver) {
      delivery.sample->Release();
      continue;
    }
    const HRESULT hr = pin->KsDeliver(delivery.sample, delivery.flags);
    if (FAILED(hr)) result = hr;
  }
  return result;
}

}  // namespace

HRESULT create_standard_interface_handler(IUnknown* outer, IUnknown** unknown) {
  if (unknown == nullptr) return E_POINTER;
  *unknown = (new StandardInterfaceHandler(outer))->inner();
  return S_OK;
}

}  // namespace p2p::proxy
