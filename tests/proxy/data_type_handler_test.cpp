// Data type handlers: which one is loaded for a format, and what it is asked (R-PXY-19).
#include "pin_fixture.h"
#include "sw/proxy/data_type_handlers.h"

namespace p2p::proxy {
namespace {

using fake::CaptureFilter;

/// What the handlers were asked, in order. One test a process.
std::vector<std::string> g_log;
HRESULT g_in_ranges = NOERROR;
ULONG g_ranges = 0;
unsigned g_alive = 0;

/// Aggregated on the pin, as ksproxy wants it.
class Handler final : public IKsDataTypeHandler {
 public:
  Handler(std::string name, IUnknown* outer) : inner_(*this), outer_(outer), name_(std::move(name)) { ++g_alive; }
  ~Handler() { --g_alive; }
  IUnknown* inner() { return &inner_; }
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override { return outer_->QueryInterface(iid, out); }
  ULONG STDMETHODCALLTYPE AddRef() override { return outer_->AddRef(); }
  ULONG STDMETHODCALLTYPE Release() override { return outer_->Release(); }
  HRESULT STDMETHODCALLTYPE KsCompleteIoOperation(IMediaSample*, PVOID, KSIOOPERATION, WINBOOL) override {
    g_log.push_back(name_ + " complete");
    return NOERROR;
  }
  HRESULT STDMETHODCALLTYPE KsIsMediaTypeInRanges(PVOID ranges) override {
    g_log.push_back(name_ + " ranges");
    g_ranges = static_cast<PKSMULTIPLE_ITEM>(ranges)->Count;
    return g_in_ranges;
  }
  HRESULT STDMETHODCALLTYPE KsPrepareIoOperation(IMediaSample*, PVOID, KSIOOPERATION) override {
    g_log.push_back(name_ + " prepare");
    return NOERROR;
  }
  HRESULT STDMETHODCALLTYPE KsQueryExtendedSize(ULONG* bytes) override {
    *bytes = 8;
    return NOERROR;
  }
  HRESULT STDMETHODCALLTYPE KsSetMediaType(const AM_MEDIA_TYPE* type) override {
    g_log.push_back(name_ + " type " + std::to_string(type->lSampleSize));
    return NOERROR;
  }

 private:
  class Inner final : public IUnknown {
   public:
    explicit Inner(Handler& owner) : owner_(owner) {}
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
      *out = nullptr;
      if (!(iid == kIidKsDataTypeHandler)) return E_NOINTERFACE;
      *out = static_cast<IKsDataTypeHandler*>(&owner_);
      owner_.AddRef();
      return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
    ULONG STDMETHODCALLTYPE Release() override {
      const ULONG left = references_.release();
      if (left == 0) delete &owner_;
      return left;
    }

   private:
    Handler& owner_;
    RefCount references_;
  };
  Inner inner_;
  IUnknown* outer_;
  std::string name_;
};

HRESULT create_major(IUnknown* outer, IUnknown** unknown) {
  *unknown = (new Handler("major", outer))->inner();
  return S_OK;
}
HRESULT create_sub(IUnknown* outer, IUnknown** unknown) {
  *unknown = (new Handler("sub", outer))->inner();
  return S_OK;
}
HRESULT create_specifier(IUnknown* outer, IUnknown** unknown) {
  *unknown = (new Handler("specifier", outer))->inner();
  return S_OK;
}
HRESULT create_nothing(IUnknown*, IUnknown**) { return E_OUTOFMEMORY; }

std::vector<std::uint8_t> yuy2_format() {
  std::vector<std::uint8_t> format(sizeof(KSDATAFORMAT));
  auto* head = reinterpret_cast<KSDATAFORMAT*>(format.data());
  head->FormatSize = sizeof(KSDATAFORMAT);
  head->SampleSize = 77;
  head->MajorFormat = kTypeVideo;
  head->SubFormat = kSubtypeYuy2;
  head->Specifier = kSpecifierVideoInfo;
  return format;
}

class DataTypeHandlers : public ::testing::Test {
 protected:
  void SetUp() override {
    g_log.clear();
    g_in_ranges = NOERROR;
  }
  void TearDown() override {
    for (const GUID& known : {kTypeVideo, kSubtypeYuy2, kSpecifierVideoInfo}) {
      register_data_type_handler(known, nullptr);
    }
    EXPECT_EQ(g_alive, 0u) << "a handler outlives its pin";
  }
  /// Creates a pin with that format, runs `body(pin)` and drops the pin. What the creation answered.
  static HRESULT connect(const std::function<void(KsPin&)>& body = {}) {
    HRESULT result = E_UNEXPECTED;
    fake::Machine machine;
    auto script = std::make_shared<CaptureFilter>();
    machine.add_interface(u"\\??\\camera", script);
    fake::in_machine(machine, [&] {
      FilterConnection connection;
      ASSERT_EQ(connection.open(u"\\??\\camera"), S_OK);
      auto* pin = new KsPin(connection, 1, KSPIN_DATAFLOW_OUT);
      pin->set_format(yuy2_format());
      KSPIN_INTERFACE streaming{};
      streaming.Set = kInterfaceSetStandard;
      KSPIN_MEDIUM medium{};
      medium.Set = kMediumSetStandard;
      result = pin->KsCreateSinkPinHandle(streaming, medium);
      if (SUCCEEDED(result)) {
        EXPECT_EQ(pin->references(), 1u) << "the aggregated handler holds a reference on its pin";
        if (body) body(*pin);
        EXPECT_EQ(pin->disconnect(), S_OK);
      }
      EXPECT_EQ(pin->Release(), 0u);
      connection.close();
    });
    EXPECT_EQ(script->pin_closed, SUCCEEDED(result) ? 1u : 0u);
    return result;
  }
};
using Log = std::vector<std::string>;

TEST_F(DataTypeHandlers, R_PXY_19_TheMajorTypesHandlerIsTakenFirst) {
  register_data_type_handler(kSpecifierVideoInfo, create_specifier);
  register_data_type_handler(kSubtypeYuy2, create_sub);
  register_data_type_handler(kTypeVideo, create_major);
  EXPECT_EQ(connect(), S_OK);
  EXPECT_EQ(g_log, (Log{"major type 77", "major ranges"})) << "the media type comes before the question";
  EXPECT_EQ(g_ranges, 1u);
}

TEST_F(DataTypeHandlers, R_PXY_19_ThenTheSubtypes) {
  register_data_type_handler(kSpecifierVideoInfo, create_specifier);
  register_data_type_handler(kSubtypeYuy2, create_sub);
  EXPECT_EQ(connect(), S_OK);
  EXPECT_EQ(g_log, (Log{"sub type 77", "sub ranges"}));
}

TEST_F(DataTypeHandlers, R_PXY_19_ThenTheSpecifiersAlsoWhenAnEarlierOneCannotBeMade) {
  register_data_type_handler(kTypeVideo, create_nothing);
  register_data_type_handler(kSpecifierVideoInfo, create_specifier);
  EXPECT_EQ(connect(), S_OK);
  EXPECT_EQ(g_log, (Log{"specifier type 77", "specifier ranges"}));
}

TEST_F(DataTypeHandlers, R_PXY_19_NoneFoundIsNoneNeeded) {
  EXPECT_EQ(connect(), S_OK);
  EXPECT_EQ(g_log, Log{});
}

TEST_F(DataTypeHandlers, R_PXY_19_AMediaTypeOutsideTheRangesIsNotConnected) {
  register_data_type_handler(kTypeVideo, create_major);
  g_in_ranges = VFW_E_TYPE_NOT_ACCEPTED;
  EXPECT_EQ(connect(), VFW_E_TYPE_NOT_ACCEPTED);
}

TEST_F(DataTypeHandlers, R_PXY_19_TheLoadedHandlerServesTheStream) {
  register_data_type_handler(kTypeVideo, create_major);
  EXPECT_EQ(connect([](KsPin& pin) {
              auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
              ALLOCATOR_PROPERTIES properties{1, 64, 1, 0};
              allocator->SetProperties(&properties, &properties);
              allocator->Commit();
              EXPECT_EQ(pin.KsReceiveAllocator(allocator.get()), S_OK);
              EXPECT_EQ(pin.activate(), S_OK);
              for (const KSSTATE state : {KSSTATE_ACQUIRE, KSSTATE_PAUSE}) pin.set_state(state);
              pin.start_reads();
              pin.synchronize();
              pin.stop_reads();
              pin.set_state(KSSTATE_STOP);
              EXPECT_TRUE(pin.wait_idle(10000));
              EXPECT_TRUE(pin.deactivate(10000));
              allocator->Decommit();
            }),
            S_OK);
  EXPECT_EQ(g_log, (Log{"major type 77", "major ranges", "major prepare", "major complete"}));
}

}  // namespace
}  // namespace p2p::proxy
