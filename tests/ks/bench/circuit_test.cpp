// IRP source pins (docs/semantics.md 4.14): the circuit and KsPinRegisterIrpCompletionCallback.
#include "tests/ks/bench/circuit_fixture.h"

#include <iterator>
#include <set>
#include <type_traits>

namespace p2p::test {
namespace {

/// How often the callback saw this status.
auto told(NTSTATUS status) { return std::count(Callback::statuses.begin(), Callback::statuses.end(), status); }

TEST_F(Circuit, R_CIR_1_frames_go_from_the_source_to_the_sink_and_come_back) {
  expect_clean([&] {
    Link link;
    EXPECT_EQ(link.connected, STATUS_SUCCESS);
    EXPECT_FALSE(source->ConnectionIsExternal);  // R-CRE-5
    EXPECT_FALSE(sink->ConnectionIsExternal);
    EXPECT_EQ(driver.count(SynthPinConnect, sink), 1u);
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    ASSERT_EQ(consumed.size(), 10u);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(consumed[i], (std::pair<UCHAR, ULONG>{static_cast<UCHAR>(i + 1), 256}));
      EXPECT_EQ(times[i], static_cast<LONGLONG>(i + 1) * 1000);
    }
    link.move(KSSTATE_STOP);
    nt::close(link.source);
    link.source = 0;
    EXPECT_EQ(driver.count(SynthPinDisconnect, sink), 1u);
    EXPECT_TRUE(sink->ConnectionIsExternal);
  });
}

// R-ALC-3.
TEST_F(Circuit, R_CIR_2_the_requestor_has_as_many_frames_as_the_framing_says) {
  frames = 30;
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    EXPECT_EQ(addresses.size(), 3u);  // recycled, not allocated anew (R-ALC-3)
    EXPECT_EQ(consumed.size(), 30u);
    link.move(KSSTATE_STOP);
  });
}

// R-CIR-3: it was registered in the Create dispatch. R-CIR-5: a data source.
TEST_F(Circuit, R_CIR_4_the_callback_comes_once_for_each_time_round) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_EQ(consumed.size(), 10u);
    EXPECT_EQ(Callback::irps.size(), 10u);
    EXPECT_EQ(Callback::pin, source);
    for (NTSTATUS status : Callback::statuses) EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_LE(Callback::highest, DISPATCH_LEVEL);
    link.move(KSSTATE_STOP);
    // The three that lay in the source's own queue had not been round again.
    EXPECT_EQ(Callback::irps.size(), 10u);
  });
}

// R-CIR-3: registering returns nothing. R-CIR-5: a data source.
TEST_F(Circuit, R_CIR_4_the_callback_is_given_the_irp_that_came_round) {
  static_assert(std::is_void_v<decltype(KsPinRegisterIrpCompletionCallback(nullptr, nullptr))>);
  std::vector<PIRP> sent;
  const auto produce = driver.process;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    if (pin == source && produced < frames) {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      sent.push_back(KsStreamPointerGetIrp(at, nullptr, nullptr));
      KsStreamPointerUnlock(at, FALSE);
    }
    return produce(pin);
  };
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_EQ(sent.size(), 10u);
    EXPECT_EQ(Callback::irps, sent);
    link.move(KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_CIR_4_also_when_the_frame_is_retired_by_a_stop) {
  frames = 2;
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;  // the sink keeps them
  };
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_EQ(produced, 2);
    EXPECT_TRUE(Callback::irps.empty());  // still with the sink
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(Callback::statuses, (std::vector<NTSTATUS>{STATUS_CANCELLED, STATUS_CANCELLED}));
    set_state(link.sink, KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_CIR_5_for_a_data_sink_it_comes_when_its_own_queue_has_done_with_the_data) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].PinDescriptor.Communication = KSPIN_COMMUNICATION_BOTH;
  };
  std::vector<std::size_t> callbacks_before;
  const auto forward = driver.process;
  driver.process = [&, forward](PKSPIN pin) -> NTSTATUS {
    if (pin->DataFlow == KSPIN_DATAFLOW_IN) callbacks_before.push_back(Callback::irps.size());
    return forward(pin);
  };
  expect_clean([&] {
    // The render pin reads from the capture pin: requests and data go opposite ways.
    Link link(SYNTH_PIN_RENDER, SYNTH_PIN_CAPTURE);
    EXPECT_EQ(link.connected, STATUS_SUCCESS);
    EXPECT_EQ(source->DataFlow, KSPIN_DATAFLOW_IN);
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_EQ(consumed.size(), 10u);
    EXPECT_EQ(Callback::irps.size(), 10u);
    // The read had completed, but no callback before the frame was through the queue.
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(callbacks_before[i], i);
    link.move(KSSTATE_STOP);
    // R-CIR-4: the three reads that waited at the other pin came back, too. Those sent again were refused there.
    EXPECT_EQ(told(STATUS_SUCCESS), 10);
    EXPECT_EQ(told(STATUS_CANCELLED), 3);
    EXPECT_EQ(told(STATUS_INVALID_DEVICE_STATE), std::ssize(Callback::statuses) - 13);
  });
}

TEST_F(Circuit, R_CIR_5_for_a_data_sink_it_comes_when_nobody_needs_the_data_any_more) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].PinDescriptor.Communication = KSPIN_COMMUNICATION_BOTH;
  };
  frames = 1;
  PKSSTREAM_POINTER clone = nullptr;
  const auto produce = driver.process;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    if (pin->DataFlow == KSPIN_DATAFLOW_OUT) return produce(pin);
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED);
    if (leading == nullptr) return STATUS_PENDING;
    KsStreamPointerClone(leading, nullptr, 0, &clone);
    KsStreamPointerAdvance(leading);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Link link(SYNTH_PIN_RENDER, SYNTH_PIN_CAPTURE);
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    ASSERT_NE(clone, nullptr) << "the frame did not come";
    EXPECT_TRUE(Callback::irps.empty()) << "the clone still needs the data";
    KsStreamPointerDelete(clone);
    EXPECT_EQ(Callback::irps.size(), 1u);
    link.move(KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_CIR_4_a_data_sinks_frames_are_told_when_a_stop_retires_them_in_its_queue) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].PinDescriptor.Communication = KSPIN_COMMUNICATION_BOTH;
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;  // what arrives stays
  };
  frames = 2;
  expect_clean([&] {
    Link link(SYNTH_PIN_RENDER, SYNTH_PIN_CAPTURE);
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_EQ(produced, 2);
    EXPECT_TRUE(Callback::irps.empty());
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(told(STATUS_SUCCESS), 2) << "the frames in the queue";
    EXPECT_EQ(told(STATUS_CANCELLED), 1) << "the read at the other pin";
    set_state(link.sink, KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_CIR_5_on_an_irp_sink_pin_it_never_comes) {
  driver.pin_create = [](PKSPIN pin, PIRP) {
    KsPinRegisterIrpCompletionCallback(pin, Callback::completed);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({64});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    set_state(c.pin, KSSTATE_STOP);
    EXPECT_TRUE(Callback::irps.empty());
  });
}

TEST_F(Circuit, R_CIR_3_registering_puts_the_pin_into_no_other_mode) {
  callback = nullptr;
  expect_clean([&] {
    {
      Link link;
      link.move(KSSTATE_RUN);
      sleep_us(2000);
      link.move(KSSTATE_STOP);
    }
    EXPECT_EQ(consumed.size(), 10u);
    EXPECT_TRUE(Callback::irps.empty());
    const auto without = consumed;
    consumed.clear();
    produced = 0;
    callback = Callback::completed;
    {
      Link link;
      link.move(KSSTATE_RUN);
      sleep_us(2000);
      link.move(KSSTATE_STOP);
    }
    EXPECT_EQ(consumed, without);
  });
}

TEST_F(Circuit, R_CIR_3_after_acquire_it_is_refused) {
  expect_ks_violation(0x81009, [&] {
    Link link;
    link.move(KSSTATE_ACQUIRE);
    KsPinRegisterIrpCompletionCallback(source, Callback::completed);
  });
}

// R-ST-4.
TEST_F(Circuit, R_CIR_3_in_the_acquire_dispatch_it_is_too_late) {
  driver.set_state = [](PKSPIN pin, KSSTATE, KSSTATE) {
    KsPinRegisterIrpCompletionCallback(pin, Callback::completed);
    return STATUS_SUCCESS;
  };
  expect_ks_violation(0x81009, [&] {
    Link link;
    link.move(KSSTATE_ACQUIRE);
  });
}

TEST_F(Circuit, R_CIR_3_above_passive_level_it_is_refused) {
  expect_ks_violation(0x81009, [&] {
    Link link;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KsPinRegisterIrpCompletionCallback(source, Callback::completed);
  });
}

TEST_F(Circuit, R_CIR_3_again_in_stop_it_replaces) {
  expect_clean([&] {
    Link link;
    KsPinRegisterIrpCompletionCallback(source, Callback::other);
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    link.move(KSSTATE_STOP);
    EXPECT_EQ(Callback::others, 10);
    EXPECT_TRUE(Callback::irps.empty());
  });
}

/// A pin's own allocator: it counts what it gives.
struct OwnAllocator {
  static inline std::vector<std::string> log;
  static inline NTSTATUS answer = STATUS_SUCCESS;
  static inline ULONG frames = 0, bytes = 0;
  static inline int out = 0;
  static inline std::set<PVOID> memory;
  static NTSTATUS NTAPI initialize(PKSPIN, PKSALLOCATOR_FRAMING framing, PVOID* context) {
    log.push_back("initialize");
    frames = framing->Frames;
    bytes = framing->FrameSize;
    *context = &out;
    return answer;
  }
  static VOID NTAPI remove(PVOID context) {
    EXPECT_EQ(context, &out);
    log.push_back("delete");
  }
  static PVOID NTAPI allocate(PVOID context) {
    ++*static_cast<int*>(context);
    PVOID frame = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, 'mrFT');
    memory.insert(frame);
    return frame;
  }
  static VOID NTAPI free(PVOID context, PVOID frame) {
    --*static_cast<int*>(context);
    ExFreePoolWithTag(frame, 'mrFT');
  }
};

TEST_F(Circuit, R_ALC_2_between_two_pins_in_the_kernel_the_frames_are_the_pins_own_allocators) {
  driver.configure = [](SYNTH_TABLES& tables) {
    static KSALLOCATOR_DISPATCH allocator{};
    allocator.InitializeAllocator = OwnAllocator::initialize;
    allocator.DeleteAllocator = OwnAllocator::remove;
    allocator.Allocate = OwnAllocator::allocate;
    allocator.Free = OwnAllocator::free;
    tables.PinDispatch->Allocator = &allocator;
  };
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_ACQUIRE);
    EXPECT_EQ(OwnAllocator::frames, 3u);
    EXPECT_EQ(OwnAllocator::bytes, 256u);
    EXPECT_EQ(OwnAllocator::out, 3);
    link.move(KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_EQ(consumed.size(), 10u);
    for (const PUCHAR data : addresses) EXPECT_EQ(OwnAllocator::memory.count(data), 1u) << "a frame of other memory";
    link.move(KSSTATE_STOP);
    EXPECT_EQ(OwnAllocator::out, 0);
    EXPECT_EQ(OwnAllocator::log, (std::vector<std::string>{"initialize", "delete"}));
    OwnAllocator::answer = STATUS_INSUFFICIENT_RESOURCES;
    set_state(link.sink, KSSTATE_ACQUIRE);
    EXPECT_EQ(set_state(link.source, KSSTATE_ACQUIRE), STATUS_INSUFFICIENT_RESOURCES);
  });
}

}  // namespace
}  // namespace p2p::test
