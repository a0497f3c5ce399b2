// When Process runs (R-PR-1..6).
#include "tests/ks/bench/process_fixture.h"

namespace p2p::test {
namespace {

TEST_F(Process, R_PR_1a_reaching_pause_processes_what_is_queued) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(calls(), 0u);
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(calls(), 1u);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Process, R_PR_1a_without_frames_nothing_is_called) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(calls(), 0u);
  });
}

TEST_F(Process, R_PR_1a_run_state_only_comes_after_set_device_state_run) {
  flags(KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    Request request({256}), second({256});
    read(c.pin, request);
    EXPECT_EQ(calls(), 0u);
    set_state(c.pin, KSSTATE_RUN);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(driver.calls[driver.calls.size() - 2].call, SynthPinSetDeviceState);
    EXPECT_EQ(driver.calls.back().call, SynthPinProcess);
    set_state(c.pin, KSSTATE_PAUSE);
    read(c.pin, second);
    EXPECT_FALSE(second.done());
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Process, R_PR_1b_an_arrival_triggers_only_where_the_leading_edge_had_nothing) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256}), third({256});
    read(c.pin, first);
    EXPECT_EQ(calls(), 1u);
    read(c.pin, second);
    read(c.pin, third);
    EXPECT_EQ(calls(), 1u);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Process, R_PR_2_frames_held_by_clones_behind_the_edge_do_not_count) {
  std::vector<PKSSTREAM_POINTER> clones;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED);
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(leading, nullptr, 0, &clone);
    clones.push_back(clone);
    KsStreamPointerAdvance(leading);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256});
    read(c.pin, first);
    EXPECT_EQ(calls(), 1u);
    read(c.pin, second);
    EXPECT_EQ(calls(), 2u);
    for (PKSSTREAM_POINTER clone : clones) KsStreamPointerDelete(clone);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_3_initiate_on_every_arrival) {
  flags(KSPIN_FLAG_INITIATE_PROCESSING_ON_EVERY_ARRIVAL);
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256}), third({256});
    read(c.pin, first);
    read(c.pin, second);
    read(c.pin, third);
    EXPECT_EQ(calls(), 3u);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Process, R_PR_3_do_not_initiate_leaves_it_to_the_driver) {
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(calls(), 0u);
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_3_do_not_initiate_also_at_state_changes) {
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request request({256});
    read(c.pin, request);
    set_state(c.pin, KSSTATE_RUN);
    EXPECT_EQ(calls(), 0u);
    driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) { return STATUS_UNSUCCESSFUL; };
    set_state(c.pin, KSSTATE_PAUSE);
    driver.set_state = {};
    EXPECT_EQ(calls(), 0u);
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_4_success_is_called_again_while_data_remain) {
  eject(STATUS_SUCCESS);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request first({256}), second({256}), third({256});
    for (Request* request : {&first, &second, &third}) read(c.pin, *request);
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(calls(), 3u);
    for (Request* request : {&first, &second, &third}) EXPECT_EQ(request->wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_4_pending_stops_until_the_next_trigger) {
  eject(STATUS_PENDING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request first({256}), second({256}), third({256});
    read(c.pin, first);
    read(c.pin, second);
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(calls(), 1u);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    read(c.pin, third);  // not into an empty queue: no restart
    EXPECT_EQ(calls(), 1u);
    KsPinAttemptProcessing(only_pin(), FALSE);
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(calls(), 3u);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(third.wait(), STATUS_SUCCESS);
    KsPinAttemptProcessing(only_pin(), FALSE);  // nothing left: not called
    EXPECT_EQ(calls(), 3u);
  });
}

TEST_F(Process, R_PR_4_small_steps_through_a_frame_are_progress) {
  driver.process = [](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == nullptr) return STATUS_PENDING;
    ++leading->StreamHeader->DataUsed;
    KsStreamPointerAdvanceOffsetsAndUnlock(leading, 0, 1, FALSE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({10500});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(calls(), 10500u);
  });
}

TEST_F(Process, R_PR_4_success_without_progress_for_ever_is_reported) {
  driver.process = [](PKSPIN) { return STATUS_SUCCESS; };
  expect_ks_violation(0x81005, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
  });
}

TEST_F(Process, R_PR_5_passive_pins_process_at_passive_level_whoever_asks) {
  config.cpus = 1;  // another would process meanwhile
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    at_dispatch_level([&] {
      KsPinAttemptProcessing(only_pin(), FALSE);
      EXPECT_EQ(calls(), 0u);
    });
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(driver.last(SynthPinProcess)->irql, PASSIVE_LEVEL);
  });
}

TEST_F(Process, R_MAP_5_common_buffer_dma_copies_when_its_dpc_says_so) {
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING | KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING);
  static const UCHAR kCommonBuffer[16] = {1, 2, 3};
  driver.process = [](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    RtlCopyMemory(leading->OffsetOut.Data, kCommonBuffer, sizeof kCommonBuffer);
    leading->StreamHeader->DataUsed = sizeof kCommonBuffer;
    KsStreamPointerUnlock(leading, TRUE);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({16}), second({16});
    read(c.pin, first);
    read(c.pin, second);
    at_dispatch_level([&] { KsPinAttemptProcessing(only_pin(), FALSE); });
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(first.frame()[2], 3);
    EXPECT_FALSE(second.done());  // the next interrupt's
    at_dispatch_level([&] { KsPinAttemptProcessing(only_pin(), FALSE); });
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_Q_4_every_frame_is_newer_than_the_one_before) {
  std::vector<PVOID> seen;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(leading, nullptr, 0, &clone);
    // A clone walks ahead of the edge; the edge comes after it and does not see an earlier frame again.
    while (NT_SUCCESS(KsStreamPointerAdvance(clone))) seen.push_back(clone->StreamHeader->Data);
    KsStreamPointerDelete(clone);
    KsStreamPointerUnlock(leading, TRUE);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request request({16, 16, 16});
    read(c.pin, request);
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(seen, (std::vector<PVOID>{request.frame(1), request.frame(2)}));
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(seen.back(), request.frame(2));
    EXPECT_EQ(seen.size(), 3u);
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(seen.size(), 3u);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_5_dispatch_level_pins_process_where_they_are) {
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING | KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256});
    read(c.pin, first);
    at_dispatch_level([&] {
      KsPinAttemptProcessing(only_pin(), FALSE);
      EXPECT_EQ(calls(), 1u);
    });
    EXPECT_EQ(driver.last(SynthPinProcess)->irql, DISPATCH_LEVEL);
    read(c.pin, second);
    KsPinAttemptProcessing(only_pin(), FALSE);
    EXPECT_EQ(driver.last(SynthPinProcess)->irql, PASSIVE_LEVEL);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Process, R_PR_5_asynchronous_means_a_work_item_always) {
  flags(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    const PKTHREAD self = KeGetCurrentThread();
    PKTHREAD processed_by = nullptr;
    driver.process = [&](PKSPIN pin) -> NTSTATUS {
      processed_by = KeGetCurrentThread();
      KsStreamPointerUnlock(KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED), TRUE);
      return STATUS_PENDING;
    };
    KsPinAttemptProcessing(only_pin(), TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_NE(processed_by, self);
    EXPECT_NE(processed_by, nullptr);
  });
}

TEST_F(Process, R_PR_6_asynchronous_processing_leaves_the_arrivals_thread) {
  flags(KSPIN_FLAG_ASYNCHRONOUS_PROCESSING | KSPIN_FLAG_CRITICAL_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    const PKTHREAD self = KeGetCurrentThread();
    PKTHREAD processed_by = self;
    driver.process = [&](PKSPIN pin) -> NTSTATUS {
      processed_by = KeGetCurrentThread();
      KsStreamPointerUnlock(KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED), TRUE);
      return STATUS_PENDING;
    };
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_NE(processed_by, self);
  });
}

TEST_F(Process, frames_not_required_is_called_without_any) {
  flags(KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING);
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    EXPECT_EQ(calls(), 1u);
  });
}

TEST_F(Process, an_attempt_above_dispatch_level_is_a_violation) {
  expect_ks_violation(0x81009, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    KIRQL irql;
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KsPinAttemptProcessing(only_pin(), FALSE);
  });
}

TEST_F(Process, a_process_call_that_returns_at_another_irql_is_a_violation) {
  driver.process = [](PKSPIN) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return STATUS_PENDING;
  };
  expect_ks_violation(0x81008, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
  });
}

}  // namespace
}  // namespace p2p::test
