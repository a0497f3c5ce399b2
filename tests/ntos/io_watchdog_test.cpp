// Requests that never come back: named, with the driver that has them and how they got there.
#include "tests/ntos/io_file.h"

namespace p2p::test {
namespace {

class IoWatchdog : public IoFileTest {
 protected:
  void add_forgetful() {
    add_named([](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      return STATUS_PENDING;
    });
    add_skipping();
  }
  NTSTATUS control(nt::Handle file) {
    return nt::device_io_control_file(file, 0, nullptr, &iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0,
                                      nullptr, 0);
  }
};

TEST_F(IoWatchdog, V_C9_200_AnApplicationsRequestThatIsNeverCompleted) {
  config.irp_limit_ms = 50;
  boot();
  spawn("drivers", [&] { add_forgetful(); });
  kernel->run_in_user_thread("application", [&] {
    sleep_us(100);
    control(open(true));  // a synchronous file: waits in the call
    finished = true;
  });
  FakeHardware::run();
  const ntos::BugCheck* bugcheck = kernel->bugcheck();
  ASSERT_NE(bugcheck, nullptr) << "the application waits for ever and nobody says so";
  EXPECT_EQ(bugcheck->code, 0xC9u);
  EXPECT_EQ(bugcheck->parameters[0], 0x200u);
  EXPECT_EQ(bugcheck->rule, "IrpNeverCompleted");
  EXPECT_NE(bugcheck->message.find("is with driver 'named'"), std::string::npos) << bugcheck->message;
  EXPECT_NE(bugcheck->message.find("to driver 'test2'; cycle"), std::string::npos) << bugcheck->message;
  EXPECT_GE(hardware.now_ps(), 50'000'000'000u);
  EXPECT_LT(hardware.now_ps(), 52'000'000'000u);
  EXPECT_FALSE(finished);
}

TEST_F(IoWatchdog, WithoutALimitItIsAmongTheOutstandingOnesWhenNothingRunsAnyMore) {
  boot();
  spawn("drivers", [&] { add_forgetful(); });
  kernel->run_in_user_thread("application", [&] {
    sleep_us(100);
    control(open(true));
    finished = true;
  });
  FakeHardware::run();
  EXPECT_EQ(kernel->bugcheck(), nullptr);
  EXPECT_FALSE(finished);
  const std::vector<ntos::OutstandingIrp> left = kernel->outstanding_irps();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].driver, "named");
  EXPECT_EQ(left[0].thread, "application");
  EXPECT_NE(left[0].id, 0u);
  EXPECT_LE(left[0].bus_cycle, hardware.bus_cycle());
  EXPECT_NE(left[0].description.find("major function 14"), std::string::npos) << left[0].description;
}

TEST_F(IoWatchdog, ARequestThatIsCompletedInTimeIsNotOutstanding) {
  config.irp_limit_ms = 50;
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open();
    EXPECT_EQ(control(file), STATUS_SUCCESS);
    sleep_us(100'000);
    EXPECT_TRUE(kernel->outstanding_irps().empty());
  });
}

}  // namespace
}  // namespace p2p::test
