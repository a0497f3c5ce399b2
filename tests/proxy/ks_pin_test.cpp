// KsPin: connection, counts, queries. Streaming is in pin_streaming_test.cpp.
#include <cstring>

#include "pin_fixture.h"

namespace p2p::proxy {
namespace {

using fake::CaptureFilter;
using fake::PinBench;
using fake::with_pin;

void with_connection(const std::function<void(CaptureFilter&, FilterConnection&)>& body) {
  fake::Machine machine;
  auto script = std::make_shared<CaptureFilter>();
  machine.add_interface(u"\\??\\camera", script);
  fake::in_machine(machine, [&] {
    FilterConnection connection;
    ASSERT_EQ(connection.open(u"\\??\\camera"), S_OK);
    body(*script, connection);
  });
}

KSPIN_INTERFACE streaming() {
  KSPIN_INTERFACE standard{};
  standard.Set = kInterfaceSetStandard;
  return standard;
}

KSPIN_MEDIUM device_io() {
  KSPIN_MEDIUM medium{};
  medium.Set = kMediumSetStandard;
  return medium;
}

TEST(KsPin, R_PXY_17_PinIsCreatedWithConnectAndFormat) {
  with_connection([](CaptureFilter& script, FilterConnection& connection) {
    auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
    KSPIN_INTERFACE standard = streaming();
    KSPIN_MEDIUM medium = device_io();
    EXPECT_EQ(pin->KsGetObjectHandle(), nullptr) << "R-PXY-18";
    EXPECT_EQ(pin->KsCreateSinkPinHandle(standard, medium), VFW_E_INVALIDMEDIATYPE);
    pin->set_format(fake::any_format());
    ASSERT_EQ(pin->KsCreateSinkPinHandle(standard, medium), S_OK);
    EXPECT_NE(pin->KsGetObjectHandle(), nullptr);
    EXPECT_EQ(pin->references(), 1u) << "R-PXY-1: the aggregated handler holds no reference on the pin";
    EXPECT_EQ(pin->KsCreateSinkPinHandle(standard, medium), VFW_E_ALREADY_CONNECTED);
    KSPIN_CONNECT connect{};
    ASSERT_EQ(script.connect.size(), sizeof connect + sizeof(KSDATAFORMAT));
    std::memcpy(&connect, script.connect.data(), sizeof connect);
    EXPECT_TRUE(connect.Interface.Set == kInterfaceSetStandard);
    EXPECT_TRUE(connect.Medium.Set == kMediumSetStandard);
    EXPECT_EQ(connect.PinId, 1u);
    EXPECT_EQ(connect.PinToHandle, nullptr);
    EXPECT_EQ(script.connect_access, static_cast<ULONG>(GENERIC_READ)) << "R-IOS-2";
    EXPECT_EQ(pin->disconnect(), S_OK);
    EXPECT_EQ(pin->KsGetObjectHandle(), nullptr);
    EXPECT_EQ(pin->Release(), 0u);
  });
}

TEST(KsPin, CreationFailsWithTheDriversStatus) {
  with_connection([](CaptureFilter& script, FilterConnection& connection) {
    script.create_status = STATUS_NO_MATCH;
    auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
    pin->set_format(fake::any_format());
    KSPIN_INTERFACE standard = streaming();
    KSPIN_MEDIUM medium = device_io();
    EXPECT_EQ(pin->KsCreateSinkPinHandle(standard, medium), HRESULT_FROM_WIN32(ERROR_NO_MATCH));
    EXPECT_EQ(pin->activate(), VFW_E_NOT_CONNECTED);
    EXPECT_EQ(pin->Release(), 0u);
  });
}

TEST(KsPin, R_PXY_1_UnknownInterfaceSetHasNoHandler) {
  with_connection([](CaptureFilter& script, FilterConnection& connection) {
    auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
    pin->set_format(fake::any_format());
    KSPIN_INTERFACE other{};
    other.Set = kPropsetPin;
    KSPIN_MEDIUM medium = device_io();
    EXPECT_EQ(pin->KsCreateSinkPinHandle(other, medium), E_NOINTERFACE);
    EXPECT_EQ(script.pin_closed, 1u) << "the kernel pin does not stay open";
    EXPECT_EQ(pin->Release(), 0u);
  });
}

TEST(KsPin, R_PXY_17_CommunicationInterfacesAndMediums) {
  with_connection([](CaptureFilter&, FilterConnection& connection) {
    auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
    KSPIN_COMMUNICATION communication{};
    KSPIN_INTERFACE current{};
    KSPIN_MEDIUM medium = device_io();
    EXPECT_EQ(pin->KsGetCurrentCommunication(&communication, &current, &medium), VFW_E_NOT_CONNECTED);
    pin->set_format(fake::any_format());
    KSPIN_INTERFACE standard = streaming();
    ASSERT_EQ(pin->KsCreateSinkPinHandle(standard, medium), S_OK);
    EXPECT_EQ(pin->KsGetCurrentCommunication(&communication, &current, nullptr), NOERROR);
    EXPECT_EQ(communication, KSPIN_COMMUNICATION_SINK);
    EXPECT_TRUE(current.Set == kInterfaceSetStandard);
    PKSMULTIPLE_ITEM list = nullptr;
    ASSERT_EQ(pin->KsQueryInterfaces(&list), S_OK);
    EXPECT_EQ(list->Count, 1u);
    EXPECT_TRUE(reinterpret_cast<KSPIN_INTERFACE*>(list + 1)->Set == kInterfaceSetStandard);
    CoTaskMemFree(list);
    ASSERT_EQ(pin->KsQueryMediums(&list), S_OK);
    EXPECT_TRUE(reinterpret_cast<KSPIN_MEDIUM*>(list + 1)->Set == kMediumSetStandard);
    CoTaskMemFree(list);
    EXPECT_EQ(pin->Release(), 0u) << "the last release closes the kernel pin";
  });
}

TEST(KsPin, R_PXY_17_PeekAllocatorWithAndWithoutReference) {
  with_pin(1, [](PinBench& bench) {
    EXPECT_EQ(bench.pin->KsPeekAllocator(KsPeekOperation_PeekOnly), bench.allocator.get());
    const ULONG before = bench.allocator->AddRef();
    EXPECT_EQ(bench.allocator->Release(), before - 1);
    EXPECT_EQ(bench.pin->KsPeekAllocator(KsPeekOperation_AddRef), bench.allocator.get());
    EXPECT_EQ(bench.allocator->Release(), before - 1);
    EXPECT_EQ(bench.pin->KsReceiveAllocator(nullptr), VFW_E_NOT_STOPPED) << "not under the I/O thread";
  });
}

TEST(KsPin, R_PXY_14_CountsGoUpToNAndBackToZero) {
  with_pin(1, [](PinBench& bench) {
    EXPECT_EQ(bench.pin->KsIncrementPendingIoCount(), 1);
    EXPECT_EQ(bench.pin->KsIncrementPendingIoCount(), 2);
    EXPECT_FALSE(bench.pin->wait_idle(1000));
    EXPECT_EQ(bench.pin->KsDecrementPendingIoCount(), 1);
    EXPECT_EQ(bench.pin->KsDecrementPendingIoCount(), 0);
    EXPECT_TRUE(bench.pin->wait_idle(0));
  });
}

TEST(KsPin, R_PXY_16_PropagateAcquireMovesStoppedPinsOnly) {
  with_connection([](CaptureFilter& script, FilterConnection& connection) {
    KsPin* pins[2];
    for (KsPin*& pin : pins) {
      pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
      pin->set_format(fake::any_format());
      KSPIN_INTERFACE standard = streaming();
      KSPIN_MEDIUM medium = device_io();
      ASSERT_EQ(pin->KsCreateSinkPinHandle(standard, medium), S_OK);
    }
    EXPECT_EQ(pins[1]->set_state(KSSTATE_ACQUIRE), S_OK);
    EXPECT_EQ(pins[1]->set_state(KSSTATE_PAUSE), S_OK);
    script.log.clear();
    EXPECT_EQ(pins[1]->KsPropagateAcquire(), S_OK);
    EXPECT_EQ(script.log, std::vector<std::string>{"state 1"});
    KSSTATE state{};
    EXPECT_EQ(pins[0]->get_state(&state), S_OK);
    EXPECT_EQ(state, KSSTATE_ACQUIRE);
    EXPECT_EQ(pins[1]->get_state(&state), S_OK);
    EXPECT_EQ(state, KSSTATE_PAUSE);
    for (KsPin* pin : pins) EXPECT_EQ(pin->Release(), 0u);
  });
}

TEST(KsPin, R_PXY_15_OnlyRealErrorsReachTheGraph) {
  with_pin(1, [](PinBench& bench) {
    bench.pin->KsNotifyError(nullptr, HRESULT_FROM_WIN32(ERROR_OPERATION_ABORTED));
    EXPECT_TRUE(bench.events.codes.empty());
    bench.pin->KsNotifyError(nullptr, E_FAIL);
    EXPECT_EQ(bench.events.codes, std::vector<LONG>{EC_ERRORABORT});
    EXPECT_EQ(bench.events.errors, std::vector<HRESULT>{E_FAIL});
  });
}

TEST(KsPin, InterfacesOfOneObjectShareItsReferences) {
  with_pin(1, [](PinBench& bench) {
    const ULONG before = bench.pin->references();
    ComPtr<IKsObject> object;
    ComPtr<IKsControl> control;
    ComPtr<IKsInterfaceHandler> handler;
    EXPECT_EQ(bench.pin->QueryInterface(kIidKsObject, object.put_void()), S_OK);
    EXPECT_EQ(object->QueryInterface(kIidKsControl, control.put_void()), S_OK);
    EXPECT_EQ(bench.pin->QueryInterface(kIidKsInterfaceHandler, handler.put_void()), S_OK);
    EXPECT_EQ(bench.pin->references(), before + 3);
    void* none = bench.pin;
    EXPECT_EQ(bench.pin->QueryInterface(kIidMediaSample, &none), E_NOINTERFACE);
    EXPECT_EQ(none, nullptr);
    KSPROPERTY unknown{};
    ULONG bytes = 0;
    EXPECT_EQ(control->KsProperty(&unknown, sizeof unknown, nullptr, 0, &bytes),
              HRESULT_FROM_WIN32(ERROR_SET_NOT_FOUND));
  });
}

/// Where complaints go that the pin does not handle itself.
class RecordingQuality final : public IQualityControl {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) override { return E_NOINTERFACE; }
  ULONG STDMETHODCALLTYPE AddRef() override { return 1; }
  ULONG STDMETHODCALLTYPE Release() override { return 1; }
  HRESULT STDMETHODCALLTYPE Notify(IBaseFilter*, Quality quality) override {
    heard.push_back(quality);
    return S_FALSE;
  }
  HRESULT STDMETHODCALLTYPE SetSink(IQualityControl*) override { return E_NOTIMPL; }
  std::vector<Quality> heard;
};

TEST(KsPin, ComplaintsReachTheMinidriverThatHandlesThem) {
  with_pin(1, [](PinBench& bench) {
    EXPECT_EQ(bench.pin->KsQualityNotify(750, 20000), HRESULT_FROM_WIN32(ERROR_SET_NOT_FOUND))
        << "no class driver answers for the minidriver";
    bench.filter.hears_complaints = true;
    bench.filter.log.clear();
    EXPECT_EQ(bench.pin->KsQualityNotify(750, 20000), S_OK);
    ComPtr<IQualityControl> control;
    ASSERT_EQ(bench.pin->QueryInterface(kIidQualityControl, control.put_void()), S_OK);
    EXPECT_EQ(control->Notify(nullptr, Quality{Famine, 1000, -3, 0}), S_OK);
    EXPECT_EQ(bench.filter.log, (std::vector<std::string>{"quality 750 20000", "quality 1000 -3"}));
  });
}

TEST(KsPin, AQualitySinkHearsComplaintsInsteadOfTheMinidriver) {
  with_pin(1, [](PinBench& bench) {
    bench.filter.hears_complaints = true;
    bench.filter.log.clear();
    RecordingQuality sink;
    EXPECT_EQ(bench.pin->SetSink(&sink), S_OK);
    EXPECT_EQ(bench.pin->KsQualityNotify(500, 7), S_FALSE) << "the sink's answer";
    EXPECT_EQ(bench.pin->KsQualityNotify(1000, -7), S_FALSE);
    ASSERT_EQ(sink.heard.size(), 2u);
    EXPECT_EQ(sink.heard[0].Type, Flood);
    EXPECT_EQ(sink.heard[0].Proportion, 500);
    EXPECT_EQ(sink.heard[0].Late, 7);
    EXPECT_EQ(sink.heard[1].Type, Famine);
    EXPECT_TRUE(bench.filter.log.empty());
    EXPECT_EQ(bench.pin->SetSink(nullptr), S_OK);
    EXPECT_EQ(bench.pin->KsQualityNotify(500, 7), S_OK);
    EXPECT_EQ(sink.heard.size(), 2u);
  });
}

TEST(KsPin, AnInputPinWithoutSinkHasNobodyToComplainTo) {
  with_connection([](CaptureFilter& script, FilterConnection& connection) {
    auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_IN);
    EXPECT_EQ(pin->KsQualityNotify(500, 7), VFW_E_NOT_CONNECTED);
    script.hears_complaints = true;
    pin->set_format(fake::any_format());
    KSPIN_INTERFACE standard = streaming();
    KSPIN_MEDIUM medium = device_io();
    ASSERT_EQ(pin->KsCreateSinkPinHandle(standard, medium), S_OK);
    EXPECT_EQ(pin->KsQualityNotify(500, 7), VFW_E_NO_SINK);
    EXPECT_EQ(pin->Release(), 0u);
  });
}

}  // namespace
}  // namespace p2p::proxy
