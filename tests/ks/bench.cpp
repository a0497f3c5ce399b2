#include "tests/ks/bench.h"

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>

namespace p2p::test {

namespace {
Minidriver* g_minidriver = nullptr;

template <class Hook, class... Arguments>
NTSTATUS call(const Hook& hook, PBOOLEAN handled, Arguments... arguments) {
  if (!hook) return STATUS_SUCCESS;
  *handled = TRUE;
  if constexpr (std::is_void_v<decltype(hook(arguments...))>) {
    hook(arguments...);
    return STATUS_SUCCESS;
  } else {
    return static_cast<NTSTATUS>(hook(arguments...));
  }
}
}  // namespace

std::size_t Minidriver::count(SYNTH_CALL call, PVOID object) const {
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const Call& entry) {
    return entry.call == call && (object == nullptr || entry.object == object);
  }));
}

std::string Minidriver::state_changes(ULONG id) const {
  std::string text;
  for (const Call& entry : calls) {
    if (entry.call != SynthPinSetDeviceState || entry.pin != id) continue;
    text += (text.empty() ? "" : " ") + std::to_string(entry.from) + ">" + std::to_string(entry.to);
  }
  return text;
}

const Call* Minidriver::last(SYNTH_CALL call) const {
  for (auto at = calls.rbegin(); at != calls.rend(); ++at) {
    if (at->call == call) return &*at;
  }
  return nullptr;
}

KsTest::KsTest() { g_minidriver = &driver; }
KsTest::~KsTest() { g_minidriver = nullptr; }

const ntos::BugCheck* KsTest::run_client(std::function<void()> body) {
  void* module = dlopen(P2P_SYNTH, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw std::runtime_error(dlerror());
  void* entry = dlsym(module, "DriverEntry");
  boot();
  kernel->run_in_system_thread("boot", [this, entry, work = std::move(body)] {
    load_status = kernel->load_driver("synth", entry);
    start_status = kernel->start_device("synth", 0);
    kernel->run_in_user_thread("client", [this, work] {
      work();
      kernel->run_in_system_thread("shutdown", [this] {
        if (surprise_removed) {
          await_removal();
        } else {
          remove_status = kernel->query_remove_and_remove_device(0);
        }
        kernel->unload_driver("synth");
        finished = true;
      });
    });
  });
  FakeHardware::run();
  return kernel->bugcheck();
}

void KsTest::expect_clean(std::function<void()> body) {
  const ntos::BugCheck* bugcheck = run_client(std::move(body));
  ASSERT_EQ(bugcheck, nullptr) << bugcheck->rule << ": " << bugcheck->message;
  EXPECT_TRUE(finished) << "the client or the shutdown waits for ever";
  EXPECT_EQ(load_status, STATUS_SUCCESS);
  EXPECT_EQ(start_status, STATUS_SUCCESS);
  if (!surprise_removed) {
    EXPECT_EQ(remove_status, STATUS_SUCCESS);
  }
  const ntos::KernelCounters counters = kernel->counters();
  EXPECT_EQ(counters.irps_outstanding, 0u);
  EXPECT_EQ(counters.pool_bytes_outstanding, 0u);
  EXPECT_EQ(hardware.iommu().size(), 0u) << "pages are still mapped for the device";
}

void KsTest::expect_ks_violation(std::uint64_t p1, std::function<void()> body) {
  const ntos::BugCheck* bugcheck = run_client(std::move(body));
  ASSERT_NE(bugcheck, nullptr) << "no bug check where one was expected";
  EXPECT_EQ(bugcheck->code, 0xC4u) << bugcheck->rule << ": " << bugcheck->message;
  EXPECT_EQ(bugcheck->parameters[0], p1) << bugcheck->rule << ": " << bugcheck->message;
  EXPECT_EQ(events.count("ntos.bugcheck"), 1u);
}

void KsTest::await_removal() {
  const auto going_on = [this] {
    const ntos::KernelCounters counters = kernel->counters();
    return counters.irps_outstanding != 0 || counters.pool_bytes_outstanding != 0;
  };
  for (int tries = 0; tries < 1000 && going_on(); ++tries) sleep_us(10);
}

void KsTest::in_system_thread(const std::function<void()>& body) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  kernel->run_in_system_thread("helper", [&] {
    body();
    KeSetEvent(&done, 0, FALSE);
  });
  wait_for(&done);
}

void KsTest::at_dispatch_level(const std::function<void()>& body) {
  Dpc dpc([&](Dpc&) { body(); });
  KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
}

}  // namespace p2p::test

using namespace p2p::test;

extern "C" {

void NTAPI SynthConfigure(SYNTH_TABLES* Tables) {
  if (g_minidriver->configure) g_minidriver->configure(*Tables);
}

NTSTATUS NTAPI SynthCalled(SYNTH_CALL Call, PVOID Object, PVOID Argument, PBOOLEAN Handled) {
  Minidriver& driver = *g_minidriver;
  p2p::test::Call entry{Call, Object};
  entry.irql = KeGetCurrentIrql();
  if (Call >= SynthPinCreate && Call <= SynthPinDisconnect) entry.pin = static_cast<PKSPIN>(Object)->Id;
  const auto* change = static_cast<const SYNTH_STATE_CHANGE*>(Argument);
  if (Call == SynthPinSetDeviceState) {
    entry.to = change->To;
    entry.from = change->From;
  }
  driver.calls.push_back(entry);
  auto* device = static_cast<PKSDEVICE>(Object);
  auto* filter = static_cast<PKSFILTER>(Object);
  auto* pin = static_cast<PKSPIN>(Object);
  switch (Call) {
    case SynthDeviceAdd:
      return call(driver.add, Handled, device);
    case SynthDevicePostStart:
      return call(driver.post_start, Handled, device);
    case SynthDeviceSurpriseRemoval:
      return call(driver.surprise_removal, Handled, device);
    case SynthFilterCreate:
      return call(driver.filter_create, Handled, filter, static_cast<PIRP>(Argument));
    case SynthFilterClose:
      return call(driver.filter_close, Handled, filter, static_cast<PIRP>(Argument));
    case SynthFilterProcess:
      return call(driver.filter_process, Handled, filter, static_cast<PKSPROCESSPIN_INDEXENTRY>(Argument));
    case SynthFilterReset:
      return call(driver.filter_reset, Handled, filter);
    case SynthPinCreate:
      return call(driver.pin_create, Handled, pin, static_cast<PIRP>(Argument));
    case SynthPinClose:
      return call(driver.pin_close, Handled, pin, static_cast<PIRP>(Argument));
    case SynthPinProcess:
      return call(driver.process, Handled, pin);
    case SynthPinReset:
      return call(driver.reset, Handled, pin);
    case SynthPinConnect:
      return call(driver.connect, Handled, pin);
    case SynthPinDisconnect:
      return call(driver.disconnect, Handled, pin);
    case SynthPinSetDeviceState:
      return call(driver.set_state, Handled, pin, change->To, change->From);
    case SynthPinSetDataFormat: {
      const auto* format = static_cast<const SYNTH_FORMAT_CHANGE*>(Argument);
      return call(driver.set_format, Handled, pin, format->OldFormat, format->Range);
    }
    case SynthInterrupt:
      return call(driver.interrupt, Handled) != 0 ? 1 : 0;
    default:
      return STATUS_SUCCESS;
  }
}

}  // extern "C"
