// IOCTL_KS_RESET_STATE (spec 4.13).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

class Reset : public KsTest {
 protected:
  Reset() {
    driver.process = [](PKSPIN) { return STATUS_PENDING; };
  }
};

TEST_F(Reset, R_RST_1_begin_cancels_what_is_queued_and_refuses_what_comes_until_end) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request queued({256}), refused({256}), later({256});
    read(c.pin, queued);
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_TRUE(queued.done());
    EXPECT_EQ(queued.wait(), STATUS_CANCELLED);
    EXPECT_EQ(read(c.pin, refused), STATUS_DEVICE_NOT_READY);
    EXPECT_EQ(driver.count(SynthPinReset), 1u);
    EXPECT_EQ(reset(c.pin, KSRESET_END), STATUS_SUCCESS);
    EXPECT_EQ(driver.count(SynthPinReset), 2u);  // the reset state has changed again
    EXPECT_EQ(read(c.pin, later), STATUS_PENDING);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Reset, R_RST_1_state_changes_do_not_end_a_reset) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    Request refused({256});
    EXPECT_EQ(read(c.pin, refused), STATUS_DEVICE_NOT_READY);
    EXPECT_EQ(reset(c.pin, KSRESET_END), STATUS_SUCCESS);
    Request taken({256});
    EXPECT_EQ(read(c.pin, taken), STATUS_PENDING);
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Reset, R_RST_1_the_pin_shows_the_reset_state_in_any_device_state) {
  expect_clean([&] {
    PKSPIN pin = nullptr;
    std::vector<KSRESET> seen;
    driver.pin_create = [&](PKSPIN p, PIRP) {
      pin = p;
      return STATUS_SUCCESS;
    };
    driver.reset = [&](PKSPIN p) { seen.push_back(p->ResetState); };
    Connection c;
    EXPECT_EQ(pin->ResetState, KSRESET_END);  // R-KS-9
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);  // no change: no call
    EXPECT_EQ(reset(c.pin, KSRESET_END), STATUS_SUCCESS);
    EXPECT_EQ(seen, (std::vector<KSRESET>{KSRESET_BEGIN, KSRESET_END}));
  });
}

TEST_F(Reset, R_RST_1_the_driver_gives_its_clones_back_in_reset) {
  std::vector<PKSSTREAM_POINTER> clones;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == nullptr) return STATUS_PENDING;
    PKSSTREAM_POINTER clone = nullptr;
    EXPECT_EQ(KsStreamPointerClone(leading, nullptr, 0, &clone), STATUS_SUCCESS);
    clones.push_back(clone);
    KsStreamPointerAdvance(leading);
    return STATUS_PENDING;
  };
  driver.reset = [&](PKSPIN) {
    for (PKSSTREAM_POINTER clone : clones) KsStreamPointerDelete(clone);
    clones.clear();
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(clones.size(), 1u);
    EXPECT_FALSE(request.done());
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_TRUE(request.done());
    EXPECT_EQ(reset(c.pin, KSRESET_END), STATUS_SUCCESS);
  });
}

TEST_F(Reset, R_RST_1_other_values_and_sizes_are_refused) {
  expect_clean([&] {
    Connection c;
    const ULONG two = 2;
    EXPECT_EQ(control(c.pin, IOCTL_KS_RESET_STATE, &two, sizeof two, nullptr, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(control(c.pin, IOCTL_KS_RESET_STATE, nullptr, 0, nullptr, 0), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(reset(c.filter.handle(), KSRESET_BEGIN), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(driver.count(SynthPinReset), 0u);
  });
}

}  // namespace
}  // namespace p2p::test
