// KsStreamIo, parameter by parameter: what the IRP says, whose the event is, where headers and status block may lie.
#include "tests/ks/bench/stream_io_fixture.h"

#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

namespace p2p::test {
namespace {

constexpr auto kNever = static_cast<KSCOMPLETION_INVOCATION>(0);

class StreamIoParameter : public StreamIo {
 protected:
  /// The IRP whose frame is at the pin's leading edge.
  PIRP irp_at_the_pin() const {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED);
    if (at == nullptr) return nullptr;
    PIRP irp = KsStreamPointerGetIrp(at, nullptr, nullptr);
    KsStreamPointerUnlock(at, FALSE);
    return irp;
  }
};

/// What the caller's flags become.
struct Direction {
  const char* name;
  ULONG pin, flags, code;
};

// R-SIO-1: a request for the file's device.
TEST_F(StreamIoParameter, R_SIO_12_the_direction_is_the_control_code_and_reading_is_the_default) {
  keep();
  expect_clean([&] {
    const Direction directions[] = {
        {"no flag", SYNTH_PIN_CAPTURE, 0, IOCTL_KS_READ_STREAM},
        {"KSSTREAM_READ", SYNTH_PIN_CAPTURE, KSSTREAM_READ, IOCTL_KS_READ_STREAM},
        {"KSSTREAM_READ | PAGED", SYNTH_PIN_CAPTURE, KSSTREAM_READ | KSSTREAM_PAGED_DATA, IOCTL_KS_READ_STREAM},
        {"KSSTREAM_WRITE", SYNTH_PIN_RENDER, KSSTREAM_WRITE, IOCTL_KS_WRITE_STREAM},
        {"KSSTREAM_WRITE | PAGED", SYNTH_PIN_RENDER, KSSTREAM_WRITE | KSSTREAM_PAGED_DATA, IOCTL_KS_WRITE_STREAM}};
    for (const Direction& direction : directions) {
      Connection c(direction.pin, KSSTATE_RUN);
      with_file(c, [&](PFILE_OBJECT file) {
        Request request({64});
        if (direction.code == IOCTL_KS_WRITE_STREAM) request.header()->DataUsed = 64;
        IO_STATUS_BLOCK iosb{};
        EXPECT_EQ(stream(file, request, nullptr, &iosb, direction.flags), STATUS_PENDING) << direction.name;
        PIRP irp = irp_at_the_pin();
        ASSERT_NE(irp, nullptr) << direction.name;
        PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
        EXPECT_EQ(location->MajorFunction, IRP_MJ_DEVICE_CONTROL) << direction.name;
        EXPECT_EQ(location->Parameters.DeviceIoControl.IoControlCode, direction.code) << direction.name;
        EXPECT_EQ(location->FileObject, file) << direction.name;
        EXPECT_EQ(irp->UserBuffer, request.headers()) << direction.name;
        EXPECT_EQ(irp->UserIosb, &iosb) << direction.name;
        eject();
        wait_for(&file->Event);
      });
    }
  });
}

TEST(StreamIoFlags, R_SIO_12_the_directions_are_those_of_probing) {
  EXPECT_EQ(KSSTREAM_READ, KSPROBE_STREAMREAD);
  EXPECT_EQ(KSSTREAM_WRITE, KSPROBE_STREAMWRITE);
  EXPECT_EQ(KSSTREAM_READ | KSSTREAM_PAGED_DATA, 0) << "the defaults";
}

TEST_F(StreamIoParameter, R_SIO_12_synchronous_is_written_on_the_irp) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    for (const ULONG flags : {ULONG{0}, ULONG{KSSTREAM_SYNCHRONOUS}}) {
      with_file(c, [&](PFILE_OBJECT file) {
        Request request({64});
        IO_STATUS_BLOCK iosb{};
        PKEVENT event = object_event(request);
        EXPECT_EQ(stream(file, request, event, &iosb, flags), STATUS_PENDING);
        EXPECT_EQ((irp_at_the_pin()->Flags & IRP_SYNCHRONOUS_API) != 0, flags == KSSTREAM_SYNCHRONOUS);
        eject();
        wait_for(event);
        ObDereferenceObject(event);
      });
    }
  });
}

TEST_F(StreamIoParameter, R_SIO_5_the_flag_says_whether_an_object_event_is_referenced) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    for (const ULONG flags : {ULONG{0}, ULONG{KSSTREAM_SYNCHRONOUS}}) {
      with_file(c, [&](PFILE_OBJECT file) {
        Request request({64});
        IO_STATUS_BLOCK iosb{};
        PKEVENT event = object_event(request);
        const std::uint64_t before = ob::references_of(event);
        EXPECT_EQ(stream(file, request, event, &iosb, flags), STATUS_PENDING);
        EXPECT_EQ(ob::references_of(event), before + (flags == KSSTREAM_SYNCHRONOUS ? 0 : 1)) << "with flags " << flags;
        eject();
        wait_for(event);
        sleep_us(1);
        EXPECT_EQ(ob::references_of(event), before) << "with flags " << flags;
        request.header()->DataUsed = 1;  // refused at once: a read comes with empty frames
        EXPECT_EQ(stream(file, request, event, &iosb, flags), STATUS_INVALID_PARAMETER);
        EXPECT_EQ(ob::references_of(event), before) << "refused, with flags " << flags;
        ObDereferenceObject(event);
      });
    }
  });
}

TEST_F(StreamIoParameter, R_SIO_4_a_passed_event_is_set_in_place_of_the_files) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      PKEVENT event = object_event(request);
      EXPECT_EQ(stream(file, request, event, &iosb), STATUS_PENDING);
      eject();
      wait_for(event);
      EXPECT_FALSE(KeReadStateEvent(&file->Event)) << "nobody waits for the file's event";
      ObDereferenceObject(event);
    });
  });
}

// R-SIO-6.
TEST_F(StreamIoParameter, R_SIO_4_without_an_event_the_request_may_complete_with_nobody_waiting) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      iosb.Status = 77;
      EXPECT_EQ(stream(file, request, nullptr, &iosb), STATUS_PENDING);
      sleep_us(100);
      EXPECT_EQ(iosb.Status, 77) << "not before it is complete";
      at_dispatch_level([&] { eject(); });
      sleep_us(100);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      EXPECT_EQ(iosb.Information, sizeof(KSSTREAM_HEADER));
    });
  });
}

TEST_F(StreamIoParameter, R_SIO_8_a_context_without_a_routine_goes_nowhere) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      int context = 0;
      EXPECT_EQ(KsStreamIo(file, nullptr, nullptr, nullptr, &context, KsInvokeOnSuccess, &iosb, request.headers(),
                           request.header_bytes(), KSSTREAM_READ, KernelMode),
                STATUS_PENDING);
      PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp_at_the_pin());
      EXPECT_EQ(location->CompletionRoutine, nullptr);
      EXPECT_EQ(location->Context, nullptr);
      EXPECT_EQ(location->Control & SL_INVOKE_ON_SUCCESS, 0);
      eject();
      wait_for(&file->Event);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    });
  });
}

TEST_F(StreamIoParameter, R_SIO_7_without_a_port_context_no_packet_is_posted) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle port = 0;
    nt::create_io_completion(&port);
    EXPECT_EQ(nt::associate_io_completion(port, c.pin, 0xCAFE), STATUS_SUCCESS);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(stream(file, request, nullptr, &iosb), STATUS_PENDING);
      eject();
      wait_for(&file->Event);
      nt::CompletionPacket packet{};
      const std::int64_t at_once = 0;
      EXPECT_EQ(nt::remove_io_completion(port, &packet, &at_once), STATUS_TIMEOUT);
    });
    nt::close(port);
  });
}

// R-SIO-6: there is no other way for the caller to know.
[[gnu::noinline]] void forget_the_status_block(PFILE_OBJECT file, Request& request) {
  IO_STATUS_BLOCK iosb{};
  EXPECT_EQ(KsStreamIo(file, nullptr, nullptr, nullptr, nullptr, kNever, &iosb, request.headers(),
                       request.header_bytes(), KSSTREAM_READ, KernelMode),
            STATUS_PENDING);
}

/// The same, well below where the next request is sent from.
[[gnu::noinline]] void forget_deeper(PFILE_OBJECT file, Request& request) {
  volatile UCHAR room[8192];
  room[0] = 0;
  forget_the_status_block(file, request);
  room[sizeof room - 1] = 0;  // no tail call
}

TEST_F(StreamIoParameter, R_SIO_10_a_status_block_on_a_frame_that_is_gone_is_noticed) {
  keep();
  const ntos::BugCheck* bugcheck = run_client([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      static IO_STATUS_BLOCK valid;
      Request first({64}), second({64});
      forget_deeper(file, first);
      stream(file, second, nullptr, &valid);
    });
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xC9u) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[0], 0x0Cu) << bugcheck->message;
}

TEST_F(StreamIoParameter, R_SIO_11_a_kernel_clients_headers_in_paged_pool_are_refused) {
  keep();
  const ntos::BugCheck* bugcheck = run_client([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      KernelHeaders headers(1, POOL_FLAG_PAGED);
      IO_STATUS_BLOCK iosb{};
      KsStreamIo(file, nullptr, nullptr, nullptr, nullptr, kNever, &iosb, headers.all, sizeof *headers.all,
                 KSSTREAM_READ, KernelMode);
      eject();  // if it was taken
      wait_for(&file->Event);
    });
  });
  ASSERT_NE(bugcheck, nullptr) << "headers in paged pool were taken";
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[1], DISPATCH_LEVEL);
  EXPECT_NE(bugcheck->message.find("stream headers"), std::string::npos) << bugcheck->message;
}

// R-SIO-10: nor is the address of the status block.
TEST_F(StreamIoParameter, R_SIO_11_a_user_mode_requests_kernel_addresses_are_not_probed_again) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      KernelHeaders headers(1);
      PKSSTREAM_HEADER header = headers.all;
      auto* iosb = static_cast<PIO_STATUS_BLOCK>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(IO_STATUS_BLOCK), 'rdHT'));
      *header = *request.header();
      EXPECT_EQ(KsStreamIo(file, nullptr, nullptr, nullptr, nullptr, kNever, iosb, header, sizeof *header,
                           KSSTREAM_READ, UserMode),
                STATUS_PENDING);
      EXPECT_EQ(irp_at_the_pin()->RequestorMode, UserMode);
      eject();
      wait_for(&file->Event);
      EXPECT_EQ(iosb->Status, STATUS_SUCCESS);
      EXPECT_EQ(header->DataUsed, 5u);
      ExFreePoolWithTag(iosb, 'rdHT');
    });
  });
}

TEST_F(StreamIoParameter, R_SIO_12_data_in_paged_pool_is_locked_by_default) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      auto* data = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_PAGED, 64, 'ataD'));
      KernelHeaders headers(1);
      PKSSTREAM_HEADER header = headers.all;
      header->Data = data;
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(
          KsStreamIo(file, nullptr, nullptr, nullptr, nullptr, kNever, &iosb, header, sizeof *header, 0, KernelMode),
          STATUS_PENDING);
      PIRP irp = irp_at_the_pin();
      EXPECT_NE(irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED, 0);
      at_dispatch_level([&] {  // where paged pool is out of reach: through the MDL it is not
        static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority))[0] = 0x5A;
      });
      eject();
      wait_for(&file->Event);
      EXPECT_EQ(data[0], 0x5A);
      ExFreePoolWithTag(data, 'ataD');
    });
  });
}

TEST_F(StreamIoParameter, R_SIO_1_without_memory_for_an_irp_the_error_is_returned) {
  keep();
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      iosb.Status = 77;
      PKEVENT event = object_event(request);
      const std::uint64_t before = ob::references_of(event);
      ke::state().config.fail_allocation = ke::state().counters.allocations + 1;
      EXPECT_EQ(stream(file, request, event, &iosb), STATUS_INSUFFICIENT_RESOURCES);
      ke::state().config.fail_allocation = 0;
      EXPECT_EQ(iosb.Status, 77);
      EXPECT_EQ(ob::references_of(event), before);
      ObDereferenceObject(event);
    });
  });
}

TEST_F(StreamIoParameter, R_SIO_3_the_fast_paths_status_is_the_callers) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    with_file(c, [&](PFILE_OBJECT file) {
      install_fast_io(file);
      Seen::fast_status = STATUS_DEVICE_BUSY;
      Request request({64});
      IO_STATUS_BLOCK iosb{};
      EXPECT_EQ(stream(file, request, nullptr, &iosb), STATUS_DEVICE_BUSY);
      EXPECT_EQ(Seen::fast_calls, 1);
      EXPECT_EQ(iosb.Status, STATUS_DEVICE_BUSY);
    });
  });
}

}  // namespace
}  // namespace p2p::test
