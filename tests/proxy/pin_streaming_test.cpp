// KsPin and the I/O thread with reads and writes in flight (R-PXY-12, 13, 21, 22).
#include "pin_fixture.h"

namespace p2p::proxy {
namespace {

using fake::PinBench;
using fake::with_pin;

constexpr std::uint32_t kBytes = 64;

TEST(PinStreaming, R_PXY_12_AllBuffersAreQueuedAndEachComesBackToTheDevice) {
  with_pin(3, [](PinBench& bench) {
    bench.start();
    EXPECT_EQ(bench.device().queued(), 3u);
    EXPECT_EQ(bench.pin->pending_io(), 3);
    bench.device().complete_frame(0, 1000, kBytes, 0);
    bench.settle();
    EXPECT_EQ(bench.input.times, std::vector<REFERENCE_TIME>{1000});
    EXPECT_EQ(bench.device().queued(), 3u);
  });
}

TEST(PinStreaming, R_PXY_9_TheOnlyBufferCanBeHadAgainAfterItsDelivery) {
  with_pin(1, [](PinBench& bench) {
    bench.start();
    for (REFERENCE_TIME time = 1; time <= 5; ++time) {
      ASSERT_EQ(bench.device().queued(), 1u);
      bench.device().complete_frame(0, time, kBytes, 0);
      bench.settle();
    }
    EXPECT_EQ(bench.input.times, (std::vector<REFERENCE_TIME>{1, 2, 3, 4, 5}));
  });
}

// R-PXY-9.
TEST(PinStreaming, BuffersTheApplicationHoldsGoBackWhenReleased) {
  with_pin(2, [](PinBench& bench) {
    bench.input.keep = true;
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, 0);
    bench.device().complete_frame(0, 2, kBytes, 0);
    bench.settle();
    EXPECT_EQ(bench.device().queued(), 0u);
    EXPECT_EQ(bench.pin->pending_io(), 0);
    bench.input.release_kept();
    bench.settle();
    EXPECT_EQ(bench.device().queued(), 2u);
  });
}

TEST(PinStreaming, R_PXY_21_CompletedTogetherMeansInOrderOfSubmission) {
  with_pin(4, [](PinBench& bench) {
    bench.start();
    // Submitted as a, b, c, d; completed as c, d, b, a. An I/O thread that waits is woken by c and finds the other
    // three when it looks again; one that was not waiting yet finds all four.
    for (const std::size_t index : {std::size_t{2}, std::size_t{2}, std::size_t{1}, std::size_t{0}}) {
      bench.device().complete_frame(index, static_cast<REFERENCE_TIME>(bench.device().queued()), kBytes, 0);
    }
    bench.settle();
    constexpr REFERENCE_TIME a = 1, b = 2, c = 4, d = 3;
    const std::vector<REFERENCE_TIME> waited{c, a, b, d};
    const std::vector<REFERENCE_TIME> looked{a, b, c, d};
    EXPECT_TRUE(bench.input.times == waited || bench.input.times == looked)
        << testing::PrintToString(bench.input.times);
  });
}

TEST(PinStreaming, R_PXY_21_OneByOneMeansInOrderOfCompletion) {
  with_pin(3, [](PinBench& bench) {
    bench.start();
    // Each completion is handled before the next is made: order of completion.
    bench.device().complete_frame(2, 30, kBytes, 0);
    bench.settle();
    bench.device().complete_frame(1, 20, kBytes, 0);
    bench.settle();
    bench.device().complete_frame(0, 10, kBytes, 0);
    bench.settle();
    EXPECT_EQ(bench.input.times, (std::vector<REFERENCE_TIME>{30, 20, 10}));
  });
}

TEST(PinStreaming, R_PXY_21_SegmentsBeyondOneWaitMoveUp) {
  with_pin(100, [](PinBench& bench) {
    bench.start();
    EXPECT_EQ(bench.device().queued(), 100u);
    for (REFERENCE_TIME time = 0; time < 100; ++time) {
      bench.device().complete_frame(0, time, kBytes, 0);
    }
    bench.settle();
    std::vector<REFERENCE_TIME> expected;
    for (REFERENCE_TIME time = 0; time < 100; ++time) expected.push_back(time);
    for (int i = 0; i < 100 && bench.input.times.size() < 100; ++i) bench.settle();
    EXPECT_EQ(bench.input.times, expected);
  });
}

TEST(PinStreaming, R_PXY_12_EndOfStreamFollowsItsSample) {
  with_pin(2, [](PinBench& bench) {
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM);
    bench.settle();
    EXPECT_EQ(bench.input.calls, (std::vector<std::string>{"sample", "asked for IPin"}));
  });
}

TEST(PinStreaming, R_PXY_12_AnInputPinDeliversNothing) {
  with_pin(
      1,
      [](PinBench& bench) {
        IMediaSample* sample = nullptr;
        bench.allocator->GetBuffer(&sample, nullptr, nullptr, 0);
        EXPECT_EQ(bench.pin->KsDeliver(sample, 0), E_FAIL);
        EXPECT_EQ(static_cast<MediaSample*>(sample)->references(), 1u);
        sample->Release();
        EXPECT_EQ(bench.pin->KsMediaSamplesCompleted(nullptr), NOERROR) << "R-PXY-13";
      },
      KSPIN_DATAFLOW_IN);
}

TEST(PinStreaming, R_PXY_13_OnlyASegmentInFlightCanComplete) {
  with_pin(1, [](PinBench& bench) {
    KSSTREAM_SEGMENT stranger{};
    EXPECT_EQ(bench.pin->KsMediaSamplesCompleted(&stranger), E_INVALIDARG);
  });
}

TEST(PinStreaming, R_PXY_5_WritesGoThroughAnInputPin) {
  with_pin(
      2,
      [](PinBench& bench) {
        IMediaSample* sample = nullptr;
        bench.allocator->GetBuffer(&sample, nullptr, nullptr, 0);
        EXPECT_EQ(bench.pin->write(sample), S_OK);
        sample->Release();
        EXPECT_EQ(bench.pin->pending_io(), 1);
        EXPECT_EQ(bench.allocator->outstanding(), 1u);
        bench.device().complete(0, 0, kBytes);
        EXPECT_TRUE(bench.pin->wait_idle(10000));
        EXPECT_EQ(bench.allocator->outstanding(), 0u);
        EXPECT_TRUE(bench.events.codes.empty());
      },
      KSPIN_DATAFLOW_IN);
}

TEST(PinStreaming, R_PXY_10_TimeDiscontinuityMarksTheNextSample) {
  with_pin(2, [](PinBench& bench) {
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, KSSTREAM_HEADER_OPTIONSF_TIMEDISCONTINUITY);
    bench.settle();
    bench.device().complete_frame(0, 2, kBytes, 0);
    bench.settle();
    bench.device().complete_frame(0, 3, kBytes, KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY);
    bench.settle();
    EXPECT_EQ(bench.input.discontinuities, (std::vector<bool>{false, true, true}));
  });
}

TEST(PinStreaming, R_HDR_3_AFormatChangeStopsTheStreamLoudly) {
  with_pin(2, [](PinBench& bench) {
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, KSSTREAM_HEADER_OPTIONSF_TYPECHANGED);
    bench.settle();
    EXPECT_TRUE(bench.input.calls.empty());
    EXPECT_EQ(bench.events.errors, std::vector<HRESULT>{VFW_E_TYPE_NOT_ACCEPTED});
    EXPECT_EQ(bench.device().queued(), 1u) << "nothing more is queued";
  });
}

TEST(PinStreaming, AFailedReadHaltsTheStream) {
  with_pin(2, [](PinBench& bench) {
    bench.start();
    bench.device().complete(0, STATUS_IO_DEVICE_ERROR, 0);
    bench.settle();
    EXPECT_EQ(bench.events.errors, std::vector<HRESULT>{HRESULT_FROM_WIN32(ERROR_IO_DEVICE)});
    EXPECT_EQ(bench.device().queued(), 1u);
    EXPECT_EQ(bench.allocator->outstanding(), 1u);
    bench.start();
    EXPECT_EQ(bench.device().queued(), 2u) << "until reads are started again";
  });
}

TEST(PinStreaming, ADeviceThatRefusesReadsDoesNotSpin) {
  with_pin(2, [](PinBench& bench) {
    bench.filter.read_status = STATUS_DEVICE_NOT_READY;
    bench.start();
    bench.settle();
    EXPECT_FALSE(bench.events.errors.empty());
    EXPECT_EQ(bench.events.errors[0], HRESULT_FROM_WIN32(ERROR_NOT_READY));
    EXPECT_EQ(bench.pin->pending_io(), 0);
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
    EXPECT_LE(bench.events.errors.size(), 2u);
  });
}

TEST(PinStreaming, AnInputThatTakesNoMoreStopsTheReads) {
  with_pin(2, [](PinBench& bench) {
    bench.input.answer = S_FALSE;
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, 0);
    bench.settle();
    EXPECT_EQ(bench.device().queued(), 1u);
    EXPECT_TRUE(bench.events.codes.empty());
  });
}

TEST(PinStreaming, R_PXY_22_AnEmptyReadIsQueuedAgainUndelivered) {
  with_pin(1, [](PinBench& bench) {
    bench.start();
    bench.device().complete(0, 0, sizeof(KSSTREAM_HEADER));
    bench.settle();
    EXPECT_TRUE(bench.input.calls.empty());
    EXPECT_EQ(bench.device().queued(), 1u);
  });
}

TEST(PinStreaming, R_PXY_21_FlushCancelsWaitsAndGoesOn) {
  with_pin(3, [](PinBench& bench) {
    bench.start();
    bench.filter.log.clear();
    EXPECT_EQ(bench.pin->flush(100000), S_OK);
    bench.settle();
    EXPECT_EQ(bench.filter.log, (std::vector<std::string>{"reset 0", "reset 1", "read", "read", "read"}));
    EXPECT_EQ(bench.device().queued(), 3u);
    EXPECT_TRUE(bench.input.calls.empty());
    EXPECT_TRUE(bench.events.codes.empty()) << "R-PXY-15: cancelled on purpose";
  });
}

TEST(PinStreaming, R_PXY_21_StopCancelsWhatIsInFlightSilently) {
  with_pin(3, [](PinBench& bench) {
    bench.start();
    bench.device().complete_frame(0, 1, kBytes, 0);
    bench.settle();
    bench.pin->stop_reads();
    EXPECT_EQ(bench.pin->set_state(KSSTATE_STOP), S_OK);
    EXPECT_TRUE(bench.pin->wait_idle(100000));
    bench.settle();
    EXPECT_EQ(bench.input.calls.size(), 1u) << "R-PXY-22: cancelled reads are not delivered";
    EXPECT_TRUE(bench.events.codes.empty());
    EXPECT_EQ(bench.allocator->outstanding(), 0u);
    EXPECT_EQ(bench.device().queued(), 0u);
  });
}

}  // namespace
}  // namespace p2p::proxy
