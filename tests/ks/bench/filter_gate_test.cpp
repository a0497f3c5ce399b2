// Gates of filter-centric filters (R-GATE-1, R-GATE-3).
#include "tests/ks/bench/filter_fixture.h"

namespace p2p::test {
namespace {

TEST_F(FilterCentric, R_GATE_1_an_or_gate_lets_any_pin_with_frames_start_it) {
  static KSGATE either;
  driver.filter_create = [](PKSFILTER f, PIRP) {
    KsGateInitializeOr(&either, KsFilterGetAndGate(f));  // the filter waits for it
    return STATUS_SUCCESS;
  };
  driver.pin_create = [](PKSPIN pin, PIRP) {
    KsPinAttachOrGate(pin, &either);
    return STATUS_SUCCESS;
  };
  process = [&](PKSPROCESSPIN_INDEXENTRY index) {
    for (ULONG i = 0; i < index[SYNTH_PIN_CAPTURE].Count; ++i) index[SYNTH_PIN_CAPTURE].Pins[i]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle second = 0;
    c.filter.create_pin(&second, SYNTH_PIN_CAPTURE);
    set_state(second, KSSTATE_RUN);
    EXPECT_EQ(either.Count, 0);
    EXPECT_EQ(KsFilterGetAndGate(filter())->Count, 0);
    EXPECT_EQ(calls, 0);
    Request request({16});
    read(second, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(either.Count, 0);
    nt::close(second);
  });
}

TEST_F(FilterCentric, R_GATE_3_an_attached_and_gate_opens_when_each_of_its_pins_has_frames) {
  static KSGATE any, all;  // the filter waits for `any`, which waits for `all`
  driver.filter_create = [](PKSFILTER f, PIRP) {
    KsGateInitializeOr(&any, KsFilterGetAndGate(f));
    KsGateInitializeAnd(&all, &any);
    return STATUS_SUCCESS;
  };
  driver.pin_create = [](PKSPIN pin, PIRP) {
    KsPinAttachAndGate(pin, &all);
    return STATUS_SUCCESS;
  };
  driver.pin_close = [](PKSPIN pin, PIRP) {
    KsPinAttachAndGate(pin, nullptr);
    return STATUS_SUCCESS;
  };
  process = [&](PKSPROCESSPIN_INDEXENTRY index) {
    EXPECT_EQ(index[SYNTH_PIN_CAPTURE].Count, 2u);
    for (ULONG i = 0; i < index[SYNTH_PIN_CAPTURE].Count; ++i) index[SYNTH_PIN_CAPTURE].Pins[i]->Terminate = TRUE;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    nt::Handle second = 0;
    c.filter.create_pin(&second, SYNTH_PIN_CAPTURE);
    set_state(second, KSSTATE_RUN);
    EXPECT_EQ(all.Count, -1) << "each pin without frames is an input that is off";
    Request one({16}), other({16});
    read(c.pin, one);
    EXPECT_EQ(all.Count, 0);
    EXPECT_EQ(calls, 0) << "one of two pins has frames";
    read(second, other);
    EXPECT_EQ(one.wait(), STATUS_SUCCESS);
    EXPECT_EQ(other.wait(), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(all.Count, -1);
    nt::close(second);
    EXPECT_EQ(all.Count, 0) << "a gate that is detached has lost the pin's input";
  });
  EXPECT_EQ(all.Count, 1);
}

TEST_F(FilterCentric, R_GATE_3_gates_are_attached_in_stop_only) {
  expect_ks_violation(0x81009, [&] {
    static KSGATE gate;
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    KsPinAttachOrGate(static_cast<PKSPIN>(driver.last(SynthPinCreate)->object), &gate);
  });
}

}  // namespace
}  // namespace p2p::test
