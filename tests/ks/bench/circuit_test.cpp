// IRP source pins (spec 4.14): the circuit, KsPinRegisterIrpCompletionCallback and its relatives.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace p2p::test {
namespace {

struct Callback {
  static inline std::vector<PIRP> irps;
  static inline std::vector<NTSTATUS> statuses;
  static inline PKSPIN pin = nullptr;
  static inline KIRQL highest = 0;
  static inline int others = 0;
  static void NTAPI completed(PKSPIN source, PIRP irp) {
    pin = source;
    irps.push_back(irp);
    statuses.push_back(irp->IoStatus.Status);
    highest = std::max(highest, KeGetCurrentIrql());
  }
  static void NTAPI other(PKSPIN, PIRP) { ++others; }
  static NTSTATUS NTAPI shake(PKSPIN, PKSHANDSHAKE asked, PKSHANDSHAKE answer) {
    answer->Argument2 = asked->Argument1;
    return STATUS_SUCCESS;
  }
};

/// A source pin of one filter, connected to a sink pin of another.
struct Link {
  explicit Link(ULONG source_id = SYNTH_PIN_SOURCE, ULONG sink_id = SYNTH_PIN_RENDER) {
    EXPECT_EQ(from.open(), STATUS_SUCCESS);
    EXPECT_EQ(to.open(), STATUS_SUCCESS);
    EXPECT_EQ(to.create_pin(&sink, sink_id), STATUS_SUCCESS);
    connected = from.create_pin(&source, source_id, synth_format(),
                                [this](KSPIN_CONNECT& c) { c.PinToHandle = reinterpret_cast<HANDLE>(sink); });
  }
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  void close() {
    if (source != 0) nt::close(source);
    if (sink != 0) nt::close(sink);
    source = sink = 0;
  }
  /// R-ST-5: up the sink first, down the source first.
  void move(KSSTATE state) {
    const bool up = state > get_state(source);
    EXPECT_EQ(set_state(up ? sink : source, state), STATUS_SUCCESS);
    EXPECT_EQ(set_state(up ? source : sink, state), STATUS_SUCCESS);
  }
  Client from, to;
  nt::Handle source = 0, sink = 0;
  NTSTATUS connected = -1;
};

class Circuit : public KsTest {
 protected:
  Circuit() {
    driver.pin_create = [this](PKSPIN pin, PIRP) {
      (pin->Communication == KSPIN_COMMUNICATION_SOURCE ? source : sink) = pin;
      if (pin->Communication == KSPIN_COMMUNICATION_SOURCE && callback != nullptr) {
        KsPinRegisterIrpCompletionCallback(pin, callback);
      }
      return STATUS_SUCCESS;
    };
    // A data source that stops after `frames`; the sink keeps what it gets.
    driver.process = [this](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      if (pin->DataFlow == KSPIN_DATAFLOW_OUT) {
        if (produced == frames) {
          KsStreamPointerUnlock(at, FALSE);
          return STATUS_PENDING;
        }
        std::memset(at->OffsetOut.Data, static_cast<int>(++produced), at->OffsetOut.Remaining);
        at->StreamHeader->DataUsed = at->OffsetOut.Remaining;
        at->StreamHeader->PresentationTime.Time = produced * 1000;
      } else {
        consumed.emplace_back(at->OffsetIn.Data[0], at->OffsetIn.Count);
        times.push_back(at->StreamHeader->PresentationTime.Time);
        addresses.push_back(at->OffsetIn.Data);
      }
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_SUCCESS;
    };
  }
  PKSPIN source = nullptr, sink = nullptr;
  PFNKSPINIRPCOMPLETION callback = Callback::completed;
  int frames = 10, produced = 0;
  std::vector<std::pair<UCHAR, ULONG>> consumed;
  std::vector<LONGLONG> times;
  std::vector<PUCHAR> addresses;
};

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
    EXPECT_EQ(Callback::irps.size(), 10u);
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

TEST_F(Circuit, R_ST_5_a_source_whose_sink_is_not_ready_waits_for_it) {
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.source, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.source), KSSTATE_STOP) << "R-ST-6: the pipe goes no further than its sink";
    EXPECT_EQ(produced, 0);
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.source), KSSTATE_PAUSE);
    EXPECT_EQ(get_state(link.sink), KSSTATE_PAUSE) << "nor than its source";
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.sink), KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_GT(consumed.size(), 0u);
    link.move(KSSTATE_STOP);
  });
}

/// The changes of state in order, as "K0>1" for the sink and "S0>1" for the source.
std::string pipe_changes(const Minidriver& driver) {
  std::string text;
  for (const Call& call : driver.calls) {
    if (call.call != SynthPinSetDeviceState) continue;
    text += (text.empty() ? "" : " ") + std::string(call.pin == SYNTH_PIN_SOURCE ? "S" : "K") +
            std::to_string(call.from) + ">" + std::to_string(call.to);
  }
  return text;
}

TEST_F(Circuit, R_ST_6_each_step_is_made_by_the_whole_pipe_before_the_next) {
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "") << "the source's client wants STOP";
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "K0>1 S0>1 K1>2 S1>2 K2>3 S2>3");
    driver.calls.clear();
    EXPECT_EQ(set_state(link.sink, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "S3>2 K3>2 S2>1 K2>1 K1>0 S1>0");
    EXPECT_EQ(get_state(link.source), KSSTATE_STOP);
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
  });
}

TEST_F(Circuit, R_ST_6_a_step_that_one_pin_refuses_is_taken_back_by_the_others) {
  driver.set_state = [](PKSPIN pin, KSSTATE to, KSSTATE) -> NTSTATUS {
    const bool refused = pin->Communication == KSPIN_COMMUNICATION_SOURCE && to == KSSTATE_RUN;
    return refused ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
  };
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_DEVICE_BUSY);
    EXPECT_EQ(pipe_changes(driver), "K0>1 S0>1 K1>2 S1>2 K2>3 S2>3 K3>2");  // R-ST-3
    EXPECT_EQ(get_state(link.sink), KSSTATE_PAUSE);
    EXPECT_EQ(get_state(link.source), KSSTATE_PAUSE);
    link.move(KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_ST_6_a_sink_whose_source_has_gone_moves_alone) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_PAUSE);
    nt::close(link.source);
    link.source = 0;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.sink), KSSTATE_RUN);
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

TEST_F(Circuit, R_CRE_8_closing_the_sink_first_ends_the_circuit) {
  frames = 1000;
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(200);
    nt::close(link.sink);  // its file stays: the source holds it
    link.sink = 0;
    const std::size_t seen = consumed.size();
    sleep_us(200);
    EXPECT_EQ(consumed.size(), seen);
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(driver.count(SynthPinClose, sink), 0u);
    nt::close(link.source);
    link.source = 0;
    EXPECT_EQ(driver.count(SynthPinClose, sink), 1u);
  });
}

TEST_F(Circuit, R_CRE_8_closing_a_running_source_takes_everything_back) {
  frames = 1000;
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(200);
    nt::close(link.source);
    link.source = 0;
  });
}

TEST_F(Circuit, R_CRE_2_only_a_pin_of_the_opposite_direction_that_takes_requests_can_be_the_sink) {
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle capture = 0, pin = 0;
    EXPECT_EQ(client.create_pin(&capture, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    const auto connect_to = [&](nt::Handle handle) {
      return client.create_pin(&pin, SYNTH_PIN_SOURCE, synth_format(),
                               [&](KSPIN_CONNECT& c) { c.PinToHandle = reinterpret_cast<HANDLE>(handle); });
    };
    EXPECT_EQ(connect_to(capture), STATUS_INVALID_PARAMETER);          // both give data
    EXPECT_EQ(connect_to(client.handle()), STATUS_INVALID_PARAMETER);  // a filter
    EXPECT_EQ(connect_to(0x5554), STATUS_INVALID_HANDLE);
    // And a pin that only takes requests cannot send them.
    EXPECT_EQ(client.create_pin(&pin, SYNTH_PIN_RENDER, synth_format(),
                                [&](KSPIN_CONNECT& c) { c.PinToHandle = reinterpret_cast<HANDLE>(capture); }),
              STATUS_INVALID_DEVICE_REQUEST);
    nt::close(capture);
  });
}

TEST_F(Circuit, R_CRE_5_a_sink_may_refuse_the_connection) {
  driver.connect = [](PKSPIN) -> NTSTATUS { return STATUS_DEVICE_BUSY; };
  expect_clean([&] {
    Link link;
    EXPECT_EQ(link.connected, STATUS_DEVICE_BUSY);
    EXPECT_TRUE(sink->ConnectionIsExternal);
    EXPECT_EQ(driver.count(SynthPinDisconnect), 0u);
  });
}

TEST_F(Circuit, R_CIR_8_the_connected_pin_is_known_to_sources_only) {
  expect_clean([&] {
    Link link;
    PFILE_OBJECT file = file_of(link.sink);
    EXPECT_EQ(KsPinGetConnectedPinFileObject(source), file);
    EXPECT_EQ(KsPinGetConnectedPinDeviceObject(source), IoGetRelatedDeviceObject(file));
    EXPECT_EQ(KsPinGetConnectedPinFileObject(sink), nullptr);
    EXPECT_EQ(KsPinGetConnectedPinDeviceObject(sink), nullptr);
    ObDereferenceObject(file);
  });
}

// -- injection --------------------------------------------------------------------------------------------------------

struct Returned {
  PVOID data;
  ULONG size;
  PMDL mdl;
  PVOID context;
  NTSTATUS status;
  static inline std::vector<Returned> frames;
  static void NTAPI callback(PKSPIN, PVOID data, ULONG size, PMDL mdl, PVOID context, NTSTATUS status) {
    frames.push_back({data, size, mdl, context, status});
  }
};

TEST_F(Circuit, R_CIR_6_in_injection_mode_the_driver_brings_the_frames_and_gets_them_back) {
  callback = nullptr;
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;
  };
  expect_clean([&] {
    Link link;
    KsPinRegisterFrameReturnCallback(source, Returned::callback);
    auto* data = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 512, 'tseT'));
    std::memset(data, 0x44, 512);
    int context = 0;
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, nullptr, &context), STATUS_INVALID_DEVICE_STATE);  // in STOP
    link.move(KSSTATE_RUN);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);  // no buffers arrive
    KSSTREAM_HEADER header{};
    header.Size = sizeof header;
    header.PresentationTime = {77, 1, 1};
    header.DataUsed = 300;
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, &header, &context), STATUS_SUCCESS);
    header.PresentationTime.Time = 0;  // it was copied
    PMDL mdl = IoAllocateMdl(data, 100, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(KsPinSubmitFrameMdl(source, mdl, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(KsPinSubmitFrame(source, nullptr, 512, nullptr, nullptr), STATUS_INVALID_PARAMETER);
    EXPECT_TRUE(Returned::frames.empty());
    KsPinAttemptProcessing(sink, FALSE);
    EXPECT_EQ(consumed, (std::vector<std::pair<UCHAR, ULONG>>{{0x44, 300}, {0x44, 100}}));
    EXPECT_EQ(times[0], 77);
    EXPECT_EQ(addresses[0], data);  // no copy
    ASSERT_EQ(Returned::frames.size(), 2u);
    EXPECT_EQ(Returned::frames[0].data, data);
    EXPECT_EQ(Returned::frames[0].size, 512u);
    EXPECT_EQ(Returned::frames[0].context, &context);
    EXPECT_EQ(Returned::frames[0].mdl, nullptr);
    EXPECT_EQ(Returned::frames[0].status, STATUS_SUCCESS);
    EXPECT_EQ(Returned::frames[1].mdl, mdl);
    EXPECT_EQ(Returned::frames[1].data, nullptr);
    // What is with the sink at a stop comes back cancelled.
    EXPECT_EQ(KsPinSubmitFrame(source, data, 512, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    ASSERT_EQ(Returned::frames.size(), 3u);
    EXPECT_EQ(Returned::frames[2].status, STATUS_CANCELLED);
    set_state(link.sink, KSSTATE_STOP);
    IoFreeMdl(mdl);
    ExFreePool(data);
  });
}

/// A completion callback that stands still, at PASSIVE_LEVEL, until it is let go.
struct Standing {
  static inline KEVENT entered, leave;
  static void NTAPI callback(PKSPIN, PIRP) {
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) return;
    KeSetEvent(&entered, 0, FALSE);
    wait_for(&leave);
  }
};

TEST_F(Circuit, R_ST_4_a_stop_waits_for_requests_between_queue_and_sink) {
  config.schedule = ntos::Schedule::kFifo;  // the callback must come at PASSIVE_LEVEL
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_RENDER].PinDescriptor.Communication = KSPIN_COMMUNICATION_BOTH;
  };
  callback = Standing::callback;
  frames = 1;
  PKSSTREAM_POINTER clone = nullptr;
  const auto produce = driver.process;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    if (pin->DataFlow == KSPIN_DATAFLOW_OUT) return produce(pin);
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED);
    KsStreamPointerClone(leading, nullptr, 0, &clone);
    KsStreamPointerAdvance(leading);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    KeInitializeEvent(&Standing::entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Standing::leave, NotificationEvent, FALSE);
    Link link(SYNTH_PIN_RENDER, SYNTH_PIN_CAPTURE);
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    ASSERT_NE(clone, nullptr);
    spawn("deleter", [&] { KsStreamPointerDelete(clone); });  // the request leaves the queue
    wait_for(&Standing::entered);
    const std::uint64_t before = kernel->counters().irps_outstanding;
    bool stopped = false;
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("leaver", [&] {
      sleep_us(5000);
      EXPECT_FALSE(stopped);
      EXPECT_GE(kernel->counters().irps_outstanding, before) << "a request was freed on its way";
      KeSetEvent(&Standing::leave, 0, FALSE);
      KeSetEvent(&done, 0, FALSE);
    });
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
    stopped = true;
    wait_for(&done);
    set_state(link.sink, KSSTATE_STOP);
  });
}

/// A data source whose driver keeps clones of its frames: `clones` of them.
class KeptFrames : public Circuit {
 protected:
  KeptFrames() {
    frames = 1000;
    const auto produce = driver.process;
    driver.process = [this, produce](PKSPIN pin) -> NTSTATUS {
      if (pin->DataFlow != KSPIN_DATAFLOW_OUT || !keep) return produce(pin);
      PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_UNLOCKED);
      if (leading == nullptr) return STATUS_PENDING;
      PKSSTREAM_POINTER clone = nullptr;
      KsStreamPointerClone(leading, nullptr, 0, &clone);
      clones.push_back(clone);
      KsStreamPointerAdvance(leading);
      return STATUS_SUCCESS;
    };
  }
  void delete_clones() {
    for (PKSSTREAM_POINTER clone : clones) KsStreamPointerDelete(clone);
    clones.clear();
  }
  bool keep = true;
  std::vector<PKSSTREAM_POINTER> clones;
};

TEST_F(KeptFrames, R_RST_1_requests_that_clones_keep_beyond_a_flush_go_round_again) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_EQ(clones.size(), 3u) << "all the frames of the circuit";
    EXPECT_EQ(reset(link.source, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(reset(link.source, KSRESET_END), STATUS_SUCCESS);
    keep = false;
    delete_clones();  // only now do the flushed requests leave the queue
    sleep_us(1000);
    EXPECT_GT(consumed.size(), 3u) << "the circuit has lost its requests";
    link.move(KSSTATE_STOP);
  });
}

TEST_F(KeptFrames, R_RST_1_requests_that_come_back_within_a_flush_wait_for_its_end) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_EQ(reset(link.source, KSRESET_BEGIN), STATUS_SUCCESS);
    keep = false;
    delete_clones();
    sleep_us(1000);
    EXPECT_TRUE(consumed.empty()) << "a frame went out between KSRESET_BEGIN and KSRESET_END";
    EXPECT_EQ(reset(link.source, KSRESET_END), STATUS_SUCCESS);
    sleep_us(1000);
    EXPECT_GT(consumed.size(), 3u);
    link.move(KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_CIR_6_without_injection_mode_frames_are_refused) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_ACQUIRE);
    int data = 0;
    EXPECT_EQ(KsPinSubmitFrame(source, &data, sizeof data, nullptr, nullptr), STATUS_INVALID_DEVICE_REQUEST);
  });
}

// -- handshakes -------------------------------------------------------------------------------------------------------

TEST_F(Circuit, R_CIR_7_a_handshake_reaches_the_other_pins_callback) {
  expect_clean([&] {
    Link link;
    KSHANDSHAKE in{}, out{};
    in.ProtocolId = SYNTH_PROPSET;
    in.Argument1 = &in;
    EXPECT_EQ(KsPinHandshake(source, &in, &out), STATUS_INVALID_DEVICE_REQUEST);  // nobody listens
    KsPinRegisterHandshakeCallback(sink, Callback::shake);
    EXPECT_EQ(KsPinHandshake(source, &in, &out), STATUS_SUCCESS);
    EXPECT_EQ(out.Argument2, &in);
    EXPECT_EQ(KsPinHandshake(sink, &in, &out), STATUS_INVALID_DEVICE_REQUEST);  // connected to nothing
    // User mode has no business here, nor have other sizes.
    EXPECT_EQ(control(link.sink, IOCTL_KS_HANDSHAKE, &in, sizeof in, &out, sizeof out), STATUS_INVALID_DEVICE_REQUEST);
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(link.sink);
      ULONG returned = 0;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_HANDSHAKE, &in, sizeof in, &out, 4, &returned),
                STATUS_INVALID_BUFFER_SIZE);
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_HANDSHAKE, &in, sizeof in, &out, sizeof out,
                                             &returned),
                STATUS_SUCCESS);
      EXPECT_EQ(returned, sizeof(KSHANDSHAKE));
      ObDereferenceObject(file);
    });
  });
}

}  // namespace
}  // namespace p2p::test
