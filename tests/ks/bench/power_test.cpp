// Power (R-PWR-1..3): what pins, filters and factories are told, in which order, with which mutexes.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

/// What the minidriver was told, in order.
struct Told {
  static inline std::vector<std::string> log;
  static inline NTSTATUS query_answer = STATUS_SUCCESS;

  static void note(const std::string& what, DEVICE_POWER_STATE state) {
    log.push_back(what + " D" + std::to_string(state - PowerDeviceD0));
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  }
  static void NTAPI pin_sleep(PKSPIN, DEVICE_POWER_STATE state) { note("pin sleeps", state); }
  static void NTAPI pin_wake(PKSPIN, DEVICE_POWER_STATE state) { note("pin wakes", state); }
  static void NTAPI filter_sleep(PKSFILTER, DEVICE_POWER_STATE state) { note("filter sleeps", state); }
  static void NTAPI filter_wake(PKSFILTER, DEVICE_POWER_STATE state) { note("filter wakes", state); }
  static void NTAPI set_power(PKSDEVICE, PIRP, DEVICE_POWER_STATE to, DEVICE_POWER_STATE from) {
    log.push_back("power D" + std::to_string(from - PowerDeviceD0) + ">D" + std::to_string(to - PowerDeviceD0));
  }
  static NTSTATUS NTAPI query_power(PKSDEVICE, PIRP, DEVICE_POWER_STATE to, DEVICE_POWER_STATE from,
                                    SYSTEM_POWER_STATE system_to, SYSTEM_POWER_STATE, POWER_ACTION) {
    log.push_back("query D" + std::to_string(from - PowerDeviceD0) + ">D" + std::to_string(to - PowerDeviceD0) +
                  (system_to != PowerSystemUnspecified ? " S" + std::to_string(system_to - PowerSystemWorking) : ""));
    return query_answer;
  }
};
using Log = std::vector<std::string>;

struct FactoryTold {
  static void NTAPI sleep(PKSFILTERFACTORY, DEVICE_POWER_STATE state) { Told::note("factory sleeps", state); }
  static void NTAPI wake(PKSFILTERFACTORY, DEVICE_POWER_STATE state) { Told::note("factory wakes", state); }
};

class Power : public KsTest {
 protected:
  Power() {
    Told::log.clear();
    driver.configure = [this](SYNTH_TABLES& tables) {
      tables.DeviceDispatch->SetPower = Told::set_power;
      if (query) tables.DeviceDispatch->QueryPower = Told::query_power;
      if (edit) edit(tables);
    };
    driver.filter_create = [](PKSFILTER filter, PIRP) {
      KsFilterRegisterPowerCallbacks(filter, Told::filter_sleep, Told::filter_wake);
      return STATUS_SUCCESS;
    };
    driver.pin_create = [](PKSPIN pin, PIRP) {
      KsPinRegisterPowerCallbacks(pin, Told::pin_sleep, Told::pin_wake);
      return STATUS_SUCCESS;
    };
    driver.set_state = [](PKSPIN, KSSTATE to, KSSTATE from) {
      Told::log.push_back("state " + std::to_string(from) + ">" + std::to_string(to));
      return STATUS_SUCCESS;
    };
  }
  NTSTATUS system_power(unsigned state) {
    NTSTATUS status = -1;
    in_system_thread([&] { status = kernel->set_system_power(state); });
    return status;
  }
  void sleep() { EXPECT_EQ(system_power(3), STATUS_SUCCESS); }
  void wake() { EXPECT_EQ(system_power(0), STATUS_SUCCESS); }
  bool query = false;
  std::function<void(SYNTH_TABLES&)> edit;
};

TEST_F(Power, R_PWR_3_a_factory_sleeps_last_and_wakes_first) {
  KSFILTER_DESCRIPTOR described{};
  edit = [&](SYNTH_TABLES& tables) { described = *tables.Filter; };
  driver.add = [&](PKSDEVICE device) {
    static char16_t name[] = u"powered";
    return KsCreateFilterFactory(device->FunctionalDeviceObject, &described, reinterpret_cast<PWSTR>(name), nullptr, 0,
                                 FactoryTold::sleep, FactoryTold::wake, nullptr);
  };
  expect_clean([&] {
    const std::vector<std::u16string> links = nt::enumerate_device_interfaces(described.Categories);
    ASSERT_EQ(links.size(), 2u);
    nt::Handle filter = 0;
    EXPECT_EQ(nt::create_file(&filter, GENERIC_READ, 0, links[1], false), STATUS_SUCCESS);
    sleep();
    wake();
    EXPECT_EQ(Told::log, (Log{"filter sleeps D3", "factory sleeps D3", "power D0>D3", "power D3>D0", "factory wakes D0",
                              "filter wakes D0"}));
    nt::close(filter);
  });
}

TEST_F(Power, R_PWR_2_a_running_pin_is_paused_before_the_power_goes_and_runs_again_after) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Told::log.clear();
    sleep();
    EXPECT_EQ(Told::log, (Log{"state 3>2", "pin sleeps D3", "filter sleeps D3", "power D0>D3"}));
    Told::log.clear();
    wake();
    EXPECT_EQ(Told::log, (Log{"power D3>D0", "filter wakes D0", "pin wakes D0", "state 2>3"}));  // R-PWR-3
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Power, R_PWR_2_a_pin_that_does_not_run_stays_as_it_is) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE), stopped;
    Told::log.clear();
    sleep();
    wake();
    for (const std::string& line : Told::log) EXPECT_EQ(line.find("state"), std::string::npos) << line;
    EXPECT_EQ(get_state(c.pin), KSSTATE_PAUSE);
    EXPECT_EQ(get_state(stopped.pin), KSSTATE_STOP);
  });
}

TEST_F(Power, R_KMX_3_no_dispatch_runs_without_power_and_what_came_meanwhile_is_processed_after) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    sleep();
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);
    EXPECT_FALSE(request.done());
    KsPinAttemptProcessing(static_cast<PKSPIN>(driver.last(SynthPinCreate)->object), FALSE);
    EXPECT_EQ(driver.count(SynthPinProcess), 0u);
    wake();
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Power, R_KMX_3_a_dispatch_under_way_is_over_before_anybody_sleeps) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_ASYNCHRONOUS_PROCESSING; };
  KEVENT entered;
  driver.process = [&](PKSPIN) -> NTSTATUS {
    KeSetEvent(&entered, 0, FALSE);
    sleep_us(2000);
    Told::log.push_back("processed");
    return STATUS_PENDING;
  };
  expect_clean([&] {
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    Request request({256});
    read(c.pin, request);
    wait_for(&entered);
    Told::log.clear();
    sleep();
    EXPECT_EQ(Told::log, (Log{"processed", "pin sleeps D3", "filter sleeps D3", "power D0>D3"}));
    driver.process = {};
    wake();
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
}

TEST_F(Power, R_PWR_2_a_pause_asked_for_while_asleep_is_not_undone_by_waking) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    sleep();
    EXPECT_EQ(set_state(c.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    wake();
    EXPECT_EQ(get_state(c.pin), KSSTATE_PAUSE);
  });
}

TEST_F(Power, R_PWR_2_a_run_asked_for_while_asleep_waits_for_the_power) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    sleep();
    Told::log.clear();
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(Told::log, Log{});  // the hardware is not there to hear it
    wake();
    EXPECT_EQ(Told::log.back(), "state 2>3");
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
  });
}

TEST_F(Power, R_PWR_2_a_stop_or_a_close_while_asleep_takes_effect_at_once) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN), other(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    sleep();
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(request.wait(), STATUS_CANCELLED);
    other.close_pin();
    wake();
    EXPECT_EQ(get_state(c.pin), KSSTATE_STOP);
  });
}

TEST_F(Power, R_PWR_3_pins_of_a_filter_centric_filter_are_not_told) {
  edit = [](SYNTH_TABLES& tables) {
    tables.FilterDispatch->Process = tables.FilterProcess;
    tables.PinDispatch->Process = nullptr;
  };
  expect_clean([&] {
    Connection c;
    sleep();
    wake();
    EXPECT_EQ(Told::log, (Log{"filter sleeps D3", "power D0>D3", "power D3>D0", "filter wakes D0"}));
  });
}

TEST_F(Power, R_PNP_11_the_device_mutex_is_held_while_power_changes) {
  KEVENT acquired;
  expect_clean([&] {
    Connection c;
    PKSDEVICE device = KsGetDevice(driver.last(SynthPinCreate)->object);
    KeInitializeEvent(&acquired, NotificationEvent, FALSE);
    spawn("owner", [&, device] {
      KsAcquireDevice(device);
      KeSetEvent(&acquired, 0, FALSE);
      sleep_us(2000);
      Told::log.push_back("released");
      KsReleaseDevice(device);
    });
    wait_for(&acquired);
    Told::log.clear();
    sleep();
    EXPECT_EQ(Told::log.front(), "released");
    wake();
  });
}

TEST_F(Power, R_PWR_1_a_query_says_what_is_coming_and_its_refusal_keeps_the_device_awake) {
  query = true;
  Told::query_answer = STATUS_DEVICE_BUSY;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Told::log.clear();
    EXPECT_EQ(system_power(3), STATUS_DEVICE_BUSY);
    EXPECT_EQ(Told::log.front(), "query D0>D3 S3");
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
    Told::query_answer = STATUS_SUCCESS;
    sleep();
    wake();
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
  });
}

}  // namespace
}  // namespace p2p::test
