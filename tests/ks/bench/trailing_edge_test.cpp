// Pins with a distinct trailing edge (R-SP-1, R-Q-2).
#include "tests/ks/bench/pointer_fixture.h"

namespace p2p::test {
namespace {

TEST_F(Pointer, R_SP_1_there_is_no_trailing_edge_unless_the_pin_asks_for_one) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(KsPinGetTrailingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_UNLOCKED), nullptr);
  });
}

TEST_F(Pointer, R_Q_2_frames_between_the_edges_stay_until_the_trailing_edge_passes) {
  flags(KSPIN_FLAG_DISTINCT_TRAILING_EDGE);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(KsPinGetTrailingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_LOCKED), nullptr);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    PKSSTREAM_POINTER tail = KsPinGetTrailingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_UNLOCKED);
    ASSERT_NE(tail, nullptr);
    EXPECT_NE(tail, unlocked_edge());
    EXPECT_EQ(tail->Context, nullptr);
    KsStreamPointerAdvance(unlocked_edge());
    KsStreamPointerAdvance(unlocked_edge());
    EXPECT_FALSE(first.done());
    EXPECT_EQ(KsStreamPointerLock(tail), STATUS_SUCCESS);
    EXPECT_EQ(tail->StreamHeader->FrameExtent, 1u);
    KsStreamPointerUnlock(tail, TRUE);
    EXPECT_TRUE(first.done());
    EXPECT_FALSE(second.done());
    KsStreamPointerAdvance(tail);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    // Both edges take up the next arrival.
    Request third({3});
    read(c.pin, third);
    EXPECT_EQ(edge()->StreamHeader->FrameExtent, 3u);
    EXPECT_EQ(KsStreamPointerLock(tail), STATUS_SUCCESS);
    EXPECT_EQ(tail->StreamHeader->FrameExtent, 3u);
    KsStreamPointerUnlock(tail, TRUE);
    EXPECT_FALSE(third.done());
    KsStreamPointerUnlock(unlocked_edge(), TRUE);
    EXPECT_EQ(third.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Pointer, R_SP_13_cancelling_moves_both_edges) {
  flags(KSPIN_FLAG_DISTINCT_TRAILING_EDGE);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2}), third({3});
    for (Request* request : {&first, &second, &third}) read(c.pin, *request);
    PKSSTREAM_POINTER tail = KsPinGetTrailingEdgeStreamPointer(pin(), KSSTREAM_POINTER_STATE_UNLOCKED);
    KsStreamPointerAdvance(unlocked_edge());
    nt::cancel_io_file(c.pin, &first.iosb);
    EXPECT_EQ(first.wait(), STATUS_CANCELLED);
    KsStreamPointerLock(tail);
    EXPECT_EQ(tail->StreamHeader->FrameExtent, 2u);
    KsStreamPointerUnlock(tail, FALSE);
    nt::cancel_io_file(c.pin, &second.iosb);
    EXPECT_EQ(edge()->StreamHeader->FrameExtent, 3u);
    KsStreamPointerUnlock(unlocked_edge(), FALSE);
    set_state(c.pin, KSSTATE_STOP);
    EXPECT_EQ(third.wait(), STATUS_CANCELLED);
  });
}

}  // namespace
}  // namespace p2p::test
