// One dispatch at a time: gates and the processing mutex (R-PR-7, R-GATE-2, R-KMX-3).
#include "tests/ks/bench/process_fixture.h"

namespace p2p::test {
namespace {

TEST_F(Process, R_PR_7_one_call_at_a_time_and_no_attempt_is_lost) {
  int depth = 0, deepest = 0;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    deepest = std::max(deepest, ++depth);
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading != nullptr) {
      sleep_us(100);
      KsPinAttemptProcessing(pin, FALSE);  // while processing: kept for later
      leading->StreamHeader->DataUsed = 1;
      KsStreamPointerUnlock(leading, TRUE);
    }
    --depth;
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256});
    KEVENT over;
    KeInitializeEvent(&over, NotificationEvent, FALSE);
    spawn("other", [&] {
      read(c.pin, second);
      second.wait();
      KeSetEvent(&over, 0, FALSE);
    });
    read(c.pin, first);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    wait_for(&over);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(deepest, 1);
  });
}

TEST_F(Process, R_GATE_2_a_captured_gate_keeps_process_away_until_it_is_given_back) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PKSGATE gate = KsPinGetAndGate(only_pin());
    EXPECT_EQ(gate->Count, 1);  // R-GATE-1
    EXPECT_TRUE(KsGateCaptureThreshold(gate));
    EXPECT_FALSE(KsGateCaptureThreshold(gate));
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(calls(), 0u);
    KsGateTurnInputOn(gate);
    EXPECT_EQ(calls(), 0u);  // R-GATE-3: turning on does not start processing
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_KMX_3_the_processing_mutex_keeps_process_away) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    KsPinAcquireProcessingMutex(only_pin());
    KEVENT over;
    KeInitializeEvent(&over, NotificationEvent, FALSE);
    spawn("reader", [&] {
      read(c.pin, request);
      request.wait();
      KeSetEvent(&over, 0, FALSE);
    });
    sleep_us(1000);
    EXPECT_EQ(calls(), 0u);
    KsPinReleaseProcessingMutex(only_pin());
    wait_for(&over);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_KMX_3_and_also_a_process_call_at_dispatch_level) {
  flags(KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING | KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    KsPinAcquireProcessingMutex(only_pin());
    at_dispatch_level([&] { KsPinAttemptProcessing(only_pin(), FALSE); });
    EXPECT_EQ(calls(), 0u);
    KsPinReleaseProcessingMutex(only_pin());
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_KMX_3_what_happened_under_the_mutex_counts_for_a_call_that_waited_for_it) {
  KEVENT entered;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    leading->StreamHeader->DataUsed = 1;
    KsStreamPointerUnlock(leading, TRUE);
    if (calls() == 1) {
      KeSetEvent(&entered, 0, FALSE);
      sleep_us(1000);  // the taker waits for the mutex by now
    }
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request first({256}), second({256});
    read(c.pin, first);
    read(c.pin, second);
    PKSGATE gate = KsPinGetAndGate(only_pin());
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("taker", [&] {
      wait_for(&entered);
      KsPinAcquireProcessingMutex(only_pin());
      EXPECT_EQ(calls(), 1u);
      KsGateTurnInputOff(gate);  // R-PR-1: never with the gate closed
      KsPinReleaseProcessingMutex(only_pin());
      sleep_us(1000);
      EXPECT_EQ(calls(), 1u);
      KsGateTurnInputOn(gate);
      KsPinAttemptProcessing(only_pin(), FALSE);
      KeSetEvent(&done, 0, FALSE);
    });
    set_state(c.pin, KSSTATE_PAUSE);
    wait_for(&done);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_KMX_3_a_call_at_dispatch_level_that_was_interrupted_goes_on_when_the_mutex_is_free) {
  flags(KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING | KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  KEVENT entered;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    if (calls() == 1) {
      KeSetEvent(&entered, 0, FALSE);
      KeStallExecutionProcessor(500);  // on the other processor, the taker acquires the mutex
    }
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    leading->StreamHeader->DataUsed = 1;
    KsStreamPointerUnlock(leading, TRUE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256});
    read(c.pin, first);
    read(c.pin, second);
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("taker", [&] {
      wait_for(&entered);
      KsPinAcquireProcessingMutex(only_pin());
      const std::size_t before = calls();
      sleep_us(1000);
      EXPECT_EQ(calls(), before);
      KsPinReleaseProcessingMutex(only_pin());
      KeSetEvent(&done, 0, FALSE);
    });
    at_dispatch_level([&] { KsPinAttemptProcessing(only_pin(), FALSE); });
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    wait_for(&done);
  });
}

}  // namespace
}  // namespace p2p::test
