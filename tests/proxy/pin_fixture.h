// A KsPin on a scripted capture filter, with an input pin downstream that writes down what it gets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fake_capture.h"
#include "in_machine.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/frame_allocator.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/ks_pin.h"
#include "sw/proxy/sample_sink.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::fake {

/// IMemInputPin and IPin::EndOfStream; optionally keeps the samples.
class RecordingInput final : public IMemInputPin {
 public:
  /// Has no IPin; that it is asked for one shows that the end of the stream arrived.
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
    *out = nullptr;
    if (!(iid == proxy::kIidPin)) return E_NOINTERFACE;
    calls.push_back("asked for IPin");
    return E_NOINTERFACE;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return references.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references.release(); }
  HRESULT STDMETHODCALLTYPE GetAllocator(IMemAllocator**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE NotifyAllocator(IMemAllocator*, WINBOOL) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE GetAllocatorRequirements(ALLOCATOR_PROPERTIES*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Receive(IMediaSample* sample) override {
    BYTE* data = nullptr;
    sample->GetPointer(&data);
    REFERENCE_TIME start = -1;
    REFERENCE_TIME stop = 0;
    sample->GetTime(&start, &stop);
    calls.push_back("sample");
    times.push_back(start);
    discontinuities.push_back(sample->IsDiscontinuity() == S_OK);
    if (answer == S_OK && keep) {
      sample->AddRef();
      kept.push_back(sample);
    }
    return answer;
  }
  HRESULT STDMETHODCALLTYPE ReceiveMultiple(IMediaSample**, LONG, LONG*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE ReceiveCanBlock() override { return S_FALSE; }

  void release_kept() {
    std::vector<IMediaSample*> samples;
    samples.swap(kept);
    for (IMediaSample* sample : samples) sample->Release();
  }

  proxy::RefCount references;
  HRESULT answer = S_OK;
  bool keep = false;
  std::vector<std::string> calls;
  std::vector<REFERENCE_TIME> times;
  std::vector<bool> discontinuities;
  std::vector<IMediaSample*> kept;
};

class RecordingEvents final : public IMediaEventSink {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) override { return E_NOINTERFACE; }
  ULONG STDMETHODCALLTYPE AddRef() override { return references.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references.release(); }
  HRESULT STDMETHODCALLTYPE Notify(LONG code, LONG_PTR first, LONG_PTR) override {
    codes.push_back(code);
    errors.push_back(static_cast<HRESULT>(first));
    return S_OK;
  }
  proxy::RefCount references;
  std::vector<LONG> codes;
  std::vector<HRESULT> errors;
};

/// Any data format: the scripted filter does not look at it.
inline std::vector<std::uint8_t> any_format() {
  std::vector<std::uint8_t> format(sizeof(KSDATAFORMAT));
  reinterpret_cast<KSDATAFORMAT*>(format.data())->FormatSize = sizeof(KSDATAFORMAT);
  return format;
}

class PinBench {
 public:
  PinBench(CaptureFilter& script, unsigned buffers, KSPIN_DATAFLOW flow = KSPIN_DATAFLOW_OUT) : filter(script) {
    EXPECT_EQ(connection.open(u"\\??\\camera"), S_OK);
    pin = new proxy::KsPin(connection, 1, flow);
    pin->set_format(any_format());
    KSPIN_INTERFACE streaming{};
    streaming.Set = proxy::kInterfaceSetStandard;
    KSPIN_MEDIUM medium{};
    medium.Set = proxy::kMediumSetStandard;
    EXPECT_EQ(pin->KsCreateSinkPinHandle(streaming, medium), S_OK);
    allocator = proxy::ComPtr<proxy::FrameAllocator>::adopt(new proxy::FrameAllocator);
    ALLOCATOR_PROPERTIES properties{static_cast<LONG>(buffers), 64, 1, 0};
    allocator->SetProperties(&properties, &properties);
    allocator->Commit();
    EXPECT_EQ(pin->KsReceiveAllocator(allocator.get()), S_OK);
    pin->connect_input(&input);
    pin->set_event_sink(&events);
    EXPECT_EQ(pin->activate(), S_OK);
    pin->set_state(KSSTATE_ACQUIRE);
    pin->set_state(KSSTATE_PAUSE);
  }
  ~PinBench() {
    pin->stop_reads();
    pin->set_state(KSSTATE_STOP);
    EXPECT_TRUE(pin->wait_idle(10000));
    EXPECT_TRUE(pin->deactivate(10000));
    input.release_kept();
    allocator->Decommit();
    EXPECT_EQ(allocator->outstanding(), 0u);
    EXPECT_EQ(pin->disconnect(), S_OK);
    EXPECT_EQ(pin->Release(), 0u);
    EXPECT_EQ(input.references.count(), 1u);
    EXPECT_EQ(events.references.count(), 1u);
    connection.close();
  }
  /// Lets every other thread do what it can do now: the virtual clock moves on only when all of them wait.
  void settle() {
    const std::int64_t a_while = -1000;
    nt::delay_execution(false, &a_while);
  }
  void start() {
    pin->start_reads();
    settle();
  }
  CapturePin& device() { return *filter.pin; }

  CaptureFilter& filter;
  proxy::FilterConnection connection;
  proxy::KsPin* pin = nullptr;
  proxy::ComPtr<proxy::FrameAllocator> allocator;
  RecordingInput input;
  RecordingEvents events;
};

/// Runs `body(bench)` under several schedules.
template <class Body>
void with_pin(unsigned buffers, Body body, KSPIN_DATAFLOW flow = KSPIN_DATAFLOW_OUT) {
  for (const std::uint64_t seed : {0u, 1u, 2u, 3u, 4u}) {
    Machine machine(seed);
    auto script = std::make_shared<CaptureFilter>();
    machine.add_interface(u"\\??\\camera", script);
    in_machine(machine, [&] {
      PinBench bench(*script, buffers, flow);
      body(bench);
    });
    EXPECT_EQ(script->pin_closed, 1u);
    EXPECT_EQ(script->closed, 1u);
  }
}

}  // namespace p2p::fake
