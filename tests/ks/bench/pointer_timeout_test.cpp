// Time-outs of stream pointers (R-SP-12).
#include "tests/ks/bench/pointer_fixture.h"

namespace p2p::test {
namespace {

struct Timeouts {
  static inline std::vector<std::pair<ULONG, ULONGLONG>> fired;  // frame extent, at
  static inline KIRQL irql = 0;
  static inline bool remove = true;
  static void NTAPI callback(PKSSTREAM_POINTER pointer) {
    irql = KeGetCurrentIrql();
    ULONG extent = 0;
    if (NT_SUCCESS(KsStreamPointerLock(pointer))) {
      extent = pointer->StreamHeader->FrameExtent;
      KsStreamPointerUnlock(pointer, FALSE);
    }
    fired.emplace_back(extent, KeQueryInterruptTime());
    if (remove) KsStreamPointerDelete(pointer);
  }
};

TEST_F(Pointer, R_SP_12_a_time_out_calls_back_at_dispatch_level_after_its_interval) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    PKSSTREAM_POINTER one = nullptr, two = nullptr;
    KsStreamPointerClone(unlocked_edge(), nullptr, 0, &one);
    KsStreamPointerAdvance(unlocked_edge());
    KsStreamPointerClone(unlocked_edge(), nullptr, 0, &two);
    KsStreamPointerAdvance(unlocked_edge());
    const ULONGLONG start = KeQueryInterruptTime();
    KsStreamPointerScheduleTimeout(one, Timeouts::callback, 50'000);
    KsStreamPointerScheduleTimeout(two, Timeouts::callback, 20'000);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    ASSERT_EQ(Timeouts::fired.size(), 2u);
    EXPECT_EQ(Timeouts::fired[0].first, 2u);
    EXPECT_EQ(Timeouts::fired[1].first, 1u);
    EXPECT_GE(Timeouts::fired[0].second, start + 20'000);
    EXPECT_LT(Timeouts::fired[0].second, start + 40'000);
    EXPECT_GE(Timeouts::fired[1].second, start + 50'000);
    EXPECT_EQ(Timeouts::irql, DISPATCH_LEVEL);
  });
}

TEST_F(Pointer, R_SP_12_rescheduling_replaces_and_cancelling_ends_it) {
  Timeouts::remove = false;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1});
    read(c.pin, request);
    PKSSTREAM_POINTER at = unlocked_edge();
    KsStreamPointerCancelTimeout(at);  // none: no-op
    KsStreamPointerScheduleTimeout(at, Timeouts::callback, 10'000);
    KsStreamPointerScheduleTimeout(at, Timeouts::callback, 30'000);
    sleep_us(2000);
    EXPECT_EQ(Timeouts::fired.size(), 0u);
    sleep_us(3000);
    EXPECT_EQ(Timeouts::fired.size(), 1u);
    KsStreamPointerScheduleTimeout(at, Timeouts::callback, 10'000);
    KsStreamPointerCancelTimeout(at);
    sleep_us(3000);
    EXPECT_EQ(Timeouts::fired.size(), 1u);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Pointer, R_SP_12_deleting_a_clone_cancels_its_time_out) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1});
    read(c.pin, request);
    PKSSTREAM_POINTER clone = nullptr;
    KsStreamPointerClone(unlocked_edge(), nullptr, 0, &clone);
    KsStreamPointerScheduleTimeout(clone, Timeouts::callback, 10'000);
    KsStreamPointerDelete(clone);
    sleep_us(3000);
    EXPECT_TRUE(Timeouts::fired.empty());
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Pointer, R_SP_12_before_run_nothing_fires_then_the_backlog_in_due_order) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    Request request({1, 2, 3});
    read(c.pin, request);
    const ULONG intervals[] = {30'000, 10'000, 90'000};
    for (ULONG interval : intervals) {
      PKSSTREAM_POINTER clone = nullptr;
      KsStreamPointerClone(unlocked_edge(), nullptr, 0, &clone);
      KsStreamPointerAdvance(unlocked_edge());
      KsStreamPointerScheduleTimeout(clone, Timeouts::callback, interval);
    }
    sleep_us(5000);
    EXPECT_TRUE(Timeouts::fired.empty());
    set_state(c.pin, KSSTATE_RUN);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    std::vector<ULONG> order;
    for (const auto& entry : Timeouts::fired) order.push_back(entry.first);
    EXPECT_EQ(order, (std::vector<ULONG>{2, 1, 3}));
  });
}

TEST_F(Pointer, R_SP_12_stop_ends_the_time_outs_of_the_edges) {
  Timeouts::remove = false;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    KsStreamPointerScheduleTimeout(unlocked_edge(), Timeouts::callback, 10'000);
    set_state(c.pin, KSSTATE_STOP);
    set_state(c.pin, KSSTATE_RUN);
    sleep_us(5000);
    EXPECT_TRUE(Timeouts::fired.empty());
  });
}

}  // namespace
}  // namespace p2p::test
