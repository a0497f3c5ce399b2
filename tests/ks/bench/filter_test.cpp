// Filter-centric processing (R-PR-8), end of stream events.
#include "tests/ks/bench/filter_fixture.h"

namespace p2p::test {
namespace {

// R-KS-5.
TEST_F(FilterCentric, R_PR_8_process_waits_for_a_frame_on_every_pin) {
  process = transform;
  expect_clean([&] {
    Transform t;
    Request input({100}), output({100});
    input.frame()[7] = 70;
    read(t.out, output);
    EXPECT_EQ(calls, 0);
    write(t.in, input);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(input.wait(), STATUS_SUCCESS);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);
    EXPECT_EQ(output.frame()[7], 71);
    EXPECT_EQ(output.header()->DataUsed, 100u);
    EXPECT_EQ(input.iosb.information, 100u);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);
  });
}

TEST_F(FilterCentric, R_PR_8_the_index_is_by_pin_id_and_shows_what_is_there) {
  process = [&](PKSPROCESSPIN_INDEXENTRY index) {
    EXPECT_EQ(index[SYNTH_PIN_CAPTURE].Count, 1u);
    EXPECT_EQ(index[SYNTH_PIN_RENDER].Count, 1u);
    EXPECT_EQ(index[SYNTH_PIN_SOURCE].Count, 0u);
    EXPECT_EQ(index[SYNTH_PIN_BRIDGE].Count, 0u);
    PKSPROCESSPIN in = index[SYNTH_PIN_RENDER].Pins[0];
    EXPECT_EQ(in->Pin->Id, static_cast<ULONG>(SYNTH_PIN_RENDER));
    EXPECT_EQ(in->BytesAvailable, 60u);
    EXPECT_EQ(in->BytesUsed, 0u);
    EXPECT_EQ(in->Flags, static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT));
    EXPECT_EQ(in->Data, in->StreamPointer->OffsetIn.Data);
    EXPECT_EQ(in->StreamPointer->StreamHeader->PresentationTime.Time, 123);
    EXPECT_FALSE(in->Terminate);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Transform t;
    Request input({60}), output({100});
    input.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT;
    input.header()->PresentationTime.Time = 123;
    write(t.in, input);
    read(t.out, output);
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(input.done());  // nothing was used
    t.move(KSSTATE_STOP);
    EXPECT_EQ(input.wait(), STATUS_CANCELLED);
    EXPECT_EQ(driver.count(SynthFilterReset), 2u);  // R-RST-1: a flush of either queue, told to the filter
    EXPECT_EQ(driver.count(SynthPinReset), 0u);
  });
}

TEST_F(FilterCentric, R_PR_8_frames_complete_when_used_up_and_partial_use_adds_up) {
  process = transform;
  expect_clean([&] {
    Transform t;
    Request input({100}), first({60}), second({60});
    write(t.in, input);
    read(t.out, first);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(first.header()->DataUsed, 60u);
    EXPECT_FALSE(input.done());  // 40 bytes are left
    read(t.out, second);
    EXPECT_EQ(input.wait(), STATUS_SUCCESS);
    EXPECT_FALSE(second.done());  // 20 bytes of room are left
    Request more({20});
    write(t.in, more);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(second.header()->DataUsed, 60u);
  });
}

TEST_F(FilterCentric, R_PR_8_terminate_sends_a_frame_that_is_not_full) {
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    PKSPROCESSPIN out = index[SYNTH_PIN_CAPTURE].Pins[0];
    out->BytesUsed = 10;
    out->Terminate = TRUE;
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, 10u);
  });
}

TEST_F(FilterCentric, R_PR_8_pending_and_errors_stop_until_the_next_trigger) {
  NTSTATUS answer = STATUS_SUCCESS;
  process = [&](PKSPROCESSPIN_INDEXENTRY index) {
    index[SYNTH_PIN_CAPTURE].Pins[0]->Terminate = TRUE;
    return answer;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    std::vector<std::unique_ptr<Request>> requests;
    for (int i = 0; i < 8; ++i) {
      requests.push_back(std::make_unique<Request>(std::vector<ULONG>{16}));
      read(c.pin, *requests.back());
    }
    answer = STATUS_PENDING;
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(calls, 1);
    answer = STATUS_UNSUCCESSFUL;
    KsFilterAttemptProcessing(filter(), FALSE);
    EXPECT_EQ(calls, 2);
    answer = STATUS_SUCCESS;
    KsFilterAttemptProcessing(filter(), FALSE);
    EXPECT_EQ(calls, 8);
    KsFilterAttemptProcessing(filter(), FALSE);  // no frames: not called
    EXPECT_EQ(calls, 8);
    for (auto& request : requests) EXPECT_EQ(request->wait(), STATUS_SUCCESS);
  });
}

TEST_F(FilterCentric, R_PR_8_frames_that_are_not_required_do_not_hold_it_up) {
  edit = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING;
  };
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    if (index[SYNTH_PIN_CAPTURE].Count == 0) return STATUS_PENDING;  // the other pin is on its way up alone
    PKSPROCESSPIN in = index[SYNTH_PIN_RENDER].Pins[0];
    EXPECT_EQ(in->Data, nullptr);
    EXPECT_EQ(in->BytesAvailable, 0u);
    EXPECT_EQ(in->StreamPointer, nullptr);
    index[SYNTH_PIN_CAPTURE].Pins[0]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Transform t;
    Request output({16});
    read(t.out, output);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);
  });
}

TEST_F(FilterCentric, R_PR_8_some_frames_required_means_one_of_the_instances) {
  edit = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_SOME_FRAMES_REQUIRED_FOR_PROCESSING;
  };
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    EXPECT_EQ(index[SYNTH_PIN_CAPTURE].Count, 2u);
    for (ULONG i = 0; i < 2; ++i) index[SYNTH_PIN_CAPTURE].Pins[i]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle second = 0;
    c.filter.create_pin(&second, SYNTH_PIN_CAPTURE);
    set_state(second, KSSTATE_RUN);
    EXPECT_EQ(calls, 0);
    Request request({16});
    read(second, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    nt::close(second);
  });
}

TEST_F(FilterCentric, R_PR_8_stopped_pins_do_not_block_beyond_the_necessary_ones) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].InstancesNecessary = 1; };
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    index[SYNTH_PIN_CAPTURE].Pins[0]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Transform t(KSSTATE_STOP);
    EXPECT_EQ(set_state(t.out, KSSTATE_RUN), STATUS_SUCCESS);
    Request output({16});
    read(t.out, output);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);  // the render pin is in STOP
    Request input({16});
    EXPECT_EQ(set_state(t.out, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(set_state(t.in, KSSTATE_RUN), STATUS_SUCCESS);
    write(t.in, input);
    EXPECT_FALSE(input.done());  // the necessary pin is not there
    EXPECT_EQ(calls, 1);
  });
}

TEST_F(FilterCentric, R_PR_8_a_pin_between_stop_and_its_minimum_state_blocks) {
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    index[SYNTH_PIN_CAPTURE].Pins[0]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Transform t(KSSTATE_STOP);
    EXPECT_EQ(set_state(t.in, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    EXPECT_EQ(set_state(t.out, KSSTATE_RUN), STATUS_SUCCESS);
    Request output({16});
    read(t.out, output);
    EXPECT_EQ(calls, 0);
    EXPECT_FALSE(output.done());
    KsFilterAttemptProcessing(filter(), FALSE);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(set_state(t.in, KSSTATE_STOP), STATUS_SUCCESS);  // nobody blocks any more
    KsFilterAttemptProcessing(filter(), FALSE);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);
  });
}

TEST_F(FilterCentric, R_KS_7_a_filter_that_lacks_a_necessary_pin_does_not_start) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_RENDER].InstancesNecessary = 1; };
  expect_clean([&] {
    Connection c;
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_INVALID_DEVICE_STATE);
    nt::Handle in = 0;
    c.filter.create_pin(&in, SYNTH_PIN_RENDER);
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    nt::close(in);
  });
}

TEST_F(FilterCentric, R_PR_5_attempts_run_where_the_filters_flags_allow) {
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    index[SYNTH_PIN_CAPTURE].Pins[0]->Terminate = TRUE;
    return STATUS_PENDING;
  };
  edit = [](SYNTH_TABLES& tables) {
    tables.Filter->Flags = KSFILTER_FLAG_DISPATCH_LEVEL_PROCESSING;
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({16});
    read(c.pin, request);
    EXPECT_EQ(calls, 0);
    at_dispatch_level([&] {
      KsFilterAttemptProcessing(filter(), FALSE);
      EXPECT_EQ(calls, 1);
    });
    EXPECT_EQ(irql, DISPATCH_LEVEL);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(FilterCentric, R_PR_8_empty_input_frames_bypass_the_driver_unless_it_wants_them) {
  process = transform;
  expect_clean([&] {
    Request empty({0}), output({16});  // outlive the pins, which hold one of them
    Transform t;
    write(t.in, empty);
    read(t.out, output);
    EXPECT_EQ(empty.wait(), STATUS_SUCCESS);
    EXPECT_EQ(calls, 0);
    EXPECT_FALSE(output.done());
  });
}

TEST_F(FilterCentric, R_PR_8_the_flags_of_an_empty_input_frame_go_on_with_the_next_output_frame) {
  process = transform;
  expect_clean([&] {
    Transform t;
    Request last({0}), output({16}), next({16});
    last.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    read(t.out, output);
    read(t.out, next);
    write(t.in, last);
    EXPECT_EQ(last.wait(), STATUS_SUCCESS);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);
    EXPECT_EQ(output.header()->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM,
              static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM));
    EXPECT_EQ(output.header()->DataUsed, 0u);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(next.wait(), STATUS_CANCELLED);  // R-HDR-5: flushed behind the end
    EXPECT_EQ(next.header()->OptionsFlags, 0u);
  });
}

TEST_F(FilterCentric, R_PR_8_receive_zero_length_samples) {
  edit = [](SYNTH_TABLES& tables) { tables.Filter->Flags = KSFILTER_FLAG_RECEIVE_ZERO_LENGTH_SAMPLES; };
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    PKSPROCESSPIN in = index[SYNTH_PIN_RENDER].Pins[0];
    EXPECT_NE(in->StreamPointer, nullptr);
    EXPECT_EQ(in->BytesAvailable, 0u);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Request empty({0}), output({16});  // outlive the pins, which hold one of them
    Transform t;
    write(t.in, empty);
    read(t.out, output);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(empty.wait(), STATUS_SUCCESS);  // nothing remains of it
  });
}

TEST_F(FilterCentric, KsProcessPinUpdate_goes_on_within_the_dispatch) {
  std::vector<ULONG> seen;
  process = [&](PKSPROCESSPIN_INDEXENTRY index) {
    PKSPROCESSPIN out = index[SYNTH_PIN_CAPTURE].Pins[0];
    do {
      seen.push_back(out->BytesAvailable);
      out->BytesUsed = out->BytesAvailable;
    } while (KsProcessPinUpdate(out));
    EXPECT_EQ(out->Data, nullptr);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    Request request({16, 32}), second({64});
    read(c.pin, request);
    read(c.pin, second);
    set_state(c.pin, KSSTATE_PAUSE);
    EXPECT_EQ(seen, (std::vector<ULONG>{16, 32, 64}));
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(FilterCentric, R_PR_8_using_more_than_there_is_is_a_violation) {
  process = [](PKSPROCESSPIN_INDEXENTRY index) {
    index[SYNTH_PIN_CAPTURE].Pins[0]->BytesUsed = 17;
    return STATUS_SUCCESS;
  };
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({16});
    read(c.pin, request);
  });
}

TEST_F(FilterCentric, R_PR_8_if_any_in_run_state) {
  edit = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_PROCESS_IF_ANY_IN_RUN_STATE;
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_PROCESS_IF_ANY_IN_RUN_STATE;
  };
  process = transform;
  expect_clean([&] {
    Transform t(KSSTATE_PAUSE);
    Request input({16}), output({16});
    write(t.in, input);
    read(t.out, output);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(set_state(t.in, KSSTATE_RUN), STATUS_SUCCESS);  // one of them is enough
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(output.wait(), STATUS_SUCCESS);
  });
}

// -- end of stream ----------------------------------------------------------------------------------------------------

class EndOfStream : public KsTest {};

TEST_F(EndOfStream, R_EV_5_a_renderer_says_when_the_last_frame_has_gone) {
  driver.configure = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_RENDERER; };
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_PAUSE);
    nt::Handle handle = 0;
    nt::create_event(&handle, true, false);
    KSEVENT event{};
    event.Set = KSEVENTSETID_Connection;
    event.Id = KSEVENT_CONNECTION_ENDOFSTREAM;
    event.Flags = KSEVENT_TYPE_ENABLE;
    KSEVENTDATA data{};
    data.NotificationType = KSEVENTF_EVENT_HANDLE;
    data.EventHandle.Event = reinterpret_cast<HANDLE>(handle);
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &event, sizeof event, &data, sizeof data), STATUS_SUCCESS);
    const auto signalled = [&] {
      const std::int64_t now = 0;
      return nt::wait_for_single_object(handle, false, &now) == STATUS_WAIT_0;
    };
    Request first({16}), last({16});
    last.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    write(c.pin, first);
    write(c.pin, last);
    EXPECT_FALSE(signalled());  // processing waits for RUN
    set_state(c.pin, KSSTATE_RUN);
    EXPECT_EQ(last.wait(), STATUS_SUCCESS);
    EXPECT_TRUE(signalled());
    EXPECT_EQ(control(c.pin, IOCTL_KS_DISABLE_EVENT, &data, sizeof data, nullptr, 0), STATUS_SUCCESS);
    // Pins that are no renderers have no such event.
    Connection other;
    EXPECT_EQ(control(other.pin, IOCTL_KS_ENABLE_EVENT, &event, sizeof event, &data, sizeof data),
              STATUS_PROPSET_NOT_FOUND);
    nt::close(handle);
  });
}

}  // namespace
}  // namespace p2p::test
