// AVStream on fake hardware: a kernel, the synthetic minidriver and a client, so that a test decides what all three do.
// SystemC elaborates once a process: a test case a process.
#pragma once

#include "sw/ks/ddk.h"

#include "tests/ntos/kernel_fixture.h"

#include <functional>
#include <string>
#include <vector>

#include "ntos/syscalls.h"
#include "tests/ks/synth/synth.h"

namespace p2p::test {

/// One callback the minidriver received.
struct Call {
  SYNTH_CALL call;
  PVOID object;
  ULONG pin = 0;  ///< of pin callbacks: the pin's id
  KSSTATE to = KSSTATE_STOP, from = KSSTATE_STOP;
  KIRQL irql = 0;
};

/// The test's half of the minidriver. Hooks that are set replace the driver's default.
struct Minidriver {
  std::function<void(SYNTH_TABLES&)> configure;  ///< before AVStream sees the tables
  std::function<NTSTATUS(PKSDEVICE)> add, post_start;
  std::function<NTSTATUS(PKSFILTER, PIRP)> filter_create, filter_close;
  std::function<NTSTATUS(PKSFILTER, PKSPROCESSPIN_INDEXENTRY)> filter_process;
  std::function<void(PKSFILTER)> filter_reset;
  std::function<NTSTATUS(PKSPIN, PIRP)> pin_create, pin_close;
  std::function<NTSTATUS(PKSPIN)> process, connect;
  std::function<void(PKSPIN)> reset, disconnect;
  std::function<NTSTATUS(PKSPIN, KSSTATE to, KSSTATE from)> set_state;
  std::function<NTSTATUS(PKSPIN, PKSDATAFORMAT old_format, const KSDATARANGE*)> set_format;
  std::function<void(PKSDEVICE)> surprise_removal;
  std::function<bool()> interrupt;

  std::vector<Call> calls;
  /// How often `call` came, on any object or on `object`.
  std::size_t count(SYNTH_CALL call, PVOID object = nullptr) const;
  /// State changes of pin `id` as "0>1 1>2 …".
  std::string state_changes(ULONG id) const;
  const Call* last(SYNTH_CALL call) const;
};

class KsTest : public KernelTest {
 protected:
  KsTest();
  ~KsTest() override;

  /// Loads the minidriver, starts its device, runs `body` in a user thread (previous mode UserMode), removes all again.
  /// Checks that nothing is left behind: no IRP, no pool, no page, no mapping. The bug check, or nullptr.
  const ntos::BugCheck* run_client(std::function<void()> body);
  /// The same, wants no bug check.
  void expect_clean(std::function<void()> body);
  /// The same, wants a bug check of AVStream's verifier rules (0xC4, `p1`).
  void expect_ks_violation(std::uint64_t p1, std::function<void()> body);
  /// Runs `body` in a system thread (previous mode KernelMode) and waits for it. Within a test's body.
  void in_system_thread(const std::function<void()>& body);
  /// A DPC's work, at DISPATCH_LEVEL, done when this returns.
  void at_dispatch_level(const std::function<void()>& body);

  /// A device that was removed by surprise gets IRP_MN_REMOVE_DEVICE from a worker thread, after its last handle's
  /// close.
  void await_removal();

  Minidriver driver;
  std::int32_t load_status = -1, start_status = -1, remove_status = -1;
  bool surprise_removed = false;  ///< a test that removed the device by surprise says so
};

}  // namespace p2p::test
