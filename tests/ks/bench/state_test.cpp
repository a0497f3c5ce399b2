// Pin states (spec 4.7): order, roll-back, what is accepted when, what a stop does to requests.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

class State : public KsTest {
 protected:
  /// The driver keeps every frame: Process does nothing.
  void keep_frames() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
};

TEST_F(State, R_ST_1_the_state_is_a_connection_property_of_the_pin) {
  expect_clean([&] {
    Connection c;
    EXPECT_EQ(get_state(c.pin), KSSTATE_STOP);
    for (KSSTATE state : {KSSTATE_ACQUIRE, KSSTATE_PAUSE, KSSTATE_RUN, KSSTATE_PAUSE, KSSTATE_ACQUIRE, KSSTATE_STOP}) {
      EXPECT_EQ(set_state(c.pin, state), STATUS_SUCCESS);
      EXPECT_EQ(get_state(c.pin), state);
    }
    const ULONG four = 4;
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &four, sizeof four),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &four, 2),
              STATUS_BUFFER_TOO_SMALL);
    // The filter has no state.
    KSSTATE state = KSSTATE_RUN;
    EXPECT_EQ(set_property(c.filter.handle(), KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &state, 4),
              STATUS_PROPSET_NOT_FOUND);
  });
}

TEST_F(State, R_ST_2_a_jump_is_expanded_to_single_steps_both_ways) {
  expect_clean([&] {
    Connection c;
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>1 1>2 2>3 3>2 2>1 1>0");
  });
}

TEST_F(State, R_ST_2_the_state_it_is_in_already_is_no_change) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>1 1>2");
  });
}

TEST_F(State, R_ST_2_without_the_standard_transport_jumps_stay_jumps_and_there_is_no_queue) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_DO_NOT_USE_STANDARD_TRANSPORT;
    tables.Pins[SYNTH_PIN_RENDER].Flags =
        KSPIN_FLAG_DO_NOT_USE_STANDARD_TRANSPORT | KSPIN_FLAG_USE_STANDARD_TRANSPORT;  // this one wins
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN), standard(SYNTH_PIN_RENDER, KSSTATE_ACQUIRE);
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>3");
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_INVALID_DEVICE_STATE);
    auto* pin = static_cast<PKSPIN>(driver.calls.back().object);
    for (const Call& call : driver.calls) {
      if (call.call == SynthPinCreate && call.pin == SYNTH_PIN_CAPTURE) pin = static_cast<PKSPIN>(call.object);
    }
    EXPECT_EQ(KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED), nullptr);  // R-SP-1
    c.close_pin();
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>3 3>0");
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_RENDER), "0>1");
  });
}

TEST_F(State, R_ST_7_a_request_that_meets_a_stop_on_its_way_is_refused_or_cancelled_but_never_kept) {
  config.schedule = ntos::Schedule::kRandom;  // under fifo the two never meet
  keep_frames();
  expect_clean([&] {
    Connection c;
    for (int round = 0; round < 60; ++round) {
      set_state(c.pin, KSSTATE_ACQUIRE);
      Request request({256});
      KEVENT done;
      KeInitializeEvent(&done, NotificationEvent, FALSE);
      NTSTATUS status = -1;
      kernel->run_in_user_thread("reader", [&] {
        read(c.pin, request);
        status = request.wait();
        KeSetEvent(&done, 0, FALSE);
      });
      sleep_us(1 + round % 8);
      if (round % 2 == 0) {
        set_state(c.pin, KSSTATE_STOP);
      } else {
        reset(c.pin, KSRESET_BEGIN);
      }
      ASSERT_EQ(wait_for_us(&done, 100'000), STATUS_SUCCESS) << "round " << round << ": a request lies in a queue "
                                                             << "that nobody looks at";
      EXPECT_TRUE(status == STATUS_CANCELLED || status == STATUS_INVALID_DEVICE_STATE ||
                  status == STATUS_DEVICE_NOT_READY)
          << status;
      reset(c.pin, KSRESET_END);
      set_state(c.pin, KSSTATE_STOP);
    }
  });
}

TEST_F(State, R_ST_3_set_device_state_runs_at_passive_level_with_the_control_mutex) {
  std::vector<NTSTATUS> waits;
  driver.set_state = [&](PKSPIN pin, KSSTATE, KSSTATE) {
    // Another thread cannot take the mutex meanwhile.
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    bool taken = false;
    spawn("taker", [&, pin] {
      KsFilterAcquireControl(KsPinGetParentFilter(pin));
      taken = true;
      KsFilterReleaseControl(KsPinGetParentFilter(pin));
      KeSetEvent(&done, 0, FALSE);
    });
    waits.push_back(wait_for_us(&done, 1000));
    EXPECT_FALSE(taken);
    KsReleaseControl(pin);
    wait_for(&done);
    KsAcquireControl(pin);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    driver.set_state = {};
    EXPECT_EQ(waits, std::vector<NTSTATUS>{STATUS_TIMEOUT});
    for (const Call& call : driver.calls) EXPECT_EQ(call.irql, PASSIVE_LEVEL);
  });
}

TEST_F(State, R_KS_9_client_state_is_new_before_the_callback_and_old_after_a_failure) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    PKSPIN pin = nullptr;
    driver.set_state = [&](PKSPIN p, KSSTATE to, KSSTATE from) -> NTSTATUS {
      pin = p;
      EXPECT_EQ(p->ClientState, to);
      EXPECT_EQ(p->DeviceState, from);
      return to == KSSTATE_PAUSE ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    };
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(pin->ClientState, KSSTATE_ACQUIRE);
    EXPECT_EQ(pin->DeviceState, KSSTATE_ACQUIRE);
    EXPECT_EQ(get_state(c.pin), KSSTATE_ACQUIRE);
  });
}

TEST_F(State, R_ST_3_a_jump_ends_at_the_step_that_fails) {
  expect_clean([&] {
    Connection c;
    driver.set_state = [](PKSPIN, KSSTATE to, KSSTATE) -> NTSTATUS {
      return to == KSSTATE_RUN ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    };
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(get_state(c.pin), KSSTATE_PAUSE);
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>1 1>2 2>3");
    // The client can try again from there.
    driver.set_state = {};
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
  });
}

TEST_F(State, R_ST_3_a_failure_to_acquire_leaves_the_pin_without_a_queue) {
  expect_clean([&] {
    Connection c;
    driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_UNSUCCESSFUL);
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_INVALID_DEVICE_STATE);
    driver.set_state = {};
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    Request again({256});
    read(c.pin, again);
    EXPECT_EQ(again.wait(), STATUS_SUCCESS);
  });
}

TEST_F(State, R_ST_3_pending_is_no_answer_to_a_state_change) {
  driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) -> NTSTATUS { return STATUS_PENDING; };
  expect_ks_violation(0x81005, [&] { Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE); });
}

TEST_F(State, R_CRE_6_no_stop_is_sent_on_connection_nor_on_closing_a_stopped_pin) {
  expect_clean([&] {
    { Connection c; }
    EXPECT_EQ(driver.count(SynthPinSetDeviceState), 0u);
    EXPECT_EQ(driver.count(SynthPinClose), 1u);
  });
}

TEST_F(State, R_ST_7_a_request_in_stop_is_refused) {
  expect_clean([&] {
    Connection c;
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_INVALID_DEVICE_STATE);
    // An error at once: neither event nor IOSB are touched (R-IRP-53).
    EXPECT_FALSE(request.done());
    EXPECT_EQ(request.iosb.status, 0x5A5A5A5A);
    EXPECT_EQ(request.iosb.information, 0x5A5Au);
  });
}

TEST_F(State, R_ST_7_requests_queue_from_acquire_up_and_process_runs_from_pause_up) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_PENDING);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);
    EXPECT_FALSE(request.done());
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);  // R-PR-1a
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.iosb.information, sizeof(KSSTREAM_HEADER));
    EXPECT_EQ(request.header()->DataUsed, 256u);
  });
}

TEST_F(State, R_IOS_1_a_read_returns_its_headers_size_and_a_write_the_bytes_of_its_data) {
  expect_clean([&] {
    Connection capture(SYNTH_PIN_CAPTURE, KSSTATE_RUN), render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request in({100, 28}), out({100, 28});
    read(capture.pin, in);
    EXPECT_EQ(in.wait(), STATUS_SUCCESS);
    EXPECT_EQ(in.iosb.information, 2 * sizeof(KSSTREAM_HEADER));
    write(render.pin, out);
    EXPECT_EQ(out.wait(), STATUS_SUCCESS);
    EXPECT_EQ(out.iosb.information, 128u);
  });
}

/// An allocator that must not be asked.
struct Allocator {
  static inline int calls = 0;
  static NTSTATUS NTAPI initialize(PKSPIN, PKSALLOCATOR_FRAMING, PVOID*) {
    ++calls;
    return STATUS_UNSUCCESSFUL;
  }
};

TEST_F(State, R_ALC_2_an_allocator_is_never_used_for_frames_that_reach_user_mode) {
  driver.configure = [](SYNTH_TABLES& tables) {
    static KSALLOCATOR_DISPATCH allocator{};
    allocator.InitializeAllocator = Allocator::initialize;
    tables.PinDispatch->Allocator = &allocator;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(Allocator::calls, 0);
  });
}

TEST_F(State, R_ST_8_run_to_pause_keeps_requests_queued_and_stop_cancels_them) {
  keep_frames();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), second({256});
    EXPECT_EQ(read(c.pin, first), STATUS_PENDING);
    EXPECT_EQ(read(c.pin, second), STATUS_PENDING);
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    EXPECT_FALSE(first.done());
    EXPECT_FALSE(second.done());
    EXPECT_EQ(driver.count(SynthPinReset), 0u);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_TRUE(first.done());
    EXPECT_TRUE(second.done());
    EXPECT_EQ(first.wait(), STATUS_CANCELLED);
    EXPECT_EQ(second.wait(), STATUS_CANCELLED);
    EXPECT_EQ(first.header()->DataUsed, 0u);
    EXPECT_EQ(driver.count(SynthPinReset), 1u);  // the flush
  });
}

TEST_F(State, R_ST_9_frames_marked_so_are_flushed_on_pause) {
  keep_frames();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request kept({256}), flushed({256});
    flushed.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_FLUSHONPAUSE;
    EXPECT_EQ(read(c.pin, kept), STATUS_PENDING);
    EXPECT_EQ(read(c.pin, flushed), STATUS_PENDING);
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_FALSE(kept.done());
    EXPECT_EQ(flushed.wait(), STATUS_CANCELLED);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(kept.wait(), STATUS_CANCELLED);
  });
}

TEST_F(State, R_SP_15_a_locked_pointer_at_stop_is_a_violation) {
  driver.process = [](PKSPIN pin) -> NTSTATUS {
    KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    return STATUS_PENDING;
  };
  expect_ks_violation(0x81004, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(State, KsStreamPointerClone_a_clone_left_at_stop_is_a_violation) {
  driver.process = [](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED), nullptr, 0, &clone);
    return STATUS_PENDING;
  };
  expect_ks_violation(0x81002, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(State, R_CRE_8_closing_a_running_pin_stops_it_and_cancels_its_requests) {
  keep_frames();
  expect_clean([&] {
    Request first({256}), second({256});
    {
      Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
      read(c.pin, first);
      read(c.pin, second);
      c.close_pin();
      EXPECT_TRUE(first.done());
      EXPECT_TRUE(second.done());
      EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>1 1>2 2>3 3>2 2>1 1>0");
      EXPECT_EQ(driver.calls.back().call, SynthPinClose);
    }
    EXPECT_EQ(first.wait(), STATUS_CANCELLED);
    EXPECT_EQ(second.wait(), STATUS_CANCELLED);
  });
}

TEST_F(State, R_ST_3_closing_does_not_care_what_the_driver_says_to_stop) {
  keep_frames();
  driver.set_state = [](PKSPIN, KSSTATE to, KSSTATE from) -> NTSTATUS {
    return to < from ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
  };
  expect_clean([&] {
    Request request({256});
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    read(c.pin, request);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
    c.close_pin();
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    EXPECT_EQ(driver.state_changes(SYNTH_PIN_CAPTURE), "0>1 1>2 2>3 3>2 3>2 2>1 1>0");
  });
}

TEST_F(State, R_ST_3_arrivals_during_a_refused_step_down_are_processed) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    Request request({256});
    KEVENT over;
    KeInitializeEvent(&over, NotificationEvent, FALSE);
    driver.set_state = [&](PKSPIN, KSSTATE, KSSTATE) -> NTSTATUS {
      spawn("reader", [&] {
        read(c.pin, request);
        request.wait();
        KeSetEvent(&over, 0, FALSE);
      });
      sleep_us(100);
      EXPECT_EQ(request.sent, STATUS_PENDING);
      EXPECT_EQ(driver.count(SynthPinProcess), 0u);
      return STATUS_UNSUCCESSFUL;
    };
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_UNSUCCESSFUL);
    driver.set_state = {};
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    wait_for(&over);
  });
}

TEST_F(State, a_process_call_under_way_is_waited_for_before_the_queue_goes) {
  KEVENT entered, leave;
  bool returned = false;
  driver.process = [&](PKSPIN) -> NTSTATUS {
    KeSetEvent(&entered, 0, FALSE);
    wait_for(&leave);
    returned = true;
    return STATUS_PENDING;
  };
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_ASYNCHRONOUS_PROCESSING;
  };
  expect_clean([&] {
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    KeInitializeEvent(&leave, NotificationEvent, FALSE);
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    wait_for(&entered);
    spawn("waker", [&] {
      sleep_us(5000);
      EXPECT_FALSE(request.done());
      KeSetEvent(&leave, 0, FALSE);
    });
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_TRUE(returned);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
  });
}

}  // namespace
}  // namespace p2p::test
