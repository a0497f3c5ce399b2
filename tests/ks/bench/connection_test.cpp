// Connections between pins: which can be made, what each pin knows of the other, handshakes, control mutexes.
#include "tests/ks/bench/circuit_fixture.h"

namespace p2p::test {
namespace {

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

NTSTATUS NTAPI shake(PKSPIN, PKSHANDSHAKE asked, PKSHANDSHAKE answer) {
  answer->Argument2 = asked->Argument1;
  return STATUS_SUCCESS;
}

TEST_F(Circuit, R_CIR_7_a_handshake_reaches_the_other_pins_callback) {
  expect_clean([&] {
    Link link;
    KSHANDSHAKE in{}, out{};
    in.ProtocolId = SYNTH_PROPSET;
    in.Argument1 = &in;
    EXPECT_EQ(KsPinHandshake(source, &in, &out), STATUS_INVALID_DEVICE_REQUEST);  // nobody listens
    KsPinRegisterHandshakeCallback(sink, shake);
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

/// Two filters with a connection each way.
class BothWays : public Circuit {
 protected:
  struct Way {
    nt::Handle sink = 0, source = 0;
    NTSTATUS status = -1;
  };
  void open_sinks() {
    EXPECT_EQ(filters[0].open(), STATUS_SUCCESS);
    EXPECT_EQ(filters[1].open(), STATUS_SUCCESS);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(filters[1 - i].create_pin(&ways[i].sink, SYNTH_PIN_RENDER), STATUS_SUCCESS);
  }
  /// The source of way `i` is a pin of filter `i`.
  void connect(int i) {
    ways[i].status = filters[i].create_pin(&ways[i].source, SYNTH_PIN_SOURCE, synth_format(), [&](KSPIN_CONNECT& c) {
      c.PinToHandle = reinterpret_cast<HANDLE>(ways[i].sink);
    });
  }
  /// Both at once, each in a thread of the client's.
  void at_once(const std::function<void(int)>& work) {
    begin_at_once(work);
    end_at_once();
  }
  void begin_at_once(const std::function<void(int)>& work) {
    for (int i = 0; i < 2; ++i) {
      KeInitializeEvent(&done[i], NotificationEvent, FALSE);
      kernel->run_in_user_thread(i == 0 ? "there" : "back", [this, work, i] {
        work(i);
        KeSetEvent(&done[i], 0, FALSE);
      });
    }
  }
  void end_at_once() {
    for (KEVENT& event : done) wait_for(&event);
  }
  Client filters[2];
  Way ways[2];
  KEVENT done[2];
};

TEST_F(BothWays, R_KMX_2_connecting_two_filters_both_ways_at_once_waits_for_nobody_for_ever) {
  const auto create = driver.pin_create;
  driver.pin_create = [create](PKSPIN pin, PIRP irp) {
    if (pin->Communication == KSPIN_COMMUNICATION_SOURCE) sleep_us(500);  // with the filter's control mutex
    return create(pin, irp);
  };
  driver.pin_close = [](PKSPIN, PIRP) {
    sleep_us(500);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    open_sinks();
    at_once([&](int i) { connect(i); });
    for (const Way& way : ways) EXPECT_EQ(way.status, STATUS_SUCCESS);
    at_once([&](int i) { nt::close(ways[i].source); });
    EXPECT_EQ(driver.count(SynthPinDisconnect), 2u);
    for (const Way& way : ways) nt::close(way.sink);
    for (Client& filter : filters) filter.close();
  });
}

TEST_F(BothWays, R_KMX_2_changing_the_states_of_both_pipes_at_once_waits_for_nobody_for_ever) {
  expect_clean([&] {
    open_sinks();
    for (int i = 0; i < 2; ++i) connect(i);
    for (KSSTATE state : {KSSTATE_ACQUIRE, KSSTATE_PAUSE, KSSTATE_STOP}) {
      if (state != KSSTATE_STOP) {
        for (const Way& way : ways) EXPECT_EQ(set_state(way.sink, state), STATUS_SUCCESS);
      }
      // Whoever gets the older filter's mutex is followed by one who may hold the younger one's.
      PFILE_OBJECT older = file_of(filters[0].handle());
      PVOID filter = KsGetObjectFromFileObject(older);
      KsAcquireControl(filter);
      begin_at_once([&](int i) {
        sleep_us(100 * (i + 1));
        EXPECT_EQ(set_state(ways[i].source, state), STATUS_SUCCESS);
      });
      sleep_us(500);  // both wait by now
      KsReleaseControl(filter);
      end_at_once();
      ObDereferenceObject(older);
    }
    for (const Way& way : ways) {
      set_state(way.sink, KSSTATE_STOP);
      nt::close(way.source);
      nt::close(way.sink);
    }
    for (Client& filter : filters) filter.close();
  });
}

TEST_F(BothWays, R_CRE_5_a_create_or_close_that_is_completed_within_its_dispatch_connects_and_disconnects) {
  driver.pin_create = driver.pin_close = [](PKSPIN, PIRP irp) {
    IoMarkIrpPending(irp);
    irp->IoStatus.Status = STATUS_SUCCESS;
    KsCompletePendingRequest(irp);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    open_sinks();
    for (int i = 0; i < 2; ++i) connect(i);
    for (const Way& way : ways) EXPECT_EQ(way.status, STATUS_SUCCESS);
    EXPECT_EQ(driver.count(SynthPinConnect), 2u);
    for (const Way& way : ways) nt::close(way.source);
    EXPECT_EQ(driver.count(SynthPinDisconnect), 2u);
    for (const Way& way : ways) nt::close(way.sink);
    for (Client& filter : filters) filter.close();
  });
}

}  // namespace
}  // namespace p2p::test
