// KSSTREAM_SEGMENT as interface handlers and the I/O thread share it (R-PXY-6); allocator modes (R-PXY-18).
#include "pin_fixture.h"
#include "sw/proxy/interface_handler.h"
#include "sw/proxy/io_thread.h"

namespace p2p::proxy {
namespace {

/// An interface handler of somebody else: its segments are larger than what the proxy sees of them.
class OwnHandler final : public IKsInterfaceHandler {
 public:
  struct Segment {
    KSSTREAM_SEGMENT segment{};
    unsigned number = 0;
  };
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) override { return E_NOINTERFACE; }
  ULONG STDMETHODCALLTYPE AddRef() override { return references_.add(); }
  ULONG STDMETHODCALLTYPE Release() override { return references_.release(); }
  HRESULT STDMETHODCALLTYPE KsSetPin(IKsPin*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE KsProcessMediaSamples(IKsDataTypeHandler*, IMediaSample**, PLONG, KSIOOPERATION,
                                                  PKSSTREAM_SEGMENT*) override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE KsCompleteIo(PKSSTREAM_SEGMENT segment) override {
    completed.push_back(reinterpret_cast<Segment*>(segment)->number);
    io->remove(segment);
    return NOERROR;
  }
  IoThread* io = nullptr;
  std::vector<unsigned> completed;

 private:
  RefCount references_;
};

TEST(StreamSegment, R_PXY_6_TheIoThreadWaitsForTheCompletionEventAndKnowsTheFirstMemberOnly) {
  fake::Machine machine;
  fake::in_machine(machine, [] {
    OwnHandler handler;
    IoThread io;
    handler.io = &io;
    ASSERT_EQ(io.start(
                  "I/O", [] {}, &handler),
              S_OK);
    OwnHandler::Segment segments[2];
    for (unsigned i = 0; i < 2; ++i) {
      segments[i].number = i + 10;
      segments[i].segment.KsInterfaceHandler = &handler;
      segments[i].segment.IoOperation = KsIoOperation_Read;
      segments[i].segment.CompletionEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
      io.queue(&segments[i].segment);
    }
    const std::int64_t a_while = -1000;
    nt::delay_execution(false, &a_while);
    EXPECT_EQ(handler.completed, std::vector<unsigned>{}) << "before its event a segment is not complete";
    SetEvent(segments[1].segment.CompletionEvent);
    nt::delay_execution(false, &a_while);
    EXPECT_EQ(handler.completed, std::vector<unsigned>{11});
    SetEvent(segments[0].segment.CompletionEvent);
    nt::delay_execution(false, &a_while);
    EXPECT_EQ(handler.completed, (std::vector<unsigned>{11, 10}));
    EXPECT_TRUE(io.stop(10000));
    for (auto& segment : segments) CloseHandle(segment.segment.CompletionEvent);
  });
}

TEST(StreamSegment, R_PXY_6_OperationsHaveTheirDocumentedValues) {
  EXPECT_EQ(KsIoOperation_Write, 0);
  EXPECT_EQ(KsIoOperation_Read, 1);
  StreamSegment own;
  EXPECT_EQ(static_cast<void*>(&own), static_cast<void*>(&own.segment));
}

TEST(StreamSegment, R_PXY_18_AnAllocatorOfUserMemoryHasNoKernelHandle) {
  fake::Machine machine;
  fake::in_machine(machine, [] {
    auto allocator = ComPtr<FrameAllocator>::adopt(new FrameAllocator);
    ALLOCATOR_PROPERTIES properties{3, 64, 16, 0};
    allocator->SetProperties(&properties, &properties);
    allocator->Commit();
    ComPtr<IKsAllocator> ks;
    ASSERT_EQ(allocator->QueryInterface(kIidKsAllocator, ks.put_void()), S_OK);
    EXPECT_EQ(ks->KsGetAllocatorHandle(), nullptr);
    EXPECT_EQ(ks->KsGetAllocatorMode(), KsAllocatorMode_User);
    ks->KsSetAllocatorMode(KsAllocatorMode_Kernel);
    EXPECT_EQ(ks->KsGetAllocatorMode(), KsAllocatorMode_User) << "user memory does not move into the kernel";
    IMediaSample* sample = nullptr;
    ASSERT_EQ(allocator->GetBuffer(&sample, nullptr, nullptr, AM_GBF_NOWAIT), S_OK);
    KSSTREAMALLOCATOR_STATUS status{};
    EXPECT_EQ(ks->KsGetAllocatorStatus(&status), S_OK);
    EXPECT_EQ(status.Framing.Frames, 3u);
    EXPECT_EQ(status.Framing.FrameSize, 64u);
    EXPECT_EQ(status.Framing.FileAlignment, 15u);
    EXPECT_EQ(status.AllocatedFrames, 1u);
    sample->Release();
    allocator->Decommit();
  });
}

TEST(StreamSegment, R_PXY_18_APinHasAnObjectHandleWhileItIsConnected) {
  fake::with_pin(1, [](fake::PinBench& bench) {
    ComPtr<IKsObject> object;
    ASSERT_EQ(bench.pin->QueryInterface(kIidKsObject, object.put_void()), S_OK);
    EXPECT_NE(object->KsGetObjectHandle(), nullptr);
    KSSTATE state = KSSTATE_STOP;
    EXPECT_EQ(bench.pin->get_state(&state), S_OK);
    EXPECT_EQ(state, KSSTATE_PAUSE) << "the handle is the kernel pin's";
  });
}

}  // namespace
}  // namespace p2p::proxy
