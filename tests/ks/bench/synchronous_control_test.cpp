// KsSynchronousIoControlDevice (R-SIO-20).
#include "tests/ks/bench/stream_io_fixture.h"

namespace p2p::test {
namespace {

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
