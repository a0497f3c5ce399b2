// Stream pointers (R-SP-1..15).
#include "tests/ks/bench/pointer_fixture.h"

namespace p2p::test {
namespace {

TEST_F(Pointer, R_SP_1_there_is_no_leading_edge_without_a_queue) {
  expect_clean([&] {
    Connection c;
    EXPECT_EQ(unlocked_edge(), nullptr);
    EXPECT_EQ(edge(), nullptr);
    set_state(c.pin, KSSTATE_ACQUIRE);
    EXPECT_NE(unlocked_edge(), nullptr);
    EXPECT_EQ(edge(), nullptr);  // no frame to lock
  });
}

TEST_F(Pointer, R_SP_1_the_leading_edge_is_always_the_same_and_has_no_context) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    PKSSTREAM_POINTER first = unlocked_edge(), second = edge();
    EXPECT_EQ(first, second);
    EXPECT_EQ(edge(), first);  // already locked: the same, still locked once
    EXPECT_EQ(first->Context, nullptr);
    EXPECT_EQ(first->Pin, pin());
    KsStreamPointerUnlock(first, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Pointer, R_SP_2_lock_needs_a_frame) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(KsStreamPointerLock(unlocked_edge()), STATUS_DEVICE_NOT_READY);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(KsStreamPointerLock(unlocked_edge()), STATUS_SUCCESS);
    KsStreamPointerUnlock(unlocked_edge(), TRUE);
  });
}

TEST_F(Pointer, R_SP_2_locking_twice_is_a_violation) {
  expect_ks_violation(0x81003, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    KsStreamPointerLock(edge());
  });
}

TEST_F(Pointer, R_SP_2_unlocking_an_unlocked_pointer_is_a_violation) {
  expect_ks_violation(0x81003, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    KsStreamPointerUnlock(unlocked_edge(), FALSE);
  });
}

TEST_F(Pointer, R_SP_2_ejecting_with_an_unlocked_pointer_is_a_violation) {
  expect_ks_violation(0x81003, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    KsStreamPointerUnlock(unlocked_edge(), TRUE);
  });
}

TEST_F(Pointer, R_SP_3_unlock_keeps_the_frame_and_eject_lets_it_go) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    PKSSTREAM_POINTER at = edge();
    KsStreamPointerUnlock(at, FALSE);
    EXPECT_FALSE(first.done());
    EXPECT_EQ(edge()->StreamHeader->FrameExtent, 1u);
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    // It is at the next one, unlocked.
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);
    EXPECT_EQ(at->StreamHeader->FrameExtent, 2u);
    KsStreamPointerUnlock(at, TRUE);
  });
}

TEST_F(Pointer, R_SP_4_advance_keeps_the_lock_state) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1, 2, 3});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_SUCCESS);
    EXPECT_EQ(at->StreamHeader->FrameExtent, 2u);
    EXPECT_EQ(at->OffsetOut.Remaining, 2u);  // locked: the offsets are there
    KsStreamPointerUnlock(at, FALSE);
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_SUCCESS);
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);  // was unlocked
    EXPECT_EQ(at->StreamHeader->FrameExtent, 3u);
    KsStreamPointerUnlock(at, FALSE);
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_SUCCESS);  // past the end, unlocked: always success
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_SUCCESS);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Pointer, R_SP_4_a_locked_pointer_past_the_last_frame_is_unlocked) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    PKSSTREAM_POINTER at = edge();
    EXPECT_EQ(KsStreamPointerAdvance(at), STATUS_DEVICE_NOT_READY);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    read(c.pin, second);
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);  // it was not locked
    KsStreamPointerUnlock(at, TRUE);
  });
}

TEST_F(Pointer, R_SP_5_offsets_count_bytes) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 50});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    EXPECT_EQ(at->Offset, &at->OffsetOut);
    EXPECT_EQ(at->OffsetOut.Count, 100u);  // R-SP-14
    EXPECT_EQ(at->OffsetOut.Data, request.frame(0));
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 30, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(at->OffsetOut.Data, request.frame(0) + 30);
    EXPECT_EQ(at->OffsetOut.Remaining, 70u);
    EXPECT_EQ(at->OffsetOut.Count, 100u);
    // Unlocking and locking again does not lose the place.
    KsStreamPointerUnlock(at, FALSE);
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);
    EXPECT_EQ(at->OffsetOut.Remaining, 70u);
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 70, FALSE), STATUS_SUCCESS);  // to the next frame, locked
    EXPECT_EQ(at->OffsetOut.Data, request.frame(1));
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 1, TRUE), STATUS_DEVICE_NOT_READY);  // ejected, none left
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(at, 0, 0, FALSE), STATUS_DEVICE_NOT_READY);  // not locked
    // R-MAP-3: what the edge went over is used, as the driver says nothing.
    EXPECT_EQ(request.header(0)->DataUsed, 100u);
    EXPECT_EQ(request.header(1)->DataUsed, 1u);
  });
}

TEST_F(Pointer, R_SP_5_beyond_the_frame_is_a_violation) {
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100});
    read(c.pin, request);
    KsStreamPointerAdvanceOffsets(edge(), 0, 101, FALSE);
  });
}

TEST_F(Pointer, R_SP_6_advance_offsets_and_unlock_unlocks_either_way) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 50});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    KsStreamPointerAdvanceOffsetsAndUnlock(at, 0, 40, FALSE);
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);
    EXPECT_EQ(at->OffsetOut.Remaining, 60u);
    KsStreamPointerAdvanceOffsetsAndUnlock(at, 0, 60, FALSE);
    EXPECT_EQ(KsStreamPointerLock(at), STATUS_SUCCESS);
    EXPECT_EQ(at->OffsetOut.Remaining, 50u);
    KsStreamPointerAdvanceOffsetsAndUnlock(at, 0, 0, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Pointer, R_SP_7_a_clone_has_frame_offsets_lock_state_and_a_context) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 50});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    KsStreamPointerAdvanceOffsets(at, 0, 25, FALSE);
    PKSSTREAM_POINTER locked = nullptr, plain = nullptr;
    EXPECT_EQ(KsStreamPointerClone(at, nullptr, 64, &locked), STATUS_SUCCESS);
    ASSERT_NE(locked->Context, nullptr);
    std::fill_n(static_cast<UCHAR*>(locked->Context), 64, UCHAR{0xEE});
    EXPECT_EQ(locked->StreamHeader, at->StreamHeader);
    EXPECT_EQ(locked->Offset, &locked->OffsetOut);
    EXPECT_EQ(locked->OffsetOut.Remaining, 75u);
    // Independent from now on.
    KsStreamPointerAdvanceOffsets(locked, 0, 5, FALSE);
    EXPECT_EQ(locked->OffsetOut.Remaining, 70u);
    EXPECT_EQ(at->OffsetOut.Remaining, 75u);
    KsStreamPointerUnlock(at, FALSE);
    EXPECT_EQ(KsStreamPointerClone(at, nullptr, 0, &plain), STATUS_SUCCESS);
    EXPECT_EQ(plain->Context, nullptr);
    EXPECT_EQ(KsStreamPointerLock(plain), STATUS_SUCCESS);  // cloned unlocked
    KsStreamPointerUnlock(plain, FALSE);
    // A clone can be cloned and advanced; each holds its frame.
    PKSSTREAM_POINTER third = nullptr;
    EXPECT_EQ(KsStreamPointerClone(locked, nullptr, 0, &third), STATUS_SUCCESS);
    EXPECT_EQ(KsStreamPointerAdvance(third), STATUS_SUCCESS);
    EXPECT_EQ(third->OffsetOut.Count, 50u);
    KsStreamPointerAdvance(at);
    KsStreamPointerAdvance(at);
    KsStreamPointerDelete(locked);
    EXPECT_FALSE(request.done());
    KsStreamPointerDelete(plain);
    EXPECT_FALSE(request.done());
    KsStreamPointerDelete(third);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Pointer, R_SP_7_nothing_to_clone_is_an_error) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PKSSTREAM_POINTER clone = nullptr;
    EXPECT_EQ(KsStreamPointerClone(unlocked_edge(), nullptr, 0, &clone), STATUS_DEVICE_NOT_READY);
  });
}

TEST_F(Pointer, R_SP_8_an_edge_cannot_be_deleted) {
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    KsStreamPointerDelete(unlocked_edge());
  });
}

TEST_F(Pointer, R_SP_8_nor_a_clone_twice) {
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100});
    read(c.pin, request);
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(unlocked_edge(), nullptr, 0, &clone);
    KsStreamPointerDelete(clone);
    KsStreamPointerDelete(clone);
  });
}

TEST_F(Pointer, R_SP_9_clones_are_listed_in_the_order_they_were_made) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(KsPinGetFirstCloneStreamPointer(pin()), nullptr);
    Request request({100});
    read(c.pin, request);
    std::vector<PKSSTREAM_POINTER> made(3), listed;
    for (PKSSTREAM_POINTER& clone : made) KsStreamPointerClone(unlocked_edge(), nullptr, 0, &clone);
    for (PKSSTREAM_POINTER at = KsPinGetFirstCloneStreamPointer(pin()); at != nullptr;) {
      listed.push_back(at);
      PKSSTREAM_POINTER next = KsStreamPointerGetNextClone(at);
      KsStreamPointerDelete(at);
      at = next;
    }
    EXPECT_EQ(listed, made);
    EXPECT_EQ(KsStreamPointerGetNextClone(unlocked_edge()), nullptr);  // no clone
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Pointer, R_SP_10_irp_and_mdl_are_shown_while_locked) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 200, 50});
    read(c.pin, request);
    PKSSTREAM_POINTER at = unlocked_edge();
    EXPECT_EQ(KsStreamPointerGetIrp(at, nullptr, nullptr), nullptr);
    EXPECT_EQ(KsStreamPointerGetMdl(at), nullptr);
    KsStreamPointerLock(at);
    std::vector<std::pair<int, int>> ends;
    std::vector<ULONG> mdl_bytes;
    NTSTATUS status = STATUS_SUCCESS;
    for (; status == STATUS_SUCCESS; status = KsStreamPointerAdvance(at)) {
      BOOLEAN first = 2, last = 2;
      PIRP irp = KsStreamPointerGetIrp(at, &first, &last);
      ASSERT_NE(irp, nullptr);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode, IOCTL_KS_READ_STREAM);
      ends.emplace_back(first, last);
      mdl_bytes.push_back(MmGetMdlByteCount(KsStreamPointerGetMdl(at)));
    }
    EXPECT_EQ(ends, (std::vector<std::pair<int, int>>{{1, 0}, {0, 0}, {0, 1}}));
    EXPECT_EQ(mdl_bytes, (std::vector<ULONG>{100, 200, 50}));
  });
}

TEST_F(Pointer, R_SP_11_the_status_code_is_what_the_request_completes_with) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 100});
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    EXPECT_EQ(KsStreamPointerSetStatusCode(at, STATUS_IO_DEVICE_ERROR), STATUS_SUCCESS);
    KsStreamPointerAdvance(at);
    EXPECT_EQ(KsStreamPointerSetStatusCode(at, STATUS_DATA_ERROR), STATUS_SUCCESS);  // the first failure stays
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(request.wait(), STATUS_IO_DEVICE_ERROR);
    EXPECT_EQ(request.iosb.information, 0u);
  });
}

TEST_F(Pointer, R_SP_14_data_is_the_frame_itself_without_a_copy) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({300, 5000}, 0, 77);
    read(c.pin, request);
    PKSSTREAM_POINTER at = edge();
    EXPECT_EQ(at->OffsetOut.Data, request.frame(0));
    std::fill_n(at->OffsetOut.Data, at->OffsetOut.Count, UCHAR{0x11});
    at->StreamHeader->DataUsed = 300;
    KsStreamPointerAdvance(at);
    EXPECT_EQ(at->OffsetOut.Data, request.frame(1));
    KsStreamPointerUnlock(at, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.frame(0)[299], 0x11);
  });
}

TEST_F(Pointer, KsIrqlDDIs_stream_pointers_above_dispatch_level_are_a_violation) {
  expect_ks_violation(0x81009, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PKSSTREAM_POINTER at = unlocked_edge();
    KIRQL irql;
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KsStreamPointerLock(at);
  });
}

TEST_F(Pointer, KsInvalidStreamPointer_null_is_a_violation) {
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    KsStreamPointerLock(nullptr);
  });
}

TEST_F(Pointer, KsInvalidStreamPointer_an_edge_after_stop_is_a_violation) {
  expect_ks_violation(0x8100C, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PKSSTREAM_POINTER at = unlocked_edge();
    set_state(c.pin, KSSTATE_STOP);
    KsStreamPointerAdvance(at);
  });
}

}  // namespace
}  // namespace p2p::test
