// An IKsPin that writes down what an interface handler does with it.
#pragma once

#include <string>
#include <vector>

#include "sw/proxy/com.h"
#include "sw/proxy/guids.h"

namespace p2p::fake {

class RecordingPin final : public IKsPinEx, public IKsObject {
 public:
  explicit RecordingPin(HANDLE object) : object_(object) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
    *out = nullptr;
    if (iid == proxy::kIidKsPin || iid == proxy::kIidKsPinEx || iid == proxy::kIidUnknown) {
      *out = static_cast<IKsPinEx*>(this);
    } else if (iid == proxy::kIidKsObject && has_object) {
      *out = static_cast<IKsObject*>(this);
    } else {
      return E_NOINTERFACE;
    }
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references_.release(); }

  HRESULT STDMETHODCALLTYPE KsQueryMediums(PKSMULTIPLE_ITEM*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsQueryInterfaces(PKSMULTIPLE_ITEM*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsCreateSinkPinHandle(KSPIN_INTERFACE&, KSPIN_MEDIUM&) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsGetCurrentCommunication(KSPIN_COMMUNICATION*, KSPIN_INTERFACE*, KSPIN_MEDIUM*) override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE KsPropagateAcquire() override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsDeliver(IMediaSample* sample, ULONG flags) override {
    calls.push_back("deliver");
    delivered_flags = flags;
    delivered_bytes = sample->GetActualDataLength();
    references_during_deliver = references_.count();
    sample->Release();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE KsMediaSamplesCompleted(PKSSTREAM_SEGMENT segment) override {
    calls.push_back("completed");
    completed_operation = segment->IoOperation;  // the segment is still alive here
    return S_OK;
  }
  IMemAllocator* STDMETHODCALLTYPE KsPeekAllocator(KSPEEKOPERATION) override { return nullptr; }
  HRESULT STDMETHODCALLTYPE KsReceiveAllocator(IMemAllocator*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsRenegotiateAllocator() override { return E_NOTIMPL; }
  LONG STDMETHODCALLTYPE KsIncrementPendingIoCount() override {
    calls.push_back("increment");
    return ++pending;
  }
  LONG STDMETHODCALLTYPE KsDecrementPendingIoCount() override {
    calls.push_back("decrement");
    return --pending;
  }
  HRESULT STDMETHODCALLTYPE KsQualityNotify(ULONG, REFERENCE_TIME) override { return E_NOTIMPL; }
  VOID STDMETHODCALLTYPE KsNotifyError(IMediaSample*, HRESULT hr) override {
    calls.push_back("error");
    error = hr;
  }
  HANDLE STDMETHODCALLTYPE KsGetObjectHandle() override { return object_; }

  ULONG references() const { return references_.count(); }

  bool has_object = true;
  std::vector<std::string> calls;
  LONG pending = 0;
  HRESULT error = S_OK;
  ULONG delivered_flags = 0;
  LONG delivered_bytes = -1;
  ULONG references_during_deliver = 0;
  KSIOOPERATION completed_operation{};

 private:
  HANDLE object_;
  proxy::RefCount references_;
};

/// An IKsDataTypeHandler that asks for an extension and writes down its use.
class RecordingDataTypeHandler final : public IKsDataTypeHandler {
 public:
  explicit RecordingDataTypeHandler(ULONG extension) : extension_(extension) {}
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void** out) override {
    *out = nullptr;
    return E_NOINTERFACE;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references_.release(); }
  HRESULT STDMETHODCALLTYPE KsCompleteIoOperation(IMediaSample*, PVOID, KSIOOPERATION, WINBOOL cancelled) override {
    calls.push_back(cancelled ? "complete cancelled" : "complete");
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE KsIsMediaTypeInRanges(PVOID) override { return S_OK; }
  HRESULT STDMETHODCALLTYPE KsPrepareIoOperation(IMediaSample*, PVOID header, KSIOOPERATION) override {
    calls.push_back("prepare");
    prepared_size = static_cast<KSSTREAM_HEADER*>(header)->Size;
    return fail_prepare_after-- == 0 ? E_FAIL : S_OK;
  }
  HRESULT STDMETHODCALLTYPE KsQueryExtendedSize(ULONG* size) override {
    *size = extension_;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE KsSetMediaType(const AM_MEDIA_TYPE*) override { return S_OK; }

  ULONG references() const { return references_.count(); }
  std::vector<std::string> calls;
  ULONG prepared_size = 0;
  int fail_prepare_after = -1;

 private:
  ULONG extension_;
  proxy::RefCount references_;
};

}  // namespace p2p::fake
