// IKsInterfaceHandler::KsCompleteIo, sentence by sentence of its documentation (R-PXY-7..11, R-PXY-22).
#include <malloc.h>

#include "handler_fixture.h"
#include "sim/trace_sink.h"

namespace p2p::proxy {
namespace {

using fake::HandlerBench;
using fake::RecordingDataTypeHandler;
using fake::StreamFile;
using fake::with_handler;

using Calls = std::vector<std::string>;

TEST(KsCompleteIo, R_PXY_7_RefusesAnIoThatIsNotComplete) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer());
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), HRESULT_FROM_WIN32(ERROR_IO_INCOMPLETE));
    EXPECT_EQ(bench.pin->pending, 1);
    EXPECT_EQ(bench.handler->KsCompleteIo(nullptr), E_POINTER);
    file.complete(0, STATUS_CANCELLED);
    bench.handler->KsCompleteIo(segment);
    EXPECT_EQ(bench.pin->pending, 0);
  });
}

TEST(KsCompleteIo, R_PXY_7_ReturnsNoErrorOrTheIosError) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT good = bench.read(bench.buffer());
    PKSSTREAM_SEGMENT bad = bench.read(bench.buffer());
    file.header(0).DataUsed = 1;
    file.complete(0, 0);
    file.complete(1, STATUS_IO_DEVICE_ERROR);
    EXPECT_EQ(bench.handler->KsCompleteIo(good), NOERROR);
    EXPECT_EQ(bench.handler->KsCompleteIo(bad), HRESULT_FROM_WIN32(ERROR_IO_DEVICE));
  });
}

TEST(KsCompleteIo, R_PXY_8_FreesUpdatesAndDecrements) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    const std::size_t handles = fake::Machine::get().handles();
    IMediaSample* sample = bench.buffer();
    sample->AddRef();  // to look at it afterwards
    PKSSTREAM_SEGMENT segment = bench.read(sample);
    EXPECT_EQ(fake::Machine::get().handles(), handles + 1);
    file.header(0).DataUsed = 99;
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), NOERROR);
    EXPECT_EQ(fake::Machine::get().handles(), handles) << "the completion event is closed with the segment";
    EXPECT_EQ(sample->GetActualDataLength(), 99);
    EXPECT_EQ(bench.pin->pending, 0);
    sample->Release();
  });
}

TEST(KsCompleteIo, R_PXY_9_AReadIsReflectedThenDelivered) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer());
    KSSTREAM_HEADER& header = file.header(0);
    header.DataUsed = 4000;
    header.OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), NOERROR);
    EXPECT_EQ(bench.pin->delivered_bytes, 4000) << "reflected before delivery";
    EXPECT_EQ(bench.pin->delivered_flags,
              static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM));
    EXPECT_EQ(bench.pin->completed_operation, KsIoOperation_Read);
  });
}

TEST(KsCompleteIo, R_PXY_9_KsDeliverReleasesTheSampleNotTheHandler) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    sample->AddRef();
    PKSSTREAM_SEGMENT segment = bench.read(sample);
    file.header(0).DataUsed = 1;
    file.complete(0, 0);
    bench.handler->KsCompleteIo(segment);
    EXPECT_EQ(static_cast<MediaSample*>(sample)->references(), 1u)
        << "the recording pin released one reference and the handler none";
    EXPECT_EQ(bench.allocator->outstanding(), 1u);
    sample->Release();
    EXPECT_EQ(bench.allocator->outstanding(), 0u) << "the last sample can be had again";
  });
}

// R-PXY-6: the segment says which operation it was.
TEST(KsCompleteIo, R_PXY_9_TheOperationIsTheSegmentsIoOperation) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    sample->AddRef();  // the one a write would have taken
    PKSSTREAM_SEGMENT segment = bench.read(sample);
    file.header(0).DataUsed = 1;
    file.complete(0, 0);
    segment->IoOperation = KsIoOperation_Write;
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), NOERROR);
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "completed", "decrement"})) << "a write is not delivered";
    EXPECT_EQ(bench.pin->completed_operation, KsIoOperation_Write);
    EXPECT_EQ(static_cast<MediaSample*>(sample)->references(), 1u);
    sample->Release();
  });
}

TEST(KsCompleteIo, R_PXY_10_TheHeaderIsReflectedInTheSampleThatIsDelivered) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    sample->AddRef();  // to look at it afterwards
    PKSSTREAM_SEGMENT segment = bench.read(sample);
    KSSTREAM_HEADER& header = file.header(0);
    header.DataUsed = 77;
    header.PresentationTime = {500, 2, 1};
    header.Duration = 20;
    header.OptionsFlags = KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID |
                          KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT | KSSTREAM_HEADER_OPTIONSF_PREROLL |
                          KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY | KSSTREAM_HEADER_OPTIONSF_TYPECHANGED;
    const ULONG flags = header.OptionsFlags;
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), NOERROR);
    REFERENCE_TIME start = 0, stop = 0;
    EXPECT_EQ(sample->GetTime(&start, &stop), S_OK);
    EXPECT_EQ(start, 1000);
    EXPECT_EQ(stop, 1040);
    EXPECT_EQ(sample->GetActualDataLength(), 77);
    EXPECT_EQ(sample->IsSyncPoint(), S_OK);
    EXPECT_EQ(sample->IsPreroll(), S_OK);
    EXPECT_EQ(sample->IsDiscontinuity(), S_OK);
    EXPECT_EQ(bench.pin->delivered_flags, flags) << "what a sample has no property for goes to KsDeliver";
    sample->Release();
  });
}

/// Bytes of the host's memory in blocks so large that they are mapped one by one; 0 under a sanitizer.
std::size_t mapped_bytes() { return mallinfo2().hblkhd; }

TEST(KsCompleteIo, R_PXY_8_TheMemoryOfTheHeadersIsGivenBack) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    constexpr ULONG kExtension = 48u << 20;  // beyond what the host's allocator ever keeps
    RecordingDataTypeHandler types(kExtension);
    const std::size_t before = mapped_bytes();
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
#ifndef __SANITIZE_ADDRESS__
    EXPECT_GE(mapped_bytes(), before + kExtension) << "the extended header";
#endif
    file.complete(0, STATUS_CANCELLED);
    bench.handler->KsCompleteIo(segment);
    EXPECT_EQ(mapped_bytes(), before);
  });
}

TEST(KsCompleteIo, R_PXY_11_AFailedWriteIsToldAndItsSampleReleased) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    IMediaSample* sample = bench.buffer();
    PKSSTREAM_SEGMENT segment = bench.submit(sample, KsIoOperation_Write);
    sample->Release();
    EXPECT_EQ(bench.allocator->outstanding(), 1u) << "the device reads from it";
    file.complete(0, STATUS_IO_DEVICE_ERROR);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), HRESULT_FROM_WIN32(ERROR_IO_DEVICE));
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "error", "completed", "decrement"}));
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
  });
}

TEST(KsCompleteIo, R_PXY_11_Order) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(8);
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
    file.header(0).DataUsed = 1;
    file.complete(0, 0);
    bench.handler->KsCompleteIo(segment);
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "completed", "decrement", "deliver"}));
    EXPECT_GE(bench.pin->references_during_deliver, 2u) << "the pin is held across delivery";
    EXPECT_EQ(types.calls, (Calls{"prepare", "complete"}));
  });
}

TEST(KsCompleteIo, R_PXY_11_ErrorIsNotifiedBeforeTheSegmentGoes) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(8);
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
    file.complete(0, STATUS_IO_DEVICE_ERROR);
    bench.handler->KsCompleteIo(segment);
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "error", "completed", "decrement"}));
    EXPECT_EQ(bench.pin->error, HRESULT_FROM_WIN32(ERROR_IO_DEVICE));
    EXPECT_EQ(types.calls, (Calls{"prepare", "complete"})) << "failed is not cancelled";
  });
}

TEST(KsCompleteIo, R_PXY_22_ACancelledReadIsReleasedNotDelivered) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    RecordingDataTypeHandler types(8);
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer(), &types);
    file.complete(0, STATUS_CANCELLED);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), HRESULT_FROM_WIN32(ERROR_OPERATION_ABORTED));
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "error", "completed", "decrement"}));
    EXPECT_EQ(bench.pin->error, HRESULT_FROM_WIN32(ERROR_OPERATION_ABORTED));
    EXPECT_EQ(types.calls, (Calls{"prepare", "complete cancelled"}));
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
  });
}

TEST(KsCompleteIo, R_PXY_22_ZeroLengthGoesBackUnlessItSaysSomething) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT empty = bench.read(bench.buffer());
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(empty), NOERROR);
    EXPECT_EQ(bench.pin->calls, (Calls{"increment", "completed", "decrement"}));
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
    PKSSTREAM_SEGMENT last = bench.read(bench.buffer());
    file.header(1).OptionsFlags = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    file.complete(1, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(last), NOERROR);
    EXPECT_EQ(bench.pin->calls.back(), "deliver");
    EXPECT_EQ(bench.pin->delivered_bytes, 0);
  });
}

// R-HDR-2, R-PXY-7.
TEST(KsCompleteIo, ADriverThatOverstatesItsDataIsAnError) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer());
    file.header(0).DataUsed = 4097;
    file.complete(0, 0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), VFW_E_BUFFER_OVERFLOW);
    EXPECT_EQ(bench.pin->error, VFW_E_BUFFER_OVERFLOW);
  });
}

TEST(KsCompleteIo, R_IRP_53_ARefusedReadCompletesThroughTheSamePath) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    file.answer = STATUS_INVALID_DEVICE_STATE;
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer());
    EXPECT_EQ(WaitForSingleObject(segment->CompletionEvent, 0), WAIT_OBJECT_0);
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), HRESULT_FROM_WIN32(ERROR_BAD_COMMAND));
    EXPECT_EQ(bench.pin->pending, 0);
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
  });
}

TEST(KsCompleteIo, AReadThatSucceedsOnTheSpotIsDelivered) {
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    file.answer = 0;
    PKSSTREAM_SEGMENT segment = bench.read(bench.buffer());
    EXPECT_EQ(WaitForSingleObject(segment->CompletionEvent, 0), WAIT_OBJECT_0);
    file.header(0).DataUsed = 5;
    EXPECT_EQ(bench.handler->KsCompleteIo(segment), NOERROR);
    EXPECT_EQ(bench.pin->delivered_bytes, 5);
  });
}

TEST(KsCompleteIo, SegmentEventsNameTheSegmentInOrderOfSubmission) {
  struct Recorder final : TraceSink {
    void event(std::string_view layer, std::string_view name, std::initializer_list<TraceField> fields) override {
      std::string line(layer);
      line.append(" ").append(name);
      for (const TraceField& field : fields) {
        line.append(" ").append(field.name).append("=");
        if (const auto* number = std::get_if<std::int64_t>(&field.value)) line += std::to_string(*number);
        if (const auto* number = std::get_if<std::uint64_t>(&field.value)) line += std::to_string(*number);
      }
      lines.push_back(line);
    }
    std::vector<std::string> lines;
  } recorder;
  set_trace_sink(&recorder);
  with_handler([](StreamFile& file, HandlerBench& bench) {
    bench.handler->KsSetPin(bench.pin.get());
    PKSSTREAM_SEGMENT first = bench.read(bench.buffer());
    PKSSTREAM_SEGMENT second = bench.read(bench.buffer());
    file.complete(1, STATUS_CANCELLED);
    bench.handler->KsCompleteIo(second);
    file.header(0).DataUsed = 1;
    file.complete(0, 0);
    bench.handler->KsCompleteIo(first);
  });
  set_trace_sink(nullptr);
  EXPECT_EQ(recorder.lines, (std::vector<std::string>{"proxy segment.submit segment=0 samples=1",
                                                      "proxy segment.submit segment=1 samples=1",
                                                      "proxy segment.complete segment=1 samples=1 status=-1073741536",
                                                      "proxy segment.complete segment=0 samples=1 status=0"}));
}

}  // namespace
}  // namespace p2p::proxy
