// The queue (spec 4.8): frames and requests, order of completion, cancellation.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>

namespace p2p::test {
namespace {

class QueueTest : public KsTest {
 protected:
  QueueTest() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
  void flags(ULONG value) {
    driver.configure = [value](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = value; };
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  PKSSTREAM_POINTER leading(KSSTREAM_POINTER_STATE state = KSSTREAM_POINTER_STATE_UNLOCKED) const {
    return KsPinGetLeadingEdgeStreamPointer(pin(), state);
  }
  /// A clone of the leading edge, which moves on.
  PKSSTREAM_POINTER take(PFNKSSTREAMPOINTER cancelled = nullptr, bool locked = false) {
    PKSSTREAM_POINTER edge = leading(locked ? KSSTREAM_POINTER_STATE_LOCKED : KSSTREAM_POINTER_STATE_UNLOCKED);
    PKSSTREAM_POINTER clone = nullptr;
    EXPECT_EQ(KsStreamPointerClone(edge, cancelled, 0, &clone), STATUS_SUCCESS);
    if (locked) KsStreamPointerUnlock(edge, FALSE);
    EXPECT_EQ(KsStreamPointerAdvance(edge), STATUS_SUCCESS);
    return clone;
  }
  static NTSTATUS cancel(const Connection& c, Request& request) { return nt::cancel_io_file(c.pin, &request.iosb); }
};

TEST_F(QueueTest, R_Q_1_a_request_completes_with_the_last_of_its_frames) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({100, 200, 300});
    read(c.pin, request);
    for (ULONG used : {10u, 20u, 30u}) {
      EXPECT_FALSE(request.done());
      PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
      ASSERT_NE(edge, nullptr);
      EXPECT_EQ(edge->StreamHeader->FrameExtent, used * 10);
      edge->StreamHeader->DataUsed = used;
      KsStreamPointerUnlock(edge, TRUE);
    }
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.iosb.information, 3 * sizeof(KSSTREAM_HEADER));  // R-HDR-2
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(request.header(i)->DataUsed, 10 * (i + 1));
    EXPECT_EQ(leading(KSSTREAM_POINTER_STATE_LOCKED), nullptr);
  });
}

TEST_F(QueueTest, R_Q_1_frames_are_in_order_of_arrival) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1, 2}), second({3}), third({4, 5});
    for (Request* request : {&first, &second, &third}) read(c.pin, *request);
    std::vector<ULONG> order;
    while (PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED)) {
      order.push_back(edge->StreamHeader->FrameExtent);
      KsStreamPointerUnlock(edge, TRUE);
    }
    EXPECT_EQ(order, (std::vector<ULONG>{1, 2, 3, 4, 5}));
    for (Request* request : {&first, &second, &third}) EXPECT_EQ(request->wait(), STATUS_SUCCESS);
  });
}

TEST_F(QueueTest, R_Q_3_the_leading_edge_is_set_to_an_arrival_when_it_has_nothing) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_NE(leading(), nullptr);  // R-SP-1: unlocked, regardless of data
    EXPECT_EQ(leading(KSSTREAM_POINTER_STATE_LOCKED), nullptr);
    Request first({1}), second({2});
    read(c.pin, first);
    PKSSTREAM_POINTER clone = take();
    EXPECT_EQ(leading(KSSTREAM_POINTER_STATE_LOCKED), nullptr);  // exhausted
    read(c.pin, second);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    ASSERT_NE(edge, nullptr);
    EXPECT_EQ(edge->StreamHeader->FrameExtent, 2u);
    KsStreamPointerUnlock(edge, TRUE);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_FALSE(first.done());
    KsStreamPointerDelete(clone);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
  });
}

TEST_F(QueueTest, R_Q_3_the_leading_edge_moves_on_when_its_request_is_cancelled) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1, 2}), second({3});
    read(c.pin, first);
    read(c.pin, second);
    EXPECT_EQ(cancel(c, first), STATUS_SUCCESS);
    EXPECT_EQ(first.wait(), STATUS_CANCELLED);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    ASSERT_NE(edge, nullptr);
    EXPECT_EQ(edge->StreamHeader->FrameExtent, 3u);
    KsStreamPointerUnlock(edge, TRUE);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
  });
}

TEST_F(QueueTest, R_Q_5_without_fifo_requests_complete_as_their_references_go) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    PKSSTREAM_POINTER one = take(), two = take();
    KsStreamPointerDelete(two);
    EXPECT_TRUE(second.done());
    EXPECT_FALSE(first.done());
    KsStreamPointerDelete(one);
    EXPECT_TRUE(first.done());
  });
}

TEST_F(QueueTest, R_Q_5_enforce_fifo_keeps_a_finished_request_behind_earlier_ones) {
  flags(KSPIN_FLAG_ENFORCE_FIFO);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2}), third({3});
    for (Request* request : {&first, &second, &third}) read(c.pin, *request);
    PKSSTREAM_POINTER one = take(), two = take(), three = take();
    KsStreamPointerDelete(three);
    KsStreamPointerDelete(two);
    EXPECT_FALSE(second.done());
    EXPECT_FALSE(third.done());
    KsStreamPointerDelete(one);
    EXPECT_TRUE(third.done());
    // In order, too.
    std::vector<unsigned long> completed;
    const std::string done = "ntos.irp.done irp=";
    for (const std::string& line : events.lines) {
      if (line.rfind(done, 0) == 0 && line.find("information=56") != std::string::npos) {
        completed.push_back(std::stoul(line.substr(done.size())));
      }
    }
    ASSERT_EQ(completed.size(), 3u);
    EXPECT_TRUE(std::is_sorted(completed.begin(), completed.end())) << testing::PrintToString(completed);
  });
}

TEST_F(QueueTest, R_Q_5_a_cancelled_request_does_not_wait_for_earlier_ones) {
  flags(KSPIN_FLAG_ENFORCE_FIFO);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2}), third({3});
    for (Request* request : {&first, &second, &third}) read(c.pin, *request);
    PKSSTREAM_POINTER one = take();
    EXPECT_EQ(cancel(c, second), STATUS_SUCCESS);
    EXPECT_EQ(second.wait(), STATUS_CANCELLED);
    EXPECT_FALSE(first.done());
    // The edge is at the third now.
    KsStreamPointerUnlock(leading(KSSTREAM_POINTER_STATE_LOCKED), TRUE);
    EXPECT_FALSE(third.done());
    KsStreamPointerDelete(one);
    EXPECT_EQ(third.wait(), STATUS_SUCCESS);
  });
}

TEST_F(QueueTest, R_Q_6_available_bytes_are_those_from_the_leading_edge_on) {
  expect_clean([&] {
    Connection c;
    LONG in = -1, out = -1;
    EXPECT_FALSE(NT_SUCCESS(KsPinGetAvailableByteCount(pin(), &in, &out)));  // no queue
    set_state(c.pin, KSSTATE_RUN);
    Request first({100, 20}), second({3});
    read(c.pin, first);
    read(c.pin, second);
    EXPECT_EQ(KsPinGetAvailableByteCount(pin(), &in, &out), STATUS_SUCCESS);
    EXPECT_EQ(out, 123);
    EXPECT_EQ(in, 0);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    EXPECT_EQ(KsStreamPointerAdvanceOffsets(edge, 0, 60, FALSE), STATUS_SUCCESS);
    KsPinGetAvailableByteCount(pin(), nullptr, &out);
    EXPECT_EQ(out, 63);
    KsStreamPointerUnlock(edge, TRUE);
    KsPinGetAvailableByteCount(pin(), nullptr, &out);
    EXPECT_EQ(out, 23);
    set_state(c.pin, KSSTATE_STOP);
  });
}

// -- cancellation -----------------------------------------------------------------------------------------------------

TEST_F(QueueTest, R_SP_13_a_queued_request_is_cancelled_at_once) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    EXPECT_EQ(cancel(c, second), STATUS_SUCCESS);
    EXPECT_TRUE(second.done());
    EXPECT_EQ(second.wait(), STATUS_CANCELLED);
    EXPECT_EQ(second.iosb.information, 0u);
    EXPECT_FALSE(first.done());
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(QueueTest, R_SP_13_a_locked_frame_defers_the_cancellation_to_the_unlock) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    EXPECT_EQ(cancel(c, request), STATUS_SUCCESS);
    EXPECT_FALSE(request.done());
    KsStreamPointerUnlock(edge, FALSE);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    EXPECT_EQ(leading(KSSTREAM_POINTER_STATE_LOCKED), nullptr);
  });
}

TEST_F(QueueTest, R_SP_13_a_locked_frame_that_is_finished_is_delivered_although_cancelled) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    cancel(c, request);
    edge->StreamHeader->DataUsed = 7;
    KsStreamPointerUnlock(edge, TRUE);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, 7u);
  });
}

TEST_F(QueueTest, R_SP_13_cancelling_reaches_the_later_frames_of_a_request_too) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1, 2, 3}), next({4});
    read(c.pin, request);
    read(c.pin, next);
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    cancel(c, request);
    KsStreamPointerUnlock(edge, TRUE);  // finishes the first frame; the others go with the request
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    ASSERT_NE(edge, nullptr);
    EXPECT_EQ(edge->StreamHeader->FrameExtent, 4u);
    KsStreamPointerUnlock(edge, TRUE);
    EXPECT_EQ(next.wait(), STATUS_SUCCESS);
  });
}

struct Cancelled {
  static inline std::vector<KIRQL> irqls;
  static inline bool delete_it = true;
  static void NTAPI callback(PKSSTREAM_POINTER pointer) {
    irqls.push_back(KeGetCurrentIrql());
    if (delete_it) KsStreamPointerDelete(pointer);
  }
};

TEST_F(QueueTest, R_SP_13_unlocked_clones_are_told_at_dispatch_level_and_may_delete_themselves) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1, 2}), other({3});
    read(c.pin, request);
    read(c.pin, other);
    take(Cancelled::callback);
    take(Cancelled::callback);
    PKSSTREAM_POINTER kept = take(Cancelled::callback);
    EXPECT_EQ(cancel(c, request), STATUS_SUCCESS);
    EXPECT_EQ(Cancelled::irqls, (std::vector<KIRQL>{DISPATCH_LEVEL, DISPATCH_LEVEL}));
    EXPECT_TRUE(request.done());
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    EXPECT_FALSE(other.done());
    KsStreamPointerDelete(kept);
    EXPECT_EQ(other.wait(), STATUS_SUCCESS);
  });
}

TEST_F(QueueTest, R_SP_13_a_clone_that_stays_keeps_the_request) {
  Cancelled::delete_it = false;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({1}), next({2});
    read(c.pin, request);
    read(c.pin, next);
    PKSSTREAM_POINTER clone = take(Cancelled::callback);
    cancel(c, request);
    EXPECT_EQ(Cancelled::irqls.size(), 1u);
    EXPECT_FALSE(request.done());
    EXPECT_EQ(KsStreamPointerLock(clone), STATUS_DEVICE_NOT_READY);  // R-SP-2
    // It is no longer part of the stream, though: nobody else comes by it.
    PKSSTREAM_POINTER edge = leading(KSSTREAM_POINTER_STATE_LOCKED);
    ASSERT_NE(edge, nullptr);
    EXPECT_EQ(edge->StreamHeader->FrameExtent, 2u);
    KsStreamPointerUnlock(edge, TRUE);
    KsStreamPointerDelete(clone);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    EXPECT_EQ(Cancelled::irqls.size(), 1u);  // told once
  });
}

TEST_F(QueueTest, R_SP_13_a_locked_clone_keeps_the_request_until_the_driver_is_done) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({64});
    read(c.pin, request);
    PKSSTREAM_POINTER clone = take(Cancelled::callback, true);
    cancel(c, request);
    EXPECT_TRUE(Cancelled::irqls.empty());
    EXPECT_FALSE(request.done());
    clone->StreamHeader->DataUsed = 64;  // the hardware has filled it meanwhile
    KsStreamPointerDelete(clone);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, 64u);
  });
}

TEST_F(QueueTest, R_SP_13_stop_cancels_clones_through_their_callback) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({64});
    read(c.pin, request);
    take(Cancelled::callback);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(Cancelled::irqls.size(), 1u);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
  });
}

TEST_F(QueueTest, R_IRP_83_a_request_cancelled_by_another_thread_on_its_way_completes_once) {
  // Many requests, cancelled from another thread while the driver finishes them: none twice, none lost.
  driver.process = [](PKSPIN p) -> NTSTATUS {
    PKSSTREAM_POINTER edge = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
    if (edge == nullptr) return STATUS_PENDING;
    sleep_us(3);
    edge->StreamHeader->DataUsed = 1;
    KsStreamPointerUnlock(edge, TRUE);
    return STATUS_SUCCESS;
  };
  flags(KSPIN_FLAG_ASYNCHRONOUS_PROCESSING);
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    constexpr std::size_t kCount = 60;
    std::vector<std::unique_ptr<Request>> requests;
    for (std::size_t i = 0; i < kCount; ++i) requests.push_back(std::make_unique<Request>(std::vector<ULONG>{16}));
    KEVENT stopped;
    KeInitializeEvent(&stopped, NotificationEvent, FALSE);
    spawn("canceller", [&] {
      for (std::size_t i = 0; i < kCount; ++i) {
        sleep_us(2);
        nt::cancel_io_file(c.pin, &requests[i]->iosb);
      }
      KeSetEvent(&stopped, 0, FALSE);
    });
    std::size_t delivered = 0, cancelled = 0;
    for (auto& request : requests) read(c.pin, *request);
    for (auto& request : requests) {
      const NTSTATUS status = request->wait();
      delivered += status == STATUS_SUCCESS ? 1u : 0u;
      cancelled += status == STATUS_CANCELLED ? 1u : 0u;
    }
    wait_for(&stopped);
    EXPECT_EQ(delivered + cancelled, kCount);
    if (config.schedule == ntos::Schedule::kFifo) {  // else one of the two may always be first
      EXPECT_GT(delivered, 0u);
      EXPECT_GT(cancelled, 0u);
    }
  });
}

TEST_F(QueueTest, R_SP_13_processing_is_tried_again_when_a_frame_that_could_not_be_locked_goes) {
  PKSSTREAM_POINTER held = nullptr;
  std::vector<ULONG> seen;
  driver.process = [&](PKSPIN p) -> NTSTATUS {
    PKSSTREAM_POINTER edge = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
    if (edge == nullptr) return STATUS_PENDING;
    seen.push_back(edge->StreamHeader->FrameExtent);
    if (seen.size() == 1) {
      KsStreamPointerClone(edge, nullptr, 0, &held);  // locked, the edge stays where it is
      KsStreamPointerUnlock(edge, FALSE);
      return STATUS_PENDING;
    }
    KsStreamPointerUnlock(edge, TRUE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({1}), second({2});
    read(c.pin, first);
    read(c.pin, second);
    cancel(c, first);
    KsPinAttemptProcessing(pin(), FALSE);  // finds the frame cancelled, gives up
    EXPECT_EQ(seen, std::vector<ULONG>{1});
    KsStreamPointerUnlock(held, FALSE);  // now the request can go; the clone holds it
    KsStreamPointerDelete(held);
    EXPECT_EQ(first.wait(), STATUS_CANCELLED);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    EXPECT_EQ(seen, (std::vector<ULONG>{1, 2}));
  });
}

// -- writes -----------------------------------------------------------------------------------------------------------

TEST_F(QueueTest, R_HDR_2_a_write_returns_the_bytes_written_and_leaves_the_headers_alone) {
  driver.process = {};
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request request({100, 50});
    request.frame(0)[0] = 0xAB;
    request.header(0)->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT;
    UCHAR first_byte = 0;
    driver.process = [&](PKSPIN p) -> NTSTATUS {
      PKSSTREAM_POINTER edge = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
      if (edge == nullptr) return STATUS_PENDING;
      if (edge->OffsetIn.Count == 100) first_byte = edge->OffsetIn.Data[0];
      EXPECT_EQ(edge->Offset, &edge->OffsetIn);
      edge->StreamHeader->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_PREROLL;  // the kernel's copy
      KsStreamPointerUnlock(edge, TRUE);
      return STATUS_SUCCESS;
    };
    write(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.iosb.information, 150u);  // R-IOS-1
    EXPECT_EQ(first_byte, 0xAB);
    EXPECT_EQ(request.header(0)->OptionsFlags, KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT);
    EXPECT_EQ(request.header(0)->DataUsed, 100u);
  });
}

TEST_F(QueueTest, R_HDR_2_a_written_frame_without_data_has_no_buffer) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request request({100, 50});
    std::vector<std::pair<ULONG, bool>> frames;
    driver.process = [&](PKSPIN p) -> NTSTATUS {
      PKSSTREAM_POINTER edge = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
      if (edge == nullptr) return STATUS_PENDING;
      frames.emplace_back(edge->OffsetIn.Count, edge->OffsetIn.Data == request.frame(1));
      KsStreamPointerUnlock(edge, TRUE);
      return STATUS_SUCCESS;
    };
    request.header(0)->DataUsed = 0;
    request.header(1)->DataUsed = 50;
    request.sent = nt::device_io_control_file(c.pin, request.event, nullptr, &request.iosb, IOCTL_KS_WRITE_STREAM,
                                              nullptr, 0, request.headers(), request.header_bytes());
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.iosb.information, 50u);
    EXPECT_EQ(frames, (std::vector<std::pair<ULONG, bool>>{{0, false}, {50, true}}));
  });
}

TEST_F(QueueTest, R_IOS_3_the_other_direction_is_refused) {
  expect_clean([&] {
    Connection capture(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request out({256});
    EXPECT_EQ(write(capture.pin, out), STATUS_INVALID_DEVICE_REQUEST);
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request in({256});
    EXPECT_EQ(read(render.pin, in), STATUS_INVALID_DEVICE_REQUEST);
    Request filter({256});
    EXPECT_EQ(read(render.filter.handle(), filter), STATUS_INVALID_DEVICE_REQUEST);
  });
}

}  // namespace
}  // namespace p2p::test
