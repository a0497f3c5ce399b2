// The input pin downstream: takes samples from the proxy and shows them to the application in a thread of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "proxy/capture.h"
#include "sw/proxy/com.h"

namespace p2p::proxy {

/// IMemInputPin with as much of IPin as a sink of a stream needs; graph building answers E_NOTIMPL.
class SampleSink final : public IMemInputPin, public IPin {
 public:
  using Deliver = std::function<void(const DeliveredSample&)>;

  /// The caller owns the first reference.
  SampleSink();

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** object) override;
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override;

  // IMemInputPin
  HRESULT STDMETHODCALLTYPE GetAllocator(IMemAllocator** allocator) override;
  HRESULT STDMETHODCALLTYPE NotifyAllocator(IMemAllocator* allocator, WINBOOL read_only) override;
  HRESULT STDMETHODCALLTYPE GetAllocatorRequirements(ALLOCATOR_PROPERTIES* properties) override;
  /// Keeps a reference until the application has had the sample. S_FALSE while flushing, VFW_E_WRONG_STATE when
  /// stopped.
  HRESULT STDMETHODCALLTYPE Receive(IMediaSample* sample) override;
  HRESULT STDMETHODCALLTYPE ReceiveMultiple(IMediaSample** samples, LONG count, LONG* processed) override;
  HRESULT STDMETHODCALLTYPE ReceiveCanBlock() override { return S_FALSE; }

  // IPin: streaming
  HRESULT STDMETHODCALLTYPE QueryDirection(PIN_DIRECTION* direction) override;
  /// Seen by the application after every sample received before it.
  HRESULT STDMETHODCALLTYPE EndOfStream() override;
  /// Samples that the application has not had go back at once; Receive refuses until EndFlush.
  HRESULT STDMETHODCALLTYPE BeginFlush() override;
  HRESULT STDMETHODCALLTYPE EndFlush() override;
  HRESULT STDMETHODCALLTYPE NewSegment(REFERENCE_TIME, REFERENCE_TIME, double) override { return S_OK; }
  // IPin: graph building
  HRESULT STDMETHODCALLTYPE Connect(IPin*, const AM_MEDIA_TYPE*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE ReceiveConnection(IPin*, const AM_MEDIA_TYPE*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Disconnect() override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE ConnectedTo(IPin**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE ConnectionMediaType(AM_MEDIA_TYPE*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE QueryPinInfo(PIN_INFO*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE QueryId(LPWSTR*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE QueryAccept(const AM_MEDIA_TYPE*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE EnumMediaTypes(IEnumMediaTypes**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE QueryInternalConnections(IPin**, ULONG*) override { return E_NOTIMPL; }

  /// Starts the thread. Each sample is shown to `deliver`, kept `hold_100ns` longer, then released. `progress` is
  /// signalled after each delivery and at the end of the stream.
  HRESULT start(Deliver deliver, std::int64_t hold_100ns, HANDLE progress);
  /// Shows what is still queued without holding it, then ends the thread.
  void drain_and_stop();

  std::uint64_t delivered() const { return delivered_; }
  bool end_of_stream() const { return end_of_stream_; }
  ULONG references() const { return references_.count(); }

 private:
  ~SampleSink();
  void run();
  void show(IMediaSample* sample);

  RefCount references_;
  ComPtr<IMemAllocator> allocator_;
  std::deque<IMediaSample*> queue_;  // one reference each; nullptr is the end of the stream
  Deliver deliver_;
  std::int64_t hold_100ns_ = 0;
  HANDLE thread_ = nullptr;
  HANDLE arrived_;         // auto-reset: queue or draining changed
  HANDLE draining_event_;  // manual-reset: cuts a hold short
  HANDLE progress_ = nullptr;
  bool draining_ = false;
  bool flushing_ = false;
  bool end_of_stream_ = false;
  std::uint64_t delivered_ = 0;
  unsigned next_sample_ = 0;
};

}  // namespace p2p::proxy
