// The proxy's pin: COM face of one kernel pin, source of samples for the connected input pin (R-PXY-12..18, R-PXY-21).
#pragma once

#include <cstdint>
#include <vector>

#include "sw/proxy/com.h"
#include "sw/proxy/data_type_handlers.h"
#include "sw/proxy/io_thread.h"

namespace p2p::proxy {

class FilterConnection;

/// Life: construct, set_format, KsCreateSinkPinHandle, connect_input + KsReceiveAllocator, activate, set_state…,
/// start_reads, … stop_reads, wait_idle, deactivate, disconnect, Release. Owns the aggregated interface handler.
class KsPin final : public IKsPinEx,
                    public IKsObject,
                    public IKsControl,
                    public IQualityControl,
                    public IMemAllocatorNotifyCallbackTemp {
 public:
  /// The caller owns the first reference. `filter` outlives the pin.
  KsPin(FilterConnection& filter, ULONG pin_id, KSPIN_DATAFLOW dataflow);

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override;
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override;

  // IKsPin: lists are KSMULTIPLE_ITEM blocks to be freed with CoTaskMemFree.
  HRESULT STDMETHODCALLTYPE KsQueryMediums(PKSMULTIPLE_ITEM* mediums) override;
  HRESULT STDMETHODCALLTYPE KsQueryInterfaces(PKSMULTIPLE_ITEM* interfaces) override;
  /// Creates the kernel pin with the format of set_format and loads the interface handler and, before the pin, the
  /// format's data type handler if there is one. Errors: the kernel's; the data type handler's, which may find the
  /// media type not in the pin's data ranges.
  HRESULT STDMETHODCALLTYPE KsCreateSinkPinHandle(KSPIN_INTERFACE& pin_interface, KSPIN_MEDIUM& medium) override;
  /// Null pointers are skipped. VFW_E_NOT_CONNECTED without a kernel pin.
  HRESULT STDMETHODCALLTYPE KsGetCurrentCommunication(KSPIN_COMMUNICATION* communication,
                                                      KSPIN_INTERFACE* pin_interface, KSPIN_MEDIUM* medium) override;
  HRESULT STDMETHODCALLTYPE KsPropagateAcquire() override;
  /// Takes over the caller's reference on `sample` (R-PXY-9); E_FAIL on an input pin, which keeps it with the caller.
  HRESULT STDMETHODCALLTYPE KsDeliver(IMediaSample* sample, ULONG flags) override;
  HRESULT STDMETHODCALLTYPE KsMediaSamplesCompleted(PKSSTREAM_SEGMENT segment) override;
  IMemAllocator* STDMETHODCALLTYPE KsPeekAllocator(KSPEEKOPERATION operation) override;
  HRESULT STDMETHODCALLTYPE KsReceiveAllocator(IMemAllocator* allocator) override;
  /// E_NOTIMPL: there is no graph manager to negotiate with.
  HRESULT STDMETHODCALLTYPE KsRenegotiateAllocator() override;
  LONG STDMETHODCALLTYPE KsIncrementPendingIoCount() override;
  LONG STDMETHODCALLTYPE KsDecrementPendingIoCount() override;
  /// A complaint about the samples. `proportion`: frames used of frames received, 1000 is all; `delta` in 100 ns,
  /// positive is late. Goes to the quality sink if there is one, else an output pin sets KSPROPERTY_QUALITY_REPORT on
  /// the kernel pin, which no class driver answers for a minidriver that lacks it. VFW_E_NOT_CONNECTED; VFW_E_NO_SINK:
  /// an input pin without a sink, whose complaints would go upstream.
  HRESULT STDMETHODCALLTYPE KsQualityNotify(ULONG proportion, REFERENCE_TIME delta) override;
  // IKsPinEx
  VOID STDMETHODCALLTYPE KsNotifyError(IMediaSample* sample, HRESULT hr) override;
  // IKsObject
  HANDLE STDMETHODCALLTYPE KsGetObjectHandle() override { return handle_; }
  // IKsControl
  HRESULT STDMETHODCALLTYPE KsProperty(PKSPROPERTY property, ULONG property_bytes, LPVOID data, ULONG data_bytes,
                                       ULONG* returned) override;
  HRESULT STDMETHODCALLTYPE KsMethod(PKSMETHOD method, ULONG method_bytes, LPVOID data, ULONG data_bytes,
                                     ULONG* returned) override;
  HRESULT STDMETHODCALLTYPE KsEvent(PKSEVENT event, ULONG event_bytes, LPVOID data, ULONG data_bytes,
                                    ULONG* returned) override;
  // IQualityControl: what the input pin downstream complains with. The sink is not counted, as in DirectShow.
  HRESULT STDMETHODCALLTYPE Notify(IBaseFilter* self, Quality quality) override;
  HRESULT STDMETHODCALLTYPE SetSink(IQualityControl* sink) override;
  // IMemAllocatorNotifyCallbackTemp: a buffer came back, the device can have it.
  HRESULT STDMETHODCALLTYPE NotifyRelease() override;

  /// The format of the connection: a KSDATAFORMAT with what follows it.
  void set_format(std::vector<std::uint8_t> format) { format_ = std::move(format); }
  /// Instead of the one that is registered for the format.
  void set_data_type_handler(IKsDataTypeHandler* handler);
  void set_event_sink(IMediaEventSink* sink);
  /// Where samples go. NULL disconnects.
  HRESULT connect_input(IMemInputPin* input);
  /// Closes the kernel pin and drops handler, allocator, input and event sink. Not while active.
  HRESULT disconnect();

  HRESULT get_state(KSSTATE* state);
  /// One step; the caller walks STOP, ACQUIRE, PAUSE, RUN.
  HRESULT set_state(KSSTATE state);

  /// Starts the I/O thread.
  HRESULT activate();
  /// Ends it; the queue must be empty within `timeout_100ns`, else false.
  bool deactivate(std::int64_t timeout_100ns);
  /// Every free buffer of the allocator goes to the device, and each that comes back.
  void start_reads();
  /// So many reads and no more.
  void limit_reads(std::uint64_t most) { reads_left_ = most; }
  /// When this returns no further read is submitted.
  void stop_reads();
  /// When this returns the I/O thread has acted on everything that was asked of it before.
  void synchronize() { io_.synchronize(); }
  /// True once no I/O is in progress; false after `timeout_100ns`.
  bool wait_idle(std::int64_t timeout_100ns);
  /// Cancels what is in progress at the device.
  HRESULT cancel();
  /// RESET_STATE BEGIN, waits for I/O in progress, RESET_STATE END; reads go on if they were going on (R-PXY-21).
  HRESULT flush(std::int64_t timeout_100ns);
  /// Input pins: writes `sample` to the device; it stays referenced until the device is done with it.
  HRESULT write(IMediaSample* sample);

  LONG pending_io() const { return pending_io_; }
  ULONG references() const { return references_.count(); }

 private:
  ~KsPin();
  HRESULT create_handler();
  HRESULT load_type_handler();
  IKsDataTypeHandler* type_handler() const {
    return data_type_handler_ ? data_type_handler_.get() : loaded_type_handler_.handler;
  }
  void submit_available_buffers();
  HRESULT reset_state(KSRESET reset);

  FilterConnection& filter_;
  const ULONG pin_id_;
  const KSPIN_DATAFLOW dataflow_;
  RefCount references_;
  std::vector<std::uint8_t> format_;
  HANDLE handle_ = nullptr;
  KSPIN_INTERFACE interface_{};
  KSPIN_MEDIUM medium_{};
  ComPtr<IUnknown> handler_unknown_;              // non-delegating, owns the aggregated handler
  IKsInterfaceHandler* handler_ = nullptr;        // its interface, not counted (it would count the pin itself)
  ComPtr<IKsDataTypeHandler> data_type_handler_;  // set from outside
  DataTypeHandler loaded_type_handler_;           // found by the format's GUIDs
  ComPtr<IMemAllocator> allocator_;
  ComPtr<IMemInputPin> input_;
  ComPtr<IMediaEventSink> event_sink_;
  IQualityControl* quality_sink_ = nullptr;
  IoThread io_;
  HANDLE idle_;  // auto-reset: the pending I/O count became zero
  LONG pending_io_ = 0;
  std::uint64_t reads_left_ = ~std::uint64_t{0};
  bool reading_ = false;             // between start_reads and stop_reads
  bool halted_ = false;              // something failed: no further reads until start_reads
  bool time_discontinuity_ = false;  // reported after the previous sample, so it concerns the next
};

}  // namespace p2p::proxy
