// Clocks (spec 4.16): pin clocks, master clocks, the reference clock interface, marks.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>

// ks.h declares it only where COM's IUnknown is known.
extern "C" NTSTATUS NTAPI KsPinGetReferenceClockInterface(PKSPIN Pin, struct IKsReferenceClock** Interface);

namespace p2p::test {
namespace {

/// A clock of the minidriver's: ten times as fast as the machine's.
struct OwnClock {
  static inline int set_timers = 0, cancelled_timers = 0;
  static inline KIRQL lowest_irql = HIGH_LEVEL;
  static LONGLONG FASTCALL correlated(PKSPIN, PLONGLONG system_time) {
    const auto now = static_cast<LONGLONG>(KeQueryInterruptTime());
    if (system_time != nullptr) *system_time = now;
    return now * 10;
  }
  static VOID NTAPI resolution(PKSPIN, PKSRESOLUTION answer) { *answer = {333, 44}; }
  static BOOLEAN NTAPI set_timer(PKSPIN, PKTIMER timer, LARGE_INTEGER due, PKDPC dpc) {
    ++set_timers;
    lowest_irql = std::min(lowest_irql, KeGetCurrentIrql());
    due.QuadPart /= 10;
    return KeSetTimer(timer, due, dpc);
  }
  static BOOLEAN NTAPI cancel_timer(PKSPIN, PKTIMER timer) {
    ++cancelled_timers;
    return KeCancelTimer(timer);
  }
};
const KSCLOCK_DISPATCH kOwnClock = {OwnClock::set_timer, OwnClock::cancel_timer, OwnClock::correlated,
                                    OwnClock::resolution};

/// IKsReferenceClock as its vtable lies in memory.
struct ReferenceClock {
  struct Table {
    PVOID query_interface;
    ULONG(NTAPI* add_ref)(ReferenceClock*);
    ULONG(NTAPI* release)(ReferenceClock*);
    LONGLONG(NTAPI* time)(ReferenceClock*);
    LONGLONG(NTAPI* physical_time)(ReferenceClock*);
    LONGLONG(NTAPI* correlated_time)(ReferenceClock*, PLONGLONG);
    LONGLONG(NTAPI* correlated_physical_time)(ReferenceClock*, PLONGLONG);
    NTSTATUS(NTAPI* resolution)(ReferenceClock*, PKSRESOLUTION);
    NTSTATUS(NTAPI* state)(ReferenceClock*, PKSSTATE);
  };
  const Table* table;
};

class Clocks : public KsTest {
 protected:
  Clocks() {
    driver.configure = [this](SYNTH_TABLES& tables) {
      tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_IMPLEMENT_CLOCK;
      if (own_clock) tables.PinDispatch->Clock = const_cast<KSCLOCK_DISPATCH*>(&kOwnClock);
    };
  }
  PKSPIN pin_of(ULONG id) const {
    for (const Call& call : driver.calls) {
      if (call.call == SynthPinCreate && call.pin == id) return static_cast<PKSPIN>(call.object);
    }
    return nullptr;
  }
  static NTSTATUS open_clock(nt::Handle pin, nt::Handle* clock) {
    std::u16string name = u"{53172480-4791-11D0-A5D6-28DB04C10000}\\";
    const std::size_t prefix = name.size();
    const KSCLOCK_CREATE create{0};
    name.resize(prefix + sizeof create / sizeof(char16_t));
    std::memcpy(name.data() + prefix, &create, sizeof create);
    return nt::create_file(clock, GENERIC_READ, pin, name, false);
  }
  template <class Value>
  static Value ask(nt::Handle clock, ULONG id) {
    Value value{};
    EXPECT_EQ(get_property(clock, KSPROPSETID_Clock, id, &value, sizeof value), STATUS_SUCCESS);
    return value;
  }
  static LONGLONG time(nt::Handle clock) { return ask<LONGLONG>(clock, KSPROPERTY_CLOCK_TIME); }
  static ReferenceClock* reference_clock(PKSPIN pin, NTSTATUS* status) {
    struct IKsReferenceClock* interface_pointer = nullptr;
    *status = KsPinGetReferenceClockInterface(pin, &interface_pointer);
    return reinterpret_cast<ReferenceClock*>(interface_pointer);
  }
  bool own_clock = false;
};

TEST_F(Clocks, R_CLK_4_a_pin_that_implements_one_has_a_clock_and_others_have_none) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER), capture;
    nt::Handle clock = 0;
    EXPECT_EQ(open_clock(capture.pin, &clock), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(open_clock(render.pin, &clock), STATUS_SUCCESS);
    EXPECT_EQ(ask<KSSTATE>(clock, KSPROPERTY_CLOCK_STATE), KSSTATE_STOP);
    nt::Handle nothing = 0;
    EXPECT_EQ(nt::create_file(&nothing, GENERIC_READ, render.pin, u"something", false), STATUS_OBJECT_NAME_INVALID);
    render.close_pin();
    EXPECT_EQ(driver.count(SynthPinClose), 0u);  // the clock holds its pin
    nt::close(clock);
    EXPECT_EQ(driver.count(SynthPinClose), 1u);
  });
}

TEST_F(Clocks, R_CLK_4_stream_time_runs_in_run_stands_in_pause_and_begins_anew_at_stop) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_PAUSE);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    sleep_us(1000);
    EXPECT_EQ(time(clock), 0);
    set_state(render.pin, KSSTATE_RUN);
    sleep_us(1000);
    const LONGLONG running = time(clock);
    EXPECT_GE(running, 10'000);
    EXPECT_LT(running, 20'000);
    set_state(render.pin, KSSTATE_PAUSE);
    const LONGLONG paused = time(clock);
    EXPECT_GE(paused, running);
    sleep_us(1000);
    EXPECT_EQ(time(clock), paused);
    const auto physical = ask<LONGLONG>(clock, KSPROPERTY_CLOCK_PHYSICALTIME);
    sleep_us(100);
    EXPECT_GE(ask<LONGLONG>(clock, KSPROPERTY_CLOCK_PHYSICALTIME), physical + 1000);  // goes on whatever the state
    set_state(render.pin, KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_GE(time(clock), paused + 10'000);
    set_state(render.pin, KSSTATE_STOP);
    EXPECT_EQ(time(clock), 0);
    nt::close(clock);
  });
}

TEST_F(Clocks, R_CLK_5_all_clock_properties_are_get_only) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    const auto correlated = ask<KSCORRELATED_TIME>(clock, KSPROPERTY_CLOCK_CORRELATEDTIME);
    const auto physical = ask<KSCORRELATED_TIME>(clock, KSPROPERTY_CLOCK_CORRELATEDPHYSICALTIME);
    EXPECT_GE(physical.SystemTime, correlated.SystemTime);
    EXPECT_EQ(physical.Time, physical.SystemTime);  // without a clock of its own the pin has the machine's
    EXPECT_EQ(ask<KSRESOLUTION>(clock, KSPROPERTY_CLOCK_RESOLUTION).Granularity, 1);
    EXPECT_EQ(ask<KSSTATE>(clock, KSPROPERTY_CLOCK_STATE), KSSTATE_RUN);
    LONGLONG value = 0;
    for (ULONG id = KSPROPERTY_CLOCK_TIME; id <= KSPROPERTY_CLOCK_STATE; ++id) {
      EXPECT_EQ(set_property(clock, KSPROPSETID_Clock, id, &value, sizeof value), STATUS_NOT_FOUND);
    }
    KSCLOCK_FUNCTIONTABLE functions{};
    EXPECT_EQ(get_property(clock, KSPROPSETID_Clock, KSPROPERTY_CLOCK_FUNCTIONTABLE, &functions, sizeof functions),
              STATUS_INVALID_DEVICE_REQUEST);  // user mode cannot call them
    EXPECT_EQ(get_property(clock, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &value, 4),
              STATUS_PROPSET_NOT_FOUND);
    Request request({16});
    EXPECT_EQ(read(clock, request), STATUS_INVALID_DEVICE_REQUEST);
    nt::close(clock);
  });
}

TEST_F(Clocks, R_CLK_4_the_minidrivers_clock_says_what_time_it_is) {
  own_clock = true;
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    const LONGLONG before = time(clock);
    sleep_us(1000);
    EXPECT_GE(time(clock) - before, 100'000);  // ten times as fast
    const auto correlated = ask<KSCORRELATED_TIME>(clock, KSPROPERTY_CLOCK_CORRELATEDPHYSICALTIME);
    EXPECT_EQ(correlated.Time, correlated.SystemTime * 10);
    EXPECT_EQ(ask<KSRESOLUTION>(clock, KSPROPERTY_CLOCK_RESOLUTION).Granularity, 333);
    nt::close(clock);
  });
}

TEST_F(Clocks, R_CLK_4_stream_time_can_be_set) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    at_dispatch_level([&] { KsPinSetPinClockTime(pin_of(SYNTH_PIN_RENDER), 5'000'000); });
    const LONGLONG now = time(clock);
    EXPECT_GE(now, 5'000'000);
    EXPECT_LT(now, 5'010'000);
    nt::close(clock);
  });
}

// -- master clocks ----------------------------------------------------------------------------------------------------

TEST_F(Clocks, R_CLK_1_a_master_clock_is_given_by_handle_in_stop) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER), capture;
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    HANDLE handle = reinterpret_cast<HANDLE>(std::uintptr_t{77});
    EXPECT_EQ(get_property(capture.pin, KSPROPSETID_Stream, KSPROPERTY_STREAM_MASTERCLOCK, &handle, sizeof handle),
              STATUS_SUCCESS);  // supported
    EXPECT_EQ(handle, nullptr);
    const auto give = [&](nt::Handle file) {
      handle = reinterpret_cast<HANDLE>(file);
      return set_property(capture.pin, KSPROPSETID_Stream, KSPROPERTY_STREAM_MASTERCLOCK, &handle, sizeof handle);
    };
    EXPECT_EQ(give(clock), STATUS_SUCCESS);
    EXPECT_EQ(give(0x5554), STATUS_INVALID_HANDLE);
    EXPECT_EQ(give(render.pin), STATUS_PROPSET_NOT_FOUND);  // a file, but no clock
    nt::close(clock);                                       // the pin holds it
    set_state(capture.pin, KSSTATE_ACQUIRE);
    EXPECT_EQ(give(0), STATUS_INVALID_DEVICE_STATE);
    NTSTATUS status = -1;
    ReferenceClock* reference = reference_clock(pin_of(SYNTH_PIN_CAPTURE), &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    set_state(render.pin, KSSTATE_RUN);
    sleep_us(1000);
    EXPECT_GE(reference->table->time(reference), 10'000);
    reference->table->release(reference);
    set_state(capture.pin, KSSTATE_STOP);
    EXPECT_EQ(give(0), STATUS_SUCCESS);
    EXPECT_EQ(reference_clock(pin_of(SYNTH_PIN_CAPTURE), &status), nullptr);
    EXPECT_EQ(status, STATUS_DEVICE_NOT_READY);
  });
}

TEST_F(Clocks, R_CLK_2_the_reference_clock_is_the_pins_own_or_what_it_was_given) {
  own_clock = true;
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN), capture(SYNTH_PIN_CAPTURE, KSSTATE_ACQUIRE);
    NTSTATUS status = -1;
    EXPECT_EQ(reference_clock(pin_of(SYNTH_PIN_CAPTURE), &status), nullptr);
    EXPECT_EQ(status, STATUS_DEVICE_NOT_READY);
    ReferenceClock* own = reference_clock(pin_of(SYNTH_PIN_RENDER), &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    ASSERT_NE(own, nullptr);
    LONGLONG system_time = 0;
    KSRESOLUTION resolution{};
    KSSTATE state = KSSTATE_STOP;
    EXPECT_GT(own->table->time(own), -1);
    const LONGLONG physical = own->table->correlated_physical_time(own, &system_time);
    EXPECT_EQ(physical, system_time * 10);
    EXPECT_EQ(own->table->physical_time(own) % 10, 0);
    EXPECT_EQ(own->table->resolution(own, &resolution), STATUS_SUCCESS);
    EXPECT_EQ(resolution.Error, 44);
    EXPECT_EQ(own->table->state(own, &state), STATUS_SUCCESS);
    EXPECT_EQ(state, KSSTATE_RUN);
    EXPECT_EQ(own->table->add_ref(own), 2u);
    EXPECT_EQ(own->table->release(own), 1u);
    EXPECT_EQ(own->table->release(own), 0u);
  });
}

TEST_F(Clocks, R_CLK_3_times_may_be_asked_at_dispatch_level) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER), capture;
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    HANDLE handle = reinterpret_cast<HANDLE>(clock);
    set_property(capture.pin, KSPROPSETID_Stream, KSPROPERTY_STREAM_MASTERCLOCK, &handle, sizeof handle);
    NTSTATUS status = -1;
    ReferenceClock* reference = reference_clock(pin_of(SYNTH_PIN_CAPTURE), &status);
    set_state(render.pin, KSSTATE_RUN);
    LONGLONG in_dpc = -1, system_time = -1;
    sleep_us(100);
    at_dispatch_level([&] {
      in_dpc = reference->table->time(reference);
      reference->table->correlated_time(reference, &system_time);
    });
    EXPECT_GE(in_dpc, 1000);
    EXPECT_GT(system_time, 0);
    KSRESOLUTION resolution{};
    EXPECT_EQ(reference->table->resolution(reference, &resolution), STATUS_SUCCESS);  // asked of the other pin
    EXPECT_EQ(resolution.Granularity, 1);
    reference->table->release(reference);
    nt::close(clock);
  });
}

// -- marks ------------------------------------------------------------------------------------------------------------

struct MarkRequest {
  MarkRequest() { nt::create_event(&handle, false, false); }
  ~MarkRequest() { nt::close(handle); }
  MarkRequest(const MarkRequest&) = delete;
  MarkRequest& operator=(const MarkRequest&) = delete;
  NTSTATUS enable(nt::Handle clock, ULONG id, LONGLONG first, LONGLONG interval, ULONG flags = KSEVENT_TYPE_ENABLE) {
    data.EventData.NotificationType = KSEVENTF_EVENT_HANDLE;
    data.EventData.EventHandle.Event = reinterpret_cast<HANDLE>(handle);
    data.TimeBase = first;
    data.Interval = interval;
    KSEVENT event{};
    event.Set = KSEVENTSETID_Clock;
    event.Id = id;
    event.Flags = flags;
    return control(clock, IOCTL_KS_ENABLE_EVENT, &event, sizeof event, &data, sizeof data);
  }
  void wait() const { nt::wait_for_single_object(handle, false, nullptr); }
  bool signalled() const {
    const std::int64_t now = 0;
    return nt::wait_for_single_object(handle, false, &now) == STATUS_WAIT_0;
  }
  nt::Handle handle = 0;
  KSEVENT_TIME_INTERVAL data{};  // KSEVENT_TIME_MARK begins the same way
};

TEST_F(Clocks, R_CLK_5_a_position_mark_comes_once_at_its_stream_time) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_PAUSE);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    MarkRequest mark;
    EXPECT_EQ(mark.enable(clock, KSEVENT_CLOCK_POSITION_MARK, 30'000, 0), STATUS_SUCCESS);
    sleep_us(5000);
    EXPECT_FALSE(mark.signalled());  // stream time stands still
    set_state(render.pin, KSSTATE_RUN);
    mark.wait();
    const LONGLONG at = time(clock);
    EXPECT_GE(at, 30'000);
    EXPECT_LT(at, 40'000);
    sleep_us(5000);
    EXPECT_FALSE(mark.signalled());
    EXPECT_EQ(control(clock, IOCTL_KS_DISABLE_EVENT, &mark.data, sizeof mark.data, nullptr, 0), STATUS_SUCCESS);
    nt::close(clock);
  });
}

TEST_F(Clocks, R_CLK_5_an_interval_mark_comes_again_and_again_while_running) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    MarkRequest mark, wrong;
    const LONGLONG start = time(clock);
    EXPECT_EQ(mark.enable(clock, KSEVENT_CLOCK_INTERVAL_MARK, start + 10'000, 20'000), STATUS_SUCCESS);
    EXPECT_EQ(wrong.enable(clock, KSEVENT_CLOCK_INTERVAL_MARK, 0, 0), STATUS_INVALID_PARAMETER);
    for (LONGLONG due : {10'000, 30'000, 50'000}) {
      mark.wait();
      const LONGLONG at = time(clock) - start;
      EXPECT_GE(at, due);
      EXPECT_LT(at, due + 5'000);
    }
    set_state(render.pin, KSSTATE_PAUSE);
    sleep_us(10000);
    EXPECT_FALSE(mark.signalled());
    nt::close(clock);  // with the event still enabled
  });
}

TEST_F(Clocks, R_CLK_4_the_minidrivers_timers_are_used_in_pairs) {
  own_clock = true;
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER, KSSTATE_RUN);
    nt::Handle clock = 0;
    open_clock(render.pin, &clock);
    MarkRequest mark;
    EXPECT_EQ(mark.enable(clock, KSEVENT_CLOCK_POSITION_MARK, time(clock) + 100'000, 0), STATUS_SUCCESS);
    EXPECT_EQ(OwnClock::set_timers, 1);
    mark.wait();
    MarkRequest never;
    never.enable(clock, KSEVENT_CLOCK_POSITION_MARK, 1'000'000'000'000, 0);
    EXPECT_EQ(OwnClock::set_timers, 2);
    set_state(render.pin, KSSTATE_STOP);
    EXPECT_EQ(OwnClock::cancelled_timers, 1);
    // With the lock of the marks, so that no older answer replaces a newer one.
    EXPECT_EQ(OwnClock::lowest_irql, DISPATCH_LEVEL);
    nt::close(clock);
  });
}

TEST_F(Clocks, R_CLK_1_a_pin_whose_master_is_its_own_clock_is_closed_with_its_handles) {
  expect_clean([&] {
    Connection render(SYNTH_PIN_RENDER);
    nt::Handle clock = 0;
    EXPECT_EQ(open_clock(render.pin, &clock), STATUS_SUCCESS);
    const HANDLE handle = reinterpret_cast<HANDLE>(clock);
    EXPECT_EQ(set_property(render.pin, KSPROPSETID_Stream, KSPROPERTY_STREAM_MASTERCLOCK, &handle, sizeof handle),
              STATUS_SUCCESS);
    nt::close(clock);
    render.close_pin();
    EXPECT_EQ(driver.count(SynthPinClose), 1u);
  });
}

}  // namespace
}  // namespace p2p::test
