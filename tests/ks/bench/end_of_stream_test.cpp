// The end of a stream inside a filter (R-HDR-5).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

class StreamEnd : public KsTest {
 protected:
  StreamEnd() {
    driver.process = [this](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      const bool out = pin->DataFlow == KSPIN_DATAFLOW_OUT;
      if (out && !ending) {
        KsStreamPointerUnlock(at, FALSE);
        return STATUS_PENDING;
      }
      if (out) {
        ending = false;
        at->StreamHeader->DataUsed = 1;
        at->StreamHeader->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
      } else {
        consumed.push_back(at->OffsetIn.Data[0]);
      }
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_SUCCESS;
    };
    driver.reset = [this](PKSPIN pin) { resets.push_back(pin->ResetState); };
  }
  /// The output pin's next frame is the last of its stream.
  void end_output(PKSPIN pin) {
    ending = true;
    in_system_thread([&] { KsPinAttemptProcessing(pin, FALSE); });
    sleep_us(1000);  // the minidriver hears of it in a worker thread
  }
  /// A codec: what comes in at the render pin goes out at the capture pin.
  static void connect_pins(SYNTH_TABLES& tables) {
    static const KSTOPOLOGY_CONNECTION links[] = {{static_cast<ULONG>(KSFILTER_NODE), SYNTH_PIN_RENDER, 0, 1},
                                                  {0, 0, static_cast<ULONG>(KSFILTER_NODE), SYNTH_PIN_CAPTURE}};
    static const KSNODE_DESCRIPTOR node = {nullptr, &GUID_NULL, nullptr};
    tables.Filter->NodeDescriptors = &node;
    tables.Filter->NodeDescriptorsCount = 1;
    tables.Filter->NodeDescriptorSize = sizeof node;
    tables.Filter->Connections = links;
    tables.Filter->ConnectionsCount = 2;
  }
  static void write_byte(nt::Handle pin, Request& request, UCHAR byte, bool last = false) {
    request.frame()[0] = byte;
    if (last) request.header()->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    write(pin, request);
  }
  PKSPIN pin_of(ULONG id) const {
    for (const Call& call : driver.calls) {
      if (call.call == SynthPinCreate && call.pin == id) return static_cast<PKSPIN>(call.object);
    }
    return nullptr;
  }
  bool ending = false;
  std::vector<UCHAR> consumed;
  std::vector<KSRESET> resets;
};

TEST_F(StreamEnd, R_HDR_5_the_end_of_an_output_stream_flushes_what_is_queued_behind_it) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request last({256}), behind({256}), after({256});
    read(c.pin, last);
    read(c.pin, behind);
    end_output(pin_of(SYNTH_PIN_CAPTURE));
    EXPECT_EQ(last.wait(), STATUS_SUCCESS);
    EXPECT_NE(last.header()->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM, 0u);
    ASSERT_TRUE(behind.done()) << "a request behind the end of the stream stays in the queue";
    EXPECT_EQ(behind.wait(), STATUS_CANCELLED);
    EXPECT_EQ(resets, std::vector<KSRESET>{KSRESET_END}) << "Reset with KSRESET_END, and no KSRESET_BEGIN before";
    EXPECT_EQ(read(c.pin, after), STATUS_PENDING) << "what comes later belongs to the next stream";
    EXPECT_FALSE(after.done());
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(StreamEnd, R_HDR_5_an_end_whose_stream_was_stopped_says_nothing_to_the_next_one) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    PKSPIN pin = pin_of(SYNTH_PIN_CAPTURE);
    Request last({256}), next({256});
    read(c.pin, last);
    in_system_thread([&] {
      KsAcquireControl(pin);  // the worker waits for it
      end_output(pin);
      KsReleaseControl(pin);
    });
    sleep_us(1000);
    EXPECT_EQ(resets, std::vector<KSRESET>{KSRESET_END}) << "the end of this stream is told";
    resets.clear();
    Request again({256});
    read(c.pin, again);
    KsAcquireControl(pin);
    end_output(pin);
    EXPECT_EQ(again.wait(), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    KsReleaseControl(pin);
    EXPECT_EQ(read(c.pin, next), STATUS_PENDING);
    sleep_us(1000);
    EXPECT_TRUE(resets.empty()) << "the new stream was reset for the end of the old one";
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(StreamEnd, R_HDR_5_frames_of_the_last_request_behind_the_end_stay_empty) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256, 256});
    read(c.pin, request);
    end_output(pin_of(SYNTH_PIN_CAPTURE));
    ASSERT_TRUE(request.done());
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(request.header(0)->DataUsed, 1u);
    EXPECT_EQ(request.header(1)->DataUsed, 0u);
  });
}

TEST_F(StreamEnd, R_HDR_5_an_input_stream_does_not_flush_and_resets_nothing) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_RENDER, KSSTATE_RUN);
    Request last({4}), next({4});
    write_byte(c.pin, last, 1, true);
    write_byte(c.pin, next, 2);
    EXPECT_EQ(next.wait(), STATUS_SUCCESS);
    EXPECT_EQ(consumed, (std::vector<UCHAR>{1, 2}));
    EXPECT_EQ(resets.size(), 0u);
  });
}

TEST_F(StreamEnd, R_HDR_5_input_behind_the_end_waits_until_the_output_has_ended) {
  driver.configure = connect_pins;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle render = 0;
    ASSERT_EQ(c.filter.create_pin(&render, SYNTH_PIN_RENDER), STATUS_SUCCESS);
    set_state(render, KSSTATE_RUN);
    Request out({256}), last({4}), next({4}), later({4});
    read(c.pin, out);
    write_byte(render, last, 1, true);
    write_byte(render, next, 2);
    write_byte(render, later, 3);
    sleep_us(1000);
    EXPECT_EQ(consumed, std::vector<UCHAR>{1});
    EXPECT_FALSE(next.done());
    end_output(pin_of(SYNTH_PIN_CAPTURE));
    EXPECT_EQ(consumed, (std::vector<UCHAR>{1, 2, 3}));
    EXPECT_EQ(next.wait(), STATUS_SUCCESS);
    EXPECT_EQ(later.wait(), STATUS_SUCCESS);
    nt::close(render);
  });
}

TEST_F(StreamEnd, R_HDR_5_input_that_waits_can_be_stopped_and_reset) {
  driver.configure = connect_pins;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle render = 0;
    ASSERT_EQ(c.filter.create_pin(&render, SYNTH_PIN_RENDER), STATUS_SUCCESS);
    set_state(render, KSSTATE_RUN);
    Request last({4}), waits({4}), flushed({4}), fresh({4});
    write_byte(render, last, 1, true);
    write_byte(render, waits, 2);
    EXPECT_EQ(set_state(render, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(waits.wait(), STATUS_CANCELLED);
    EXPECT_EQ(set_state(render, KSSTATE_RUN), STATUS_SUCCESS);
    Request again({4});
    write_byte(render, again, 3, true);
    write_byte(render, flushed, 4);
    EXPECT_EQ(reset(render, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(flushed.wait(), STATUS_CANCELLED);
    EXPECT_EQ(reset(render, KSRESET_END), STATUS_SUCCESS);
    write_byte(render, fresh, 5);
    EXPECT_EQ(fresh.wait(), STATUS_SUCCESS);
    EXPECT_EQ(consumed, (std::vector<UCHAR>{1, 3, 5}));
    nt::close(render);
  });
}

}  // namespace
}  // namespace p2p::test
