// Pipes: two connected pins change their states together (R-ST-5, R-ST-6).
#include "tests/ks/bench/circuit_fixture.h"

namespace p2p::test {
namespace {

TEST_F(Circuit, R_ST_5_a_source_whose_sink_is_not_ready_waits_for_it) {
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.source, KSSTATE_PAUSE), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.source), KSSTATE_STOP) << "R-ST-6: the pipe goes no further than its sink";
    EXPECT_EQ(produced, 0);
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.source), KSSTATE_PAUSE);
    EXPECT_EQ(get_state(link.sink), KSSTATE_PAUSE) << "nor than its source";
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.sink), KSSTATE_RUN);
    sleep_us(2000);
    EXPECT_GT(consumed.size(), 0u);
    link.move(KSSTATE_STOP);
  });
}

/// The changes of state in order, as "K0>1" for the sink and "S0>1" for the source.
std::string pipe_changes(const Minidriver& driver) {
  std::string text;
  for (const Call& call : driver.calls) {
    if (call.call != SynthPinSetDeviceState) continue;
    text += (text.empty() ? "" : " ") + std::string(call.pin == SYNTH_PIN_SOURCE ? "S" : "K") +
            std::to_string(call.from) + ">" + std::to_string(call.to);
  }
  return text;
}

TEST_F(Circuit, R_ST_6_each_step_is_made_by_the_whole_pipe_before_the_next) {
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "") << "the source's client wants STOP";
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "K0>1 S0>1 K1>2 S1>2 K2>3 S2>3");
    driver.calls.clear();
    EXPECT_EQ(set_state(link.sink, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(pipe_changes(driver), "S3>2 K3>2 S2>1 K2>1 K1>0 S1>0");
    EXPECT_EQ(get_state(link.source), KSSTATE_STOP);
    EXPECT_EQ(set_state(link.source, KSSTATE_STOP), STATUS_SUCCESS);
  });
}

TEST_F(Circuit, R_ST_6_a_step_that_one_pin_refuses_is_taken_back_by_the_others) {
  driver.set_state = [](PKSPIN pin, KSSTATE to, KSSTATE) -> NTSTATUS {
    const bool refused = pin->Communication == KSPIN_COMMUNICATION_SOURCE && to == KSSTATE_RUN;
    return refused ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
  };
  expect_clean([&] {
    Link link;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(set_state(link.source, KSSTATE_RUN), STATUS_DEVICE_BUSY);
    EXPECT_EQ(pipe_changes(driver), "K0>1 S0>1 K1>2 S1>2 K2>3 S2>3 K3>2");  // R-ST-3
    EXPECT_EQ(get_state(link.sink), KSSTATE_PAUSE);
    EXPECT_EQ(get_state(link.source), KSSTATE_PAUSE);
    link.move(KSSTATE_STOP);
  });
}

TEST_F(Circuit, R_ST_6_a_sink_whose_source_has_gone_moves_alone) {
  expect_clean([&] {
    Link link;
    link.move(KSSTATE_PAUSE);
    nt::close(link.source);
    link.source = 0;
    EXPECT_EQ(set_state(link.sink, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(get_state(link.sink), KSSTATE_RUN);
  });
}

}  // namespace
}  // namespace p2p::test
