// Functional bins of a driver's life: each cross counts what its sentence says, from events alone.
#include "tb/coverage/driver_watch.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace p2p::coverage {
namespace {

using Fields = DriverWatch::Fields;

class DriverBinsSeen : public ::testing::Test {
 protected:
  void ks(std::string_view event, Fields fields) { watch.on_event(0, "ks", event, fields); }
  void ntos(std::string_view event, Fields fields) { watch.on_event(0, "ntos", event, fields); }
  void sof() { watch.on_event(0, "sim", "frame.sof", {{"frame", 0u}}); }
  void pin() { ks("pin.create", {{"pin", 1u}, {"status", 0u}}); }
  void state(unsigned from, unsigned to, std::uint32_t status = 0) {
    ks("pin.state", {{"pin", 1u}, {"from", from}, {"to", to}, {"status", status}});
  }
  void up_to(unsigned state_wanted) {
    for (unsigned s = 0; s < state_wanted; ++s) state(s, s + 1);
  }
  void request(unsigned irp, unsigned major) {
    ntos("irp.create", {{"irp", irp}});
    ntos("irp.call", {{"irp", irp}, {"major", major}});
  }
  void queued(unsigned irp, unsigned frame) {
    request(irp, 0x0E);
    ks("queue.insert", {{"pin", 1u}, {"irp", irp}, {"frame", frame}});
    pended.insert(irp);
  }
  void complete(unsigned irp, std::uint32_t status = 0, unsigned irql = 0) {
    const unsigned pending = pended.count(irp) != 0 ? 1 : 0;
    ntos("irp.complete", {{"irp", irp}, {"status", status}, {"pending", pending}, {"cpu", 0u}, {"irql", irql}});
    ntos("irp.free", {{"irp", irp}});
  }
  void advance(unsigned irp, unsigned frame) { ks("edge.advance", {{"pin", 1u}, {"irp", irp}, {"frame", frame}}); }
  void left(unsigned irp, unsigned frame, unsigned bytes) {
    ks("frame.complete", {{"pin", 1u}, {"irp", irp}, {"frame", frame}, {"bytes", bytes}, {"cpu", 0u}});
  }
  void isr(unsigned cpu, bool queues, bool claimed) {
    ntos("isr.enter", {{"cpu", cpu}, {"line", 16u}, {"isr", 1u}});
    if (queues) ntos("dpc.queue", {{"cpu", 0u}, {"dpc", 1u}});
    ntos("isr.exit", {{"cpu", cpu}, {"line", 16u}, {"isr", 1u}, {"claimed", claimed ? 1u : 0u}});
  }

  /// "bin count, …" of all that were hit.
  std::string seen(const Cross& cross) const {
    std::string text;
    for (std::size_t bin = 0; bin < cross.size(); ++bin) {
      if (cross.count(bin) == 0) continue;
      text += (text.empty() ? "" : "; ") + cross.values_text(bin) + " " + std::to_string(cross.count(bin));
    }
    return text;
  }

  std::set<unsigned> pended;
  DriverWatch watch;
  DriverBins& bins = watch.bins();
};

TEST_F(DriverBinsSeen, StatesStepByStepAndRefused) {
  pin();
  up_to(3);
  state(3, 2);
  state(2, 1);
  state(1, 0);
  state(0, 1, 0xC0000001);
  state(0, 3);
  EXPECT_EQ(seen(bins.pin_state),
            "STOP to ACQUIRE, success 1; STOP to ACQUIRE, refused 1; ACQUIRE to PAUSE, success 1; PAUSE to RUN, "
            "success 1; RUN to PAUSE, success 1; PAUSE to ACQUIRE, success 1; ACQUIRE to STOP, success 1; a jump, "
            "success 1");
}

TEST_F(DriverBinsSeen, WhatTheQueueHeldWhenTheStateChanged) {
  pin();
  up_to(2);
  queued(1, 0);
  state(2, 3);
  advance(1, 0);
  state(3, 2);
  left(1, 0, 0);
  state(2, 1);
  EXPECT_EQ(seen(bins.state_load),
            "ACQUIRE, no buffer 2; PAUSE, no buffer 1; PAUSE, a buffer in the driver's hand 1; RUN, buffers wait 1");
  EXPECT_EQ(seen(bins.buffer_end), "empty, PAUSE 1");
}

TEST_F(DriverBinsSeen, BuffersThatWaitWhenAFrameBegins) {
  sof();
  pin();
  sof();
  up_to(3);
  for (unsigned i = 1; i <= 4; ++i) {
    queued(i, i);
    sof();
  }
  left(1, 1, 64);
  ks("pin.close", {{"pin", 1u}});
  sof();
  EXPECT_EQ(seen(bins.source_frame), "no pin, none 2; STOP, none 1; RUN, 1 1; RUN, 2 or 3 2; RUN, 4 or more 1");
  EXPECT_EQ(seen(bins.buffer_end), "filled, RUN 1");
}

TEST_F(DriverBinsSeen, EndsOfRequests) {
  pin();
  up_to(2);
  const struct {
    unsigned major;
    const char* name;
  } kinds[] = {{0, "create"},
               {2, "close"},
               {3, "other"},
               {0x0E, "device control"},
               {0x12, "cleanup"},
               {0x16, "power"},
               {0x17, "system control"},
               {0x1B, "pnp"}};
  unsigned irp = 1;
  for (const auto& kind : kinds) {
    request(++irp, kind.major);
    complete(irp);
    EXPECT_NE(seen(bins.request).find(std::string(kind.name) + ", at once 1"), std::string::npos) << kind.name;
  }
  request(20, 0x1B);
  complete(20, 0xC0000010);
  queued(21, 0);
  complete(21);
  queued(22, 1);
  complete(22, 0xC00002B6);
  queued(23, 2);
  ntos("irp.cancel", {{"irp", 23u}});
  complete(23, 0xC0000120);
  request(24, 0x0E);
  ntos("irp.free", {{"irp", 24u}});  // never completed: no end
  EXPECT_NE(seen(bins.request).find("stream, pended 1; stream, pended, failed 1; stream, cancelled 1"),
            std::string::npos)
      << seen(bins.request);
  EXPECT_NE(seen(bins.request).find("pnp, at once, failed 1"), std::string::npos);
}

TEST_F(DriverBinsSeen, WhereRequestsAreCompleted) {
  request(1, 0x0E);
  complete(1);
  request(2, 0x0E);
  complete(2, 0xC0000001, 2);
  ntos("dpc.enter", {{"cpu", 0u}, {"dpc", 1u}});
  request(3, 0x0E);
  complete(3, 0xC0000120, 2);
  ntos("dpc.exit", {{"cpu", 0u}, {"dpc", 1u}});
  EXPECT_EQ(seen(bins.completion),
            "a thread, success 1; a thread at DISPATCH_LEVEL, failure 1; a DPC, STATUS_CANCELLED 1");
}

TEST_F(DriverBinsSeen, WhereCancelledRequestsWere) {
  request(1, 0x0E);
  ntos("irp.cancel", {{"irp", 1u}});
  pin();
  up_to(2);
  queued(2, 0);
  queued(3, 1);
  advance(2, 0);
  ntos("irp.cancel", {{"irp", 2u}});
  state(2, 3);
  ntos("irp.cancel", {{"irp", 3u}});
  EXPECT_EQ(seen(bins.cancel), "in no pin's queue, no pin 1; waits in the queue, RUN 1; in the driver's hand, PAUSE 1");
}

TEST_F(DriverBinsSeen, WhatAServiceRoutineInterrupted) {
  isr(0, true, true);
  ntos("dpc.enter", {{"cpu", 0u}, {"dpc", 1u}});
  isr(0, false, true);
  isr(1, true, true);
  ntos("dpc.exit", {{"cpu", 0u}, {"dpc", 1u}});
  isr(1, false, false);
  EXPECT_EQ(
      seen(bins.interrupt),
      "no DPC runs, claimed, DPC queued 1; no DPC runs, did not claim 1; this processor runs one, claimed, no DPC "
      "queued 1; another processor runs one, claimed, DPC queued 1");
}

TEST_F(DriverBinsSeen, StateAtTheInterruptAndItsKind) {
  isr(0, true, true);
  pin();
  up_to(3);
  isr(0, true, true);
  watch.on_event(0, "sim", "irq.message", {{"vector", 0u}});
  isr(0, true, true);
  watch.on_event(0, "sim", "irq.line", {{"line", 16u}, {"level", 1u}});
  isr(0, true, true);
  EXPECT_EQ(seen(bins.interrupt_state), "no pin, line 1; RUN, line 2; RUN, message 1");
}

TEST_F(DriverBinsSeen, BuffersThatADpcFinished) {
  pin();
  up_to(3);
  for (unsigned i = 1; i <= 3; ++i) queued(i, i);
  left(1, 1, 64);  // by no DPC
  ntos("dpc.enter", {{"cpu", 0u}, {"dpc", 1u}});
  left(2, 2, 64);
  left(3, 3, 64);
  ntos("dpc.exit", {{"cpu", 0u}, {"dpc", 1u}});
  ntos("dpc.enter", {{"cpu", 1u}, {"dpc", 1u}});
  ntos("dpc.exit", {{"cpu", 1u}, {"dpc", 1u}});
  EXPECT_EQ(seen(bins.dpc_frames), "none 1; 2 or 3 1");
}

TEST_F(DriverBinsSeen, TheImpossibleIsNamed) {
  EXPECT_TRUE(wrong(bins.all()).empty());
  bins.source_frame.hit(kNoPin, 1);
  ASSERT_EQ(wrong(bins.all()).size(), 1u);
  EXPECT_EQ(wrong(bins.all())[0], "source frame: no pin, 1: impossible, it was said: without a pin there is no queue");
}

TEST_F(DriverBinsSeen, SumsAndJson) {
  pin();
  DriverBins sum;
  add(sum.all(), bins.all());
  state(0, 1);
  add(sum.all(), bins.all());
  EXPECT_EQ(seen(sum.pin_state), "STOP to ACQUIRE, success 1");
  std::ostringstream text;
  write_json(text, sum.all());
  EXPECT_NE(text.str().find("{\"name\":\"pin state: STOP to ACQUIRE, success\",\"count\":1}"), std::string::npos)
      << text.str();
}

}  // namespace
}  // namespace p2p::coverage
