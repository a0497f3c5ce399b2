// KsStreamIo: completion routines and their order, requestor modes, fast I/O (R-SIO-2, R-SIO-3, R-SIO-8, R-SIO-15).
#include "tests/ks/bench/stream_io_fixture.h"

namespace p2p::test {
namespace {

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

}  // namespace
}  // namespace p2p::test
