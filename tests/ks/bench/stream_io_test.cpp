// KsStreamIo as kernel clients use it: headers, events, ports, synchronous files (R-SIO-1..15).
#include "tests/ks/bench/stream_io_fixture.h"

namespace p2p::test {
namespace {

// R-SIO-4, R-SIO-6, R-SIO-10.
TEST_F(StreamIo, R_SIO_1_a_read_with_an_event_pends_and_fills_headers_and_iosb) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      PKEVENT event = object_event(request);
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(stream(file, request, event, &iosb), STATUS_PENDING);
      EXPECT_FALSE(KeReadStateEvent(event));
      eject();
      wait_for(event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);  // R-SIO-10: written before the event is set
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(request.header()->DataUsed, 5u);  // R-SIO-11
      ObDereferenceObject(event);
    });
  });
}

TEST_F(StreamIo, R_SIO_11_a_kernel_clients_headers_in_nonpaged_pool_are_updated_in_place) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      KernelHeaders headers(2);
      Request events_only({64});
      PKEVENT event = object_event(events_only);
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(KsStreamIo(file, event, nullptr, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0), &iosb,
                           headers.all, 2 * sizeof(KSSTREAM_HEADER), KSSTREAM_READ, KernelMode),
                STATUS_PENDING);
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
      at->OffsetOut.Data[0] = 0xAB;
      KsStreamPointerUnlock(at, FALSE);
      eject();
      eject();
      wait_for(event);
      EXPECT_EQ(iosb.Information, 2 * sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(headers.all[0].DataUsed, 5u);
      EXPECT_EQ(headers.all[1].DataUsed, 5u);
      EXPECT_EQ(*static_cast<UCHAR*>(headers.all[0].Data), 0xABu) << "the client's own buffer, not a copy";
      ObDereferenceObject(event);
    });
  });
}

TEST_F(StreamIo, R_SIO_11_length_is_the_whole_list_and_nothing_behind_it_counts) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      KernelHeaders headers(2);
      IO_STATUS_BLOCK iosb{};
      const auto send = [&](ULONG bytes) {
        return KsStreamIo(file, nullptr, nullptr, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0), &iosb,
                          headers.all, bytes, KSSTREAM_READ, KernelMode);
      };
      EXPECT_EQ(send(sizeof(KSSTREAM_HEADER)), STATUS_PENDING);
      eject();
      wait_for(&file->Event);
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(headers.all[0].DataUsed, 5u);
      EXPECT_EQ(headers.all[1].DataUsed, 0u) << "the second header was not part of the list";
      headers.all[0].DataUsed = 0;
      EXPECT_EQ(send(sizeof(KSSTREAM_HEADER) + 8), STATUS_INVALID_BUFFER_SIZE) << "a header that is not all there";
    });
  });
}

TEST_F(StreamIo, R_SIO_12_write_goes_out_as_a_write) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      request.header()->DataUsed = 64;
      IO_STATUS_BLOCK iosb{};
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_INVALID_DEVICE_REQUEST);  // a read
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS | KSSTREAM_WRITE), STATUS_PENDING);
      eject();
      wait_for(&event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      EXPECT_EQ(iosb.Information, 64u);
    });
  });
}

TEST_F(StreamIo, R_SIO_1_an_error_at_once_is_returned_and_nothing_else_is_touched) {
  expect_clean([&] {
    Connection c;  // in STOP
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      iosb.Status = 77;
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_INVALID_DEVICE_STATE);
      EXPECT_EQ(iosb.Status, 77);
      EXPECT_FALSE(KeReadStateEvent(&event));
    });
  });
}

TEST_F(StreamIo, R_SIO_5_an_asynchronous_event_is_an_object_and_referenced) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      IO_STATUS_BLOCK iosb{};
      Request memory({64});
      {
        Request request({64});
        PKEVENT event = object_event(request);
        EXPECT_EQ(KsStreamIo(file, event, nullptr, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0), &iosb,
                             memory.headers(), memory.header_bytes(), KSSTREAM_READ, KernelMode),
                  STATUS_PENDING);
        ObDereferenceObject(event);
        // The handle closes here; the I/O's own reference keeps the event.
      }
      eject();
      sleep_us(100);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    });
  });
}

TEST_F(StreamIo, R_SIO_5_a_plain_event_needs_the_synchronous_flag) {
  keep();
  const ntos::BugCheck* bugcheck = run_client([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      stream(file, request, &event, &iosb);
    });
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->rule, "ObReferenceObject");
}

TEST_F(StreamIo, R_SIO_5_with_the_synchronous_flag_a_plain_event_does) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, TRUE);  // R-SIO-14: reset before the request goes out
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_PENDING);
      EXPECT_FALSE(KeReadStateEvent(&event));
      eject();
      wait_for(&event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    });
  });
}

// R-SIO-6, R-SIO-10, R-SIO-14.
TEST_F(StreamIo, R_SIO_4_without_an_event_the_files_event_tells) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      KeSetEvent(&file->Event, 0, FALSE);
      EXPECT_EQ(stream(file, request, nullptr, &iosb), STATUS_PENDING);
      EXPECT_FALSE(KeReadStateEvent(&file->Event));  // R-SIO-14
      eject();
      wait_for(&file->Event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
    });
  });
}

TEST_F(StreamIo, R_SIO_13_synchronous_without_an_event_waits) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_ASYNCHRONOUS_PROCESSING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(stream(file, request, nullptr, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_SUCCESS);
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(request.header()->DataUsed, 64u);
    });
  });
}

TEST_F(StreamIo, R_SIO_13_a_synchronous_file_object_waits_too) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_ASYNCHRONOUS_PROCESSING;
  };
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle pin_handle = 0;
    EXPECT_EQ(client.create_pin(&pin_handle, SYNTH_PIN_CAPTURE, synth_format(), {}, true), STATUS_SUCCESS);
    EXPECT_EQ(set_state(pin_handle, KSSTATE_RUN), STATUS_SUCCESS);
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(pin_handle);
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(stream(file, request, nullptr, &iosb), STATUS_SUCCESS);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      EXPECT_EQ(request.header()->DataUsed, 64u);
      ObDereferenceObject(file);
    });
    nt::close(pin_handle);
  });
}

TEST_F(StreamIo, R_SIO_7_a_port_context_posts_a_packet) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle port = 0;
    nt::create_io_completion(&port);
    EXPECT_EQ(nt::associate_io_completion(port, c.pin, 0xCAFE), STATUS_SUCCESS);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      int port_context = 0;
      EXPECT_EQ(KsStreamIo(file, nullptr, &port_context, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0),
                           &iosb, request.headers(), request.header_bytes(), KSSTREAM_READ, KernelMode),
                STATUS_PENDING);
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
      EXPECT_EQ(KsStreamPointerGetIrp(at, nullptr, nullptr)->Overlay.AsynchronousParameters.UserApcContext,
                &port_context);
      KsStreamPointerUnlock(at, FALSE);
      eject();
      nt::CompletionPacket packet{};
      EXPECT_EQ(nt::remove_io_completion(port, &packet, nullptr), STATUS_SUCCESS);
      EXPECT_EQ(packet.key, 0xCAFEu);
      EXPECT_EQ(packet.apc_context, &port_context);
      EXPECT_EQ(packet.iosb.status, STATUS_SUCCESS);
      EXPECT_EQ(packet.iosb.information, sizeof(KSSTREAM_HEADER));
    });
    nt::close(port);
  });
}

}  // namespace
}  // namespace p2p::test
