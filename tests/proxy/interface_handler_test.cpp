// IKsInterfaceHandler up to submission; completion is in complete_io_test.cpp.
#include "handler_fixture.h"

namespace p2p::proxy {
namespace {

using fake::HandlerBench;
using fake::RecordingDataTypeHandler;
using fake::StreamFile;
using fake::with_handler;

TEST(InterfaceHandler, R_PXY_2_KsSetPinNeedsTheKernelHandle) {
  with_handler([](StreamFile&, HandlerBench& bench) {
    bench.pin->has_object = false;
    EXPECT_EQ(bench.handler->KsSetPin(bench.pin.get()), E_NOINTERFACE);
    IMediaSample* sample = bench.buffer();
    LONG count = 1;
    PKSSTREAM_SEGMENT segment = nullptr;
    EXPECT_EQ(bench.handler->KsProcessMediaSamples(nullptr, &sample, &count, KsIoOperation_Read, &segment),
              VFW_E_NOT_CONNECTED);
    EXPECT_EQ(count, 0);
    sample->Release();
    bench.pin->has_object = true;
    EXPECT_EQ(bench.handler->KsSetPin(bench.pin.get()), S_OK);
    EXPECT_EQ(bench.pin->references(), 1u) << "R-PXY-1: no reference on the pin";
  });
}

TEST(InterfaceHandler, R_PXY_1_AggregatedOnThePinsUnknown) {
  with_handler([](StreamFile&, HandlerBench& bench) {
    ComPtr<IUnknown> inner;
    ASSERT_EQ(create_standard_interface_handler(static_cast<IKsPinEx*>(bench.pin.get()), inner.put()), S_OK);
    EXPECT_EQ(bench.pin->references(), 1u);
    IKsInterfaceHandler* handler = nullptr;
    ASSERT_EQ(inner->QueryInterface(kIidKsInterfaceHandler, reinterpret_cast<void**>(&handler)), S_OK);
    EXPECT_EQ(bench.pin->references(), 2u) << "its interfaces count the outer object";
    ComPtr<IKsObject> object;
    EXPECT_EQ(handler->QueryInterface(kIidKsObject, object.put_void()), S_OK) << "queries go to the outer object";
    object.reset();
    handler->Release();
    EXPECT_EQ(bench.pin->references(), 1u);
  });
}

TEST(InterfaceHandler, R_PXY_3_ReadIsSubmittedWithItsHeaderAndCounted) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    PKSSTREAM_SEGMENT segment = bench.read(sample);
    ASSERT_EQ(file.requests.size(), 1u);
    EXPECT_EQ(file.requests[0]->code, static_cast<ULONG>(IOCTL_KS_READ_STREAM));
    EXPECT_EQ(file.requests[0]->input_bytes, 0u);
    EXPECT_EQ(file.requests[0]->output_bytes, sizeof(KSSTREAM_HEADER));
    EXPECT_EQ(file.header(0).Size, sizeof(KSSTREAM_HEADER));
    EXPECT_EQ(file.header(0).FrameExtent, 4096u);
    EXPECT_EQ(file.header(0).DataUsed, 0u);
    EXPECT_EQ(bench.pin->calls, std::vector<std::string>{"increment"});
    EXPECT_EQ(bench.pin->pending, 1);
    EXPECT_EQ(static_cast<MediaSample*>(sample)->references(), 1u) << "R-PXY-5: a read sample belongs to the queue";
    EXPECT_EQ(segment->IoOperation, KsIoOperation_Read);
    EXPECT_EQ(segment->KsInterfaceHandler, bench.handler.get());
    EXPECT_EQ(WaitForSingleObject(segment->CompletionEvent, 0), static_cast<DWORD>(WAIT_TIMEOUT));
    file.complete(0, STATUS_CANCELLED);
    EXPECT_EQ(WaitForSingleObject(segment->CompletionEvent, 0), WAIT_OBJECT_0)
        << "R-PXY-6: the event is what the I/O thread waits on";
    bench.handler->KsCompleteIo(segment);
  });
}

TEST(InterfaceHandler, R_PXY_3_SeveralSamplesAreOneIo) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* samples[] = {bench.buffer(), bench.buffer(), bench.buffer()};
    LONG count = 3;
    PKSSTREAM_SEGMENT segment = nullptr;
    ASSERT_EQ(bench.handler->KsProcessMediaSamples(nullptr, samples, &count, KsIoOperation_Read, &segment), S_OK);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(bench.pin->pending, 1);
    EXPECT_EQ(file.requests[0]->output_bytes, 3 * sizeof(KSSTREAM_HEADER));
    BYTE* data = nullptr;
    samples[2]->GetPointer(&data);
    EXPECT_EQ(file.header(0, 2).Data, data);
    // The device used two headers of three: the third sample goes back undelivered.
    file.header(0, 0).DataUsed = 10;
    file.header(0, 1).DataUsed = 20;
    file.header(0, 2).DataUsed = 30;
    fake::Machine::get().complete(file.requests[0], 0, 2 * sizeof(KSSTREAM_HEADER));
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), S_OK);
    EXPECT_EQ(bench.pin->calls,
              (std::vector<std::string>{"increment", "completed", "decrement", "deliver", "deliver"}));
    EXPECT_EQ(bench.pin->delivered_bytes, 20);
  });
}

TEST(InterfaceHandler, R_PXY_4_NoExtensionDropsTheDataTypeHandler) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(0);
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
    EXPECT_EQ(segment->KsDataTypeHandler, nullptr);
    EXPECT_EQ(types.references(), 1u);
    file.complete(0, STATUS_CANCELLED);
    bench.handler->KsCompleteIo(segment);
    EXPECT_TRUE(types.calls.empty());
  });
}

TEST(InterfaceHandler, R_PXY_4_ExtendedHeadersArePreparedAndHeldUntilCompletion) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(40);
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
    EXPECT_EQ(segment->KsDataTypeHandler, &types);
    EXPECT_EQ(types.references(), 2u);
    EXPECT_EQ(types.prepared_size, sizeof(KSSTREAM_HEADER) + 40);
    EXPECT_EQ(file.requests[0]->output_bytes, sizeof(KSSTREAM_HEADER) + 40);
    EXPECT_EQ(types.calls, std::vector<std::string>{"prepare"});
    file.header(0).DataUsed = 8;
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), S_OK);
    EXPECT_EQ(types.calls, (std::vector<std::string>{"prepare", "complete"}));
    EXPECT_EQ(types.references(), 1u);
  });
}

TEST(InterfaceHandler, R_PXY_4_AFailedPreparationUndoesTheOthers) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(8);
    types.fail_prepare_after = 1;
    IMediaSample* samples[] = {bench.buffer(), bench.buffer()};
    LONG count = 2;
    PKSSTREAM_SEGMENT segment = nullptr;
    EXPECT_EQ(bench.handler->KsProcessMediaSamples(&types, samples, &count, KsIoOperation_Read, &segment), E_FAIL);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(segment, nullptr);
    EXPECT_EQ(types.calls, (std::vector<std::string>{"prepare", "prepare", "complete cancelled"}));
    EXPECT_EQ(types.references(), 1u);
    EXPECT_TRUE(file.requests.empty());
    EXPECT_TRUE(bench.pin->calls.empty());
    for (IMediaSample* sample : samples) sample->Release();
  });
}

TEST(InterfaceHandler, R_PXY_5_AWrittenSampleStaysReferencedUntilDone) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    sample->SetActualDataLength(123);
    PKSSTREAM_SEGMENT segment = bench.submit(sample, KsIoOperation_Write);
    EXPECT_EQ(static_cast<MediaSample*>(sample)->references(), 2u);
    EXPECT_EQ(file.requests[0]->code, static_cast<ULONG>(IOCTL_KS_WRITE_STREAM));
    EXPECT_EQ(file.header(0).DataUsed, 123u);
    sample->Release();
    EXPECT_EQ(bench.allocator->outstanding(), 1u) << "the device reads from it";
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), S_OK);
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
    EXPECT_EQ(bench.pin->calls, (std::vector<std::string>{"increment", "completed", "decrement"}))
        << "a write is not delivered anywhere";
    EXPECT_EQ(bench.pin->completed_operation, KsIoOperation_Write);
  });
}

TEST(InterfaceHandler, NothingIsLeftWhenNoEventCanBeMade) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    fake::Machine::get().fail_event_after = 0;
    LONG count = 1;
    PKSSTREAM_SEGMENT segment = nullptr;
    EXPECT_EQ(bench.handler->KsProcessMediaSamples(nullptr, &sample, &count, KsIoOperation_Read, &segment),
              HRESULT_FROM_WIN32(ERROR_NO_SYSTEM_RESOURCES));
    EXPECT_TRUE(file.requests.empty());
    EXPECT_EQ(bench.pin->pending, 0);
    sample->Release();
  });
}

}  // namespace
}  // namespace p2p::proxy
