// proxy/capture.h as an application uses it, over a scripted filter and several schedules.
#include <algorithm>
#include <vector>

#include "fake_capture.h"
#include "in_machine.h"
#include "proxy/capture.h"
#include "sim/trace_sink.h"
#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

using fake::CaptureFilter;

constexpr std::int64_t kSecond = 10'000'000;

/// Runs `body(script)` with one filter present.
void with_filter(std::uint64_t seed, const std::function<void(CaptureFilter&)>& body) {
  fake::Machine machine(seed);
  auto script = std::make_shared<CaptureFilter>();
  machine.add_interface(u"\\??\\camera", script);
  fake::in_machine(machine, [&] { body(*script); });
}

class CaptureSessionTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void with(const std::function<void(CaptureFilter&)>& body) { with_filter(GetParam(), body); }
};
INSTANTIATE_TEST_SUITE_P(Schedules, CaptureSessionTest, testing::Values(0, 1, 2, 3, 5, 8, 13));

void expect_ok(const CaptureResult& result) {
  EXPECT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(result.message, "");
}

TEST_P(CaptureSessionTest, CapturesEveryFrameInOrder) {
  with([](CaptureFilter& script) {
    script.frames = 20;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    std::vector<unsigned> seen;
    std::vector<std::int64_t> times;
    expect_ok(session.run(4, 0, [&](const DeliveredSample& sample) {
      EXPECT_EQ(sample.index, seen.size());
      EXPECT_EQ(sample.bytes, 320u * 240 * 2);
      EXPECT_TRUE(sample.time_valid);
      EXPECT_EQ(sample.duration_100ns, 333333);
      EXPECT_EQ(sample.data[0], sample.data[sample.bytes - 1]);
      seen.push_back(sample.data[0]);
      times.push_back(sample.start_100ns);
    }));
    EXPECT_EQ(session.wait_for(20, 10 * kSecond), 20u);
    std::uint64_t dropped = 7;
    std::uint64_t captured = 7;
    expect_ok(session.dropped_frames(&dropped, &captured));
    EXPECT_EQ(dropped, 0u);
    EXPECT_EQ(captured, 20u);
    expect_ok(session.stop());
    expect_ok(session.close());
    ASSERT_EQ(seen.size(), 20u);
    for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(seen[i], i);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_EQ(script.pin_closed, 1u);
    EXPECT_EQ(script.closed, 1u);
  });
}

TEST_P(CaptureSessionTest, R_ST_2_StatesAreWalkedStepByStepWithBuffersQueuedBeforeRun) {
  with([](CaptureFilter& script) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(2, 0, nullptr));
    expect_ok(session.stop());
    EXPECT_EQ(script.log, (std::vector<std::string>{"state 1", "state 2", "read", "read", "state 3", "state 2",
                                                    "state 1", "state 0"}));
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, SlowApplicationMakesTheDeviceDropAndEveryFrameIsAccountedFor) {
  with([](CaptureFilter& script) {
    script.frames = 30;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    std::uint64_t delivered = 0;
    // Each sample is kept for about three frames.
    expect_ok(session.run(2, 100'000'000, [&](const DeliveredSample&) { ++delivered; }));
    session.wait_for(30, 3 * kSecond);
    std::uint64_t dropped = 0;
    expect_ok(session.dropped_frames(&dropped, nullptr));
    EXPECT_GT(dropped, 0u);
    expect_ok(session.stop());
    EXPECT_EQ(delivered + dropped, 30u) << "what the device completed is shown even while stopping";
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, StopShowsTheApplicationWhatWasCompletedWithoutHoldingIt) {
  with([](CaptureFilter& script) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({32, 16, 333333}));
    std::vector<std::int64_t> times;
    constexpr std::uint64_t kHourNs = 3'600'000'000'000;
    expect_ok(session.run(4, kHourNs, [&](const DeliveredSample& sample) { times.push_back(sample.start_100ns); }));
    for (const std::int64_t time : {1, 2, 3}) script.pin->complete_frame(0, time, 1024, 0);
    EXPECT_EQ(session.wait_for(1, kSecond), 1u);
    const std::int64_t before = nt::query_system_time();
    expect_ok(session.stop());
    EXPECT_LT(nt::query_system_time() - before, kSecond);
    EXPECT_EQ(times, (std::vector<std::int64_t>{1, 2, 3}));
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, StopWithFramesStillComing) {
  with([](CaptureFilter& script) {
    script.frames = 1000;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    std::uint64_t delivered = 0;
    expect_ok(session.run(3, 0, [&](const DeliveredSample&) { ++delivered; }));
    EXPECT_GE(session.wait_for(5, kSecond), 5u);
    expect_ok(session.stop());
    EXPECT_EQ(delivered, script.captured);
    EXPECT_EQ(script.pin->queued(), 0u);
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, R_ST_8_EmptyReadsAtStopAreNotDelivered) {
  with([](CaptureFilter& script) {
    script.zero_length_on_stop = true;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    std::uint64_t delivered = 0;
    expect_ok(session.run(3, 0, [&](const DeliveredSample&) { ++delivered; }));
    expect_ok(session.stop());
    EXPECT_EQ(delivered, 0u);
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, RunsAgainAfterStop) {
  with([](CaptureFilter& script) {
    script.frames = 3;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    for (int run = 0; run < 3; ++run) {
      expect_ok(session.run(2, 0, nullptr));
      EXPECT_EQ(session.wait_for(3, kSecond), 3u);
      expect_ok(session.stop());
    }
    expect_ok(session.close());
    expect_ok(session.open());
    expect_ok(session.connect({640, 480, 333333}));
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, CloseStopsWhatRuns) {
  with([](CaptureFilter& script) {
    script.frames = 1000;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(3, 0, nullptr));
    expect_ok(session.close());
    EXPECT_EQ(script.closed, 1u);
  });
}

TEST_P(CaptureSessionTest, EndOfStreamEndsTheWait) {
  with([](CaptureFilter& script) {
    script.frames = 4;
    script.end_of_stream = true;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(2, 0, nullptr));
    const std::int64_t before = nt::query_system_time();
    EXPECT_EQ(session.wait_for(100, 1000 * kSecond), 4u);
    EXPECT_LT(nt::query_system_time() - before, kSecond);
    expect_ok(session.stop());
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, WaitingEndsInSimulatedTime) {
  with([](CaptureFilter&) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(2, 0, nullptr));
    const std::int64_t before = nt::query_system_time();
    EXPECT_EQ(session.wait_for(1, 3 * kSecond), 0u);
    EXPECT_GE(nt::query_system_time() - before, 3 * kSecond);
    EXPECT_LT(nt::query_system_time() - before, 4 * kSecond);
    expect_ok(session.stop());
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, AReadErrorEndsTheWaitAndIsReportedByStop) {
  with([](CaptureFilter& script) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(2, 0, nullptr));
    script.pin->complete(0, STATUS_IO_DEVICE_ERROR, 0);
    EXPECT_EQ(session.wait_for(1, 1000 * kSecond), 0u);
    const CaptureResult result = session.stop();
    EXPECT_EQ(result.status, HRESULT_FROM_WIN32(ERROR_IO_DEVICE));
    EXPECT_EQ(result.message, "streaming stopped early: a read failed with ERROR_IO_DEVICE (0x8007045D)");
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, ADriverThatKeepsReadsAfterStopIsNamedAndTheyAreCancelled) {
  with([](CaptureFilter& script) {
    script.keep_reads_on_stop = true;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    expect_ok(session.run(3, 0, nullptr));
    const CaptureResult result = session.stop();
    EXPECT_EQ(result.message, "stop: the pin is in KSSTATE_STOP but the driver still holds 3 reads");
    EXPECT_EQ(script.log.back(), "cancel");
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, ARefusedStateIsUndoneAndNamed) {
  with([](CaptureFilter& script) {
    script.state_status[KSSTATE_RUN] = STATUS_INSUFFICIENT_RESOURCES;
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    const CaptureResult result = session.run(2, 0, nullptr);
    EXPECT_EQ(result.message,
              "set pin state KSSTATE_RUN: ERROR_NO_SYSTEM_RESOURCES (0x800705AA), "
              "STATUS_INSUFFICIENT_RESOURCES (0xC000009A)");
    EXPECT_EQ(script.log.back(), "state 0");
    EXPECT_EQ(session.stop().message, "stop: the stream does not run");
    expect_ok(session.close());
  });
}

TEST_P(CaptureSessionTest, OutOfMemoryLeavesThePinStopped) {
  with([](CaptureFilter& script) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({320, 240, 333333}));
    fake::Machine::get().fail_memory_after = 1;
    EXPECT_FALSE(session.run(4, 0, nullptr).ok());
    EXPECT_TRUE(script.log.empty());
    EXPECT_FALSE(session.run(0, 0, nullptr).ok());
    expect_ok(session.run(4, 0, nullptr));
    expect_ok(session.close());
  });
}

TEST(CaptureSession, FormatFailuresSayWhichRangeAndField) {
  with_filter(0, [](CaptureFilter& script) {
    KS_DATARANGE_VIDEO nv12 = fake::yuy2_range(16, 1280);
    nv12.DataRange.SubFormat.Data1 = 0x3231564e;
    script.ranges.insert(script.ranges.begin(), nv12);
    CaptureSession session;
    EXPECT_EQ(session.connect({322, 240, 333333}).message, "connect: no filter is open");
    expect_ok(session.open());
    EXPECT_EQ(
        session.connect({322, 240, 333333}).message,
        "data intersection for YUY2 322x240 on pin 1: range 0 is vids/NV12; range 1 excludes it (width 322 is not "
        "16..1280 in steps of 16), driver says intersection: ERROR_NO_MATCH (0x80070491), STATUS_NO_MATCH "
        "(0xC0000272)");
    EXPECT_EQ(session.connect({0, 240, 333333}).message, "connect YUY2 0x240: width 0 is not 1..32767");
    script.intersect_wrong_height = true;
    EXPECT_EQ(session.connect({320, 240, 333333}).message,
              "data intersection for YUY2 320x240 on pin 1: range 0 is vids/NV12; range 1 was intersected to height "
              "248");
    script.ranges.clear();
    EXPECT_EQ(session.connect({320, 240, 333333}).message,
              "data intersection for YUY2 320x240 on pin 1: it has no data ranges");
    expect_ok(session.close());
  });
}

TEST(CaptureSession, EachStepNamesItself) {
  with_filter(0, [](CaptureFilter& script) {
    CaptureSession session;
    EXPECT_EQ(session.open(1).message, "open: no capture filter 1, 1 registered under KSCATEGORY_CAPTURE");
    EXPECT_FALSE(session.run(1, 0, nullptr).ok());
    EXPECT_FALSE(session.dropped_frames(nullptr, nullptr).ok());
    EXPECT_FALSE(session.stop().ok());
    EXPECT_EQ(session.wait_for(1, kSecond), 0u);
    expect_ok(session.open());
    EXPECT_EQ(session.open().message, "open: this session has a filter open");
    script.create_status = STATUS_INVALID_PARAMETER;
    EXPECT_EQ(session.connect({320, 240, 333333}).message,
              "create pin 1: ERROR_INVALID_PARAMETER (0x80070057), STATUS_INVALID_PARAMETER (0xC000000D)");
    expect_ok(session.close());
  });
}

TEST(CaptureSession, SampleDeliverEventCarriesTheDevicesTime) {
  struct Recorder final : TraceSink {
    void event(std::string_view layer, std::string_view name, std::initializer_list<TraceField> fields) override {
      if (name != "sample.deliver") return;
      std::vector<std::int64_t> row;
      EXPECT_EQ(layer, "proxy");
      for (const TraceField& field : fields) {
        names += std::string(field.name);
        names += ' ';
        if (const auto* number = std::get_if<std::int64_t>(&field.value)) row.push_back(*number);
        if (const auto* number = std::get_if<std::uint64_t>(&field.value)) {
          row.push_back(static_cast<std::int64_t>(*number));
        }
      }
      rows.push_back(row);
    }
    std::string names;
    std::vector<std::vector<std::int64_t>> rows;
  } recorder;
  set_trace_sink(&recorder);
  with_filter(0, [](CaptureFilter& script) {
    CaptureSession session;
    expect_ok(session.open());
    expect_ok(session.connect({32, 16, 333333}));
    expect_ok(session.run(2, 0, nullptr));
    script.pin->complete_frame(0, 123456789, 1024, KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY);
    EXPECT_EQ(session.wait_for(1, kSecond), 1u);
    expect_ok(session.stop());
    expect_ok(session.close());
  });
  set_trace_sink(nullptr);
  ASSERT_EQ(recorder.rows.size(), 1u);
  EXPECT_EQ(recorder.names, "sample bytes time discontinuity ");
  EXPECT_EQ(recorder.rows[0], (std::vector<std::int64_t>{0, 1024, 123456789, 1}));
}

}  // namespace
}  // namespace p2p::proxy
