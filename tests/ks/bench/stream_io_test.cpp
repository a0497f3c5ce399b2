// KsStreamIo and KsSynchronousIoControlDevice (spec 5), as kernel clients use them.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

/// What a completion routine and a fast I/O routine saw.
struct Seen {
  static inline int routine_calls = 0;
  static inline PVOID context = nullptr;
  static inline PDEVICE_OBJECT device = nullptr;
  static inline NTSTATUS status = 0;
  static inline bool event_was_set = false;
  static inline PKEVENT event = nullptr;
  static inline PIO_STATUS_BLOCK iosb = nullptr;
  static inline NTSTATUS iosb_status = 0;
  static inline int fast_calls = 0;
  static inline bool fast_answer = true;
  static inline ULONG fast_code = 0;

  static NTSTATUS NTAPI routine(PDEVICE_OBJECT device_object, PIRP irp, PVOID context_pointer) {
    ++routine_calls;
    device = device_object;
    context = context_pointer;
    status = irp->IoStatus.Status;
    if (event != nullptr) event_was_set = KeReadStateEvent(event) != 0;
    if (iosb != nullptr) iosb_status = iosb->Status;
    return STATUS_SUCCESS;
  }
  static BOOLEAN NTAPI fast(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID out, ULONG out_bytes, ULONG code,
                            PIO_STATUS_BLOCK block, PDEVICE_OBJECT) {
    ++fast_calls;
    fast_code = code;
    if (!fast_answer) return FALSE;
    if (out_bytes >= sizeof(KSSTREAM_HEADER)) static_cast<PKSSTREAM_HEADER>(out)->DataUsed = 9;
    block->Status = STATUS_SUCCESS;
    block->Information = out_bytes;
    return TRUE;
  }
};

class StreamIo : public KsTest {
 protected:
  void keep() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  /// Finishes the frame at the leading edge.
  void eject() const {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
    if (at->Offset == &at->OffsetOut) at->StreamHeader->DataUsed = 5;
    KsStreamPointerUnlock(at, TRUE);
  }
  /// Runs `body` in a system thread with the pin's file object.
  void with_file(const Connection& c, const std::function<void(PFILE_OBJECT)>& body) {
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      body(file);
      ObDereferenceObject(file);
    });
  }
  static NTSTATUS stream(PFILE_OBJECT file, Request& request, PKEVENT event, PIO_STATUS_BLOCK iosb, ULONG flags = 0,
                         KPROCESSOR_MODE mode = KernelMode) {
    return KsStreamIo(file, event, nullptr, nullptr, nullptr, static_cast<KSCOMPLETION_INVOCATION>(0), iosb,
                      request.headers(), request.header_bytes(), flags, mode);
  }
  static PKEVENT object_event(const Request& request) {
    PVOID body = nullptr;
    ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(request.event), 0, *ExEventObjectType, KernelMode, &body,
                              nullptr);
    return static_cast<PKEVENT>(body);
  }
  FAST_IO_DISPATCH fast_table_{};
  void install_fast_io(PFILE_OBJECT file) {
    fast_table_.SizeOfFastIoDispatch = sizeof fast_table_;
    fast_table_.FastIoDeviceControl = Seen::fast;
    IoGetRelatedDeviceObject(file)->DriverObject->FastIoDispatch = &fast_table_;
  }
};

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

/// A header list in the kernel's own memory, for kernel buffers.
struct KernelHeaders {
  explicit KernelHeaders(ULONG count)
      : all(static_cast<PKSSTREAM_HEADER>(
            ExAllocatePool2(POOL_FLAG_NON_PAGED, count * (sizeof(KSSTREAM_HEADER) + 64), 'rdHT'))) {
    auto* data = reinterpret_cast<UCHAR*>(all + count);
    for (ULONG i = 0; i < count; ++i) {
      all[i].Size = sizeof(KSSTREAM_HEADER);
      all[i].PresentationTime.Numerator = all[i].PresentationTime.Denominator = 1;
      all[i].FrameExtent = 64;
      all[i].Data = data + i * 64;
    }
  }
  ~KernelHeaders() { ExFreePoolWithTag(all, 'rdHT'); }
  KernelHeaders(const KernelHeaders&) = delete;
  KernelHeaders& operator=(const KernelHeaders&) = delete;
  PKSSTREAM_HEADER all;
};

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

/// The ways a request can end, and the mask bits that answer to them.
struct Ending {
  const char* name;
  unsigned bit;
};

class Invocation : public StreamIo, public ::testing::WithParamInterface<unsigned> {};

TEST_P(Invocation, R_SIO_8_the_completion_routine_is_called_as_its_mask_says) {
  keep();
  const unsigned mask = GetParam();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    const Ending endings[] = {{"success", KsInvokeOnSuccess}, {"error", KsInvokeOnError}, {"cancel", KsInvokeOnCancel}};
    for (const Ending& ending : endings) {
      with_file(c, [&](PFILE_OBJECT file) {
        Seen::routine_calls = 0;
        Request request({64});
        IO_STATUS_BLOCK iosb{};
        KEVENT event;
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        EXPECT_EQ(KsStreamIo(file, &event, nullptr, Seen::routine, &event, static_cast<KSCOMPLETION_INVOCATION>(mask),
                             &iosb, request.headers(), request.header_bytes(), KSSTREAM_SYNCHRONOUS, KernelMode),
                  STATUS_PENDING);
        PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
        PIRP irp = KsStreamPointerGetIrp(at, nullptr, nullptr);
        if (ending.bit == KsInvokeOnError) KsStreamPointerSetStatusCode(at, STATUS_DATA_ERROR);
        KsStreamPointerUnlock(at, FALSE);
        if (ending.bit == KsInvokeOnCancel) {
          EXPECT_TRUE(IoCancelIrp(irp));
        } else {
          eject();
        }
        wait_for(&event);
        // A cancelled request ends with an error, too.
        const bool expected =
            (mask & ending.bit) != 0 || (ending.bit == KsInvokeOnCancel && (mask & KsInvokeOnError) != 0);
        EXPECT_EQ(Seen::routine_calls, expected ? 1 : 0) << ending.name << " with mask " << mask;
        if (expected) {
          EXPECT_EQ(Seen::context, &event);
          EXPECT_EQ(Seen::status, iosb.Status);
        }
      });
    }
  });
}
INSTANTIATE_TEST_SUITE_P(EveryMask, Invocation, ::testing::Range(0u, 8u));

// R-SIO-9, R-SIO-10.
TEST_F(StreamIo, R_SIO_15_the_routine_comes_before_iosb_and_event) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      iosb.Status = 77;
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      Seen::event = &event;
      Seen::iosb = &iosb;
      KsStreamIo(file, &event, nullptr, Seen::routine, nullptr, KsInvokeOnSuccess, &iosb, request.headers(),
                 request.header_bytes(), KSSTREAM_SYNCHRONOUS, KernelMode);
      eject();
      wait_for(&event);
      EXPECT_EQ(Seen::routine_calls, 1);
      EXPECT_EQ(Seen::device, nullptr);  // R-SIO-9: the caller has no location in that IRP
      EXPECT_FALSE(Seen::event_was_set);
      EXPECT_EQ(Seen::iosb_status, 77);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    });
  });
}

TEST_F(StreamIo, R_SIO_2_requestor_mode_goes_into_the_irp) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    for (KPROCESSOR_MODE mode : {KernelMode, UserMode}) {
      with_file(c, [&](PFILE_OBJECT file) {
        Request request({64});
        IO_STATUS_BLOCK iosb{};
        stream(file, request, nullptr, &iosb, KSSTREAM_READ, mode);
        PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
        EXPECT_EQ(KsStreamPointerGetIrp(at, nullptr, nullptr)->RequestorMode, mode);
        EXPECT_EQ(IoGetCurrentIrpStackLocation(KsStreamPointerGetIrp(at, nullptr, nullptr))
                      ->Parameters.DeviceIoControl.OutputBufferLength,
                  request.header_bytes());  // R-SIO-11
        KsStreamPointerUnlock(at, TRUE);
        wait_for(&file->Event);
      });
    }
  });
}

TEST_F(StreamIo, R_SIO_3_fast_io_is_tried_first_and_needs_no_irp) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      install_fast_io(file);
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      const std::uint64_t irps = kernel->counters().irps_issued;
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_SUCCESS);
      EXPECT_EQ(kernel->counters().irps_issued, irps);
      EXPECT_EQ(Seen::fast_calls, 1);
      EXPECT_EQ(Seen::fast_code, IOCTL_KS_READ_STREAM);
      EXPECT_TRUE(KeReadStateEvent(&event));
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(request.header()->DataUsed, 9u);
      request.header()->DataUsed = 0;
      // Refused: an IRP after all.
      Seen::fast_answer = false;
      EXPECT_EQ(stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS), STATUS_PENDING);
      EXPECT_EQ(Seen::fast_calls, 2);
      EXPECT_EQ(kernel->counters().irps_issued, irps + 1);
      eject();
      wait_for(&event);
      // A completion routine needs an IRP to complete.
      Seen::fast_answer = true;
      request.header()->DataUsed = 0;
      EXPECT_EQ(KsStreamIo(file, &event, nullptr, Seen::routine, nullptr, KsInvokeOnSuccess, &iosb, request.headers(),
                           request.header_bytes(), KSSTREAM_SYNCHRONOUS, KernelMode),
                STATUS_PENDING);
      EXPECT_EQ(Seen::fast_calls, 2);
      eject();
      wait_for(&event);
      EXPECT_EQ(Seen::routine_calls, 1);
    });
  });
}

TEST_F(StreamIo, R_SIO_2_fast_io_is_forbidden_for_a_user_mode_request_from_kernel_mode_only) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    const auto attempt = [&](KPROCESSOR_MODE mode) {
      PFILE_OBJECT file = file_of(c.pin);
      install_fast_io(file);
      Seen::fast_calls = 0;
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      KEVENT event;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      if (stream(file, request, &event, &iosb, KSSTREAM_SYNCHRONOUS, mode) == STATUS_PENDING) wait_for(&event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      ObDereferenceObject(file);
      return Seen::fast_calls;
    };
    in_system_thread([&] {  // previous mode: kernel
      EXPECT_EQ(attempt(KernelMode), 1);
      EXPECT_EQ(attempt(UserMode), 0);
    });
    // Here the previous mode is user mode.
    EXPECT_EQ(attempt(KernelMode), 1);
    EXPECT_EQ(attempt(UserMode), 1);
  });
}

TEST_F(StreamIo, R_SIO_12_nonpaged_data_is_not_locked) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      for (ULONG flags : {KSSTREAM_PAGED_DATA, KSSTREAM_NONPAGED_DATA}) {
        Request request({64});
        IO_STATUS_BLOCK iosb{};
        EXPECT_EQ(stream(file, request, nullptr, &iosb, flags), STATUS_PENDING);
        PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
        EXPECT_EQ((KsStreamPointerGetMdl(at)->MdlFlags & MDL_PAGES_LOCKED) != 0, flags == KSSTREAM_PAGED_DATA);
        EXPECT_EQ(at->OffsetOut.Data, request.frame());
        KsStreamPointerUnlock(at, FALSE);
        eject();
        wait_for(&file->Event);
        EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      }
    });
  });
}

// -- KsSynchronousIoControlDevice -------------------------------------------------------------------------------------

TEST_F(StreamIo, R_SIO_20_a_control_is_waited_for_and_returns_status_and_bytes) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    with_file(c, [&](PFILE_OBJECT file) {
      KSPROPERTY property{};
      property.Set = KSPROPSETID_Connection;
      property.Id = KSPROPERTY_CONNECTION_STATE;
      property.Flags = KSPROPERTY_TYPE_GET;
      KSSTATE state = KSSTATE_STOP;
      ULONG returned = 0;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_PROPERTY, &property, sizeof property, &state,
                                             sizeof state, &returned),
                STATUS_SUCCESS);
      EXPECT_EQ(state, KSSTATE_PAUSE);
      EXPECT_EQ(returned, sizeof state);
      property.Id = 1234;
      returned = 55;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_PROPERTY, &property, sizeof property, &state,
                                             sizeof state, &returned),
                STATUS_NOT_FOUND);
      EXPECT_EQ(returned, 0u);
    });
  });
}

TEST_F(StreamIo, R_SIO_20_a_request_that_pends_is_waited_for) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_ASYNCHRONOUS_PROCESSING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      ULONG returned = 0;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_READ_STREAM, nullptr, 0, request.headers(),
                                             request.header_bytes(), &returned),
                STATUS_SUCCESS);
      EXPECT_EQ(returned, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(request.header()->DataUsed, 64u);
    });
  });
}

TEST_F(StreamIo, R_SIO_20_mode_and_file_object_are_in_the_irp) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PFILE_OBJECT expected = nullptr;
    std::vector<int> modes;
    driver.process = [&](PKSPIN p) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
      PIRP irp = KsStreamPointerGetIrp(at, nullptr, nullptr);
      modes.push_back(irp->RequestorMode);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->FileObject, expected);
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_PENDING;
    };
    for (KPROCESSOR_MODE mode : {KernelMode, UserMode}) {
      with_file(c, [&](PFILE_OBJECT file) {
        expected = file;
        Request request({64});
        ULONG returned = 0;
        KsSynchronousIoControlDevice(file, mode, IOCTL_KS_READ_STREAM, nullptr, 0, request.headers(),
                                     request.header_bytes(), &returned);
      });
    }
    EXPECT_EQ(modes, (std::vector<int>{KernelMode, UserMode}));
  });
}

TEST_F(StreamIo, R_SIO_20_fast_io_is_tried_under_the_same_rule) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      install_fast_io(file);
      Request request({64});
      ULONG returned = 0;
      const auto send = [&](KPROCESSOR_MODE mode) {
        request.header()->DataUsed = 0;
        return KsSynchronousIoControlDevice(file, mode, IOCTL_KS_READ_STREAM, nullptr, 0, request.headers(),
                                            request.header_bytes(), &returned);
      };
      EXPECT_EQ(send(KernelMode), STATUS_SUCCESS);
      EXPECT_EQ(Seen::fast_calls, 1);
      EXPECT_EQ(returned, sizeof(KSSTREAM_HEADER));
      EXPECT_EQ(send(UserMode), STATUS_SUCCESS);
      EXPECT_EQ(Seen::fast_calls, 1);
    });
  });
}

TEST_F(StreamIo, R_SIO_20_above_passive_level_it_is_a_violation) {
  expect_ks_violation(0x81009, [&] {
    Connection c;
    with_file(c, [&](PFILE_OBJECT file) {
      KIRQL irql;
      KeRaiseIrql(APC_LEVEL, &irql);
      ULONG returned = 0;
      KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_PROPERTY, nullptr, 0, nullptr, 0, &returned);
    });
  });
}

}  // namespace
}  // namespace p2p::test
