// How circuits end: flushes, stops, closes of either pin.
#include "tests/ks/bench/circuit_fixture.h"

namespace p2p::test {
namespace {

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

}  // namespace
}  // namespace p2p::test
