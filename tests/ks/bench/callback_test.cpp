// How callbacks return: at the IRQL they were called at, and soon (docs/semantics.md 7.6). Time is simulated time.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

class Callback : public KsTest {
 protected:
  static NTSTATUS after_ms(std::int64_t milliseconds) {
    sleep_us(milliseconds * 1000);
    return STATUS_SUCCESS;
  }
  static NTSTATUS raised() {
    KIRQL irql;
    KeRaiseIrql(APC_LEVEL, &irql);
    return STATUS_SUCCESS;
  }
  /// Process that waits before it gives the frame back.
  void process_after_ms(std::int64_t milliseconds) {
    driver.process = [milliseconds](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (leading == nullptr) return STATUS_PENDING;
      after_ms(milliseconds);
      leading->StreamHeader->DataUsed = 1;
      KsStreamPointerUnlock(leading, TRUE);
      return STATUS_SUCCESS;
    };
  }
  static void use_pin() {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    request.wait();
  }
};

TEST_F(Callback, V_C4_81006_a_device_callback_returns_at_the_irql_it_was_called_at) {
  driver.add = [](PKSDEVICE) { return raised(); };
  expect_ks_violation(0x81006, [] {});
  EXPECT_EQ(kernel->bugcheck()->parameters[1], std::uint64_t{PASSIVE_LEVEL});
  EXPECT_EQ(kernel->bugcheck()->parameters[2], std::uint64_t{APC_LEVEL});
}

TEST_F(Callback, V_C4_81006_a_device_callback_without_a_result_too) {
  driver.surprise_removal = [](PKSDEVICE) { raised(); };
  surprise_removed = true;
  expect_ks_violation(0x81006, [&] { in_system_thread([&] { kernel->surprise_remove_device(0); }); });
}

TEST_F(Callback, V_C4_81007_a_filter_callback_returns_at_the_irql_it_was_called_at) {
  driver.filter_create = [](PKSFILTER, PIRP) { return raised(); };
  expect_ks_violation(0x81007, [] { use_pin(); });
}

TEST_F(Callback, V_C4_81007_a_filters_process_too) {
  driver.configure = [](SYNTH_TABLES& tables) { tables.FilterDispatch->Process = tables.FilterProcess; };
  driver.filter_process = [](PKSFILTER, PKSPROCESSPIN_INDEXENTRY) { return raised(); };
  expect_ks_violation(0x81007, [] { use_pin(); });
}

TEST_F(Callback, V_C4_81008_a_pin_callback_returns_at_the_irql_it_was_called_at) {
  driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) { return raised(); };
  expect_ks_violation(0x81008, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82001_a_change_of_state_takes_half_a_second_at_most) {
  driver.set_state = [](PKSPIN, KSSTATE to, KSSTATE) { return after_ms(to == KSSTATE_RUN ? 600 : 0); };
  expect_ks_violation(0x82001, [] { use_pin(); });
  EXPECT_GE(kernel->bugcheck()->parameters[1], 600u);
}

TEST_F(Callback, V_C4_82002_a_device_callback_takes_half_a_second_at_most) {
  driver.post_start = [](PKSDEVICE) { return after_ms(600); };
  expect_ks_violation(0x82002, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82003_a_filter_callback_takes_half_a_second_at_most) {
  driver.filter_close = [](PKSFILTER, PIRP) { return after_ms(600); };
  expect_ks_violation(0x82003, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82004_a_pin_callback_takes_half_a_second_at_most) {
  driver.set_format = [](PKSPIN, PKSDATAFORMAT, const KSDATARANGE*) { return after_ms(600); };
  expect_ks_violation(0x82004, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82005_the_mutex_that_avstream_holds_for_a_dispatch_is_not_timed) {
  process_after_ms(490);
  expect_clean([] { use_pin(); });
}

TEST_F(Callback, V_C4_82004_a_dispatch_takes_half_a_second_at_most) {
  process_after_ms(600);
  expect_ks_violation(0x82004, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82005_the_minidriver_keeps_the_processing_mutex_a_tenth_of_a_second_at_most) {
  driver.set_state = [](PKSPIN pin, KSSTATE to, KSSTATE) {
    if (to != KSSTATE_ACQUIRE) return STATUS_SUCCESS;
    KsPinAcquireProcessingMutex(pin);
    after_ms(150);
    KsPinReleaseProcessingMutex(pin);
    return STATUS_SUCCESS;
  };
  expect_ks_violation(0x82005, [] { use_pin(); });
}

TEST_F(Callback, V_C4_82005_waiting_for_the_processing_mutex_is_not_holding_it) {
  process_after_ms(400);
  driver.set_state = [](PKSPIN pin, KSSTATE to, KSSTATE from) {
    if (to != KSSTATE_PAUSE || from != KSSTATE_RUN) return STATUS_SUCCESS;
    KsPinAcquireProcessingMutex(pin);  // a dispatch runs, for 300 ms more
    after_ms(50);
    KsPinReleaseProcessingMutex(pin);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({64});
    spawn("reader", [&] { read(c.pin, request); });
    sleep_us(100'000);
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    request.wait();
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(Callback, callbacks_that_just_keep_within_their_limits_are_left_alone) {
  driver.add = driver.post_start = [](PKSDEVICE) { return after_ms(490); };
  driver.filter_create = driver.filter_close = [](PKSFILTER, PIRP) { return after_ms(490); };
  driver.pin_create = driver.pin_close = [](PKSPIN, PIRP) { return after_ms(490); };
  driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) { return after_ms(490); };
  process_after_ms(90);
  expect_clean([] { use_pin(); });
}

TEST_F(Callback, without_driver_verifier_a_slow_callback_is_only_slow) {
  config.verifier = false;
  driver.set_state = [](PKSPIN, KSSTATE, KSSTATE) { return after_ms(600); };
  process_after_ms(150);
  expect_clean([] { use_pin(); });
}

}  // namespace
}  // namespace p2p::test
