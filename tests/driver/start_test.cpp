// PnP: what Start takes, what it refuses, what it gives back.
#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

TEST(Start, TakesResourcesAndGivesThemBack) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  EXPECT_EQ(kernel.held["register window"], 1);
  EXPECT_EQ(kernel.held["interrupt"], 1);
  EXPECT_EQ(kernel.held["common buffer"], 2);
  EXPECT_EQ(kernel.chip.soft_resets, 1u);
  EXPECT_EQ(kernel.chip.reg(VCAP_INTR_STATE), 0u) << "the reset's DRAINED is not left pending";
  EXPECT_NE(kernel.chip.reg(VCAP_INTR_ENABLE) & VCAP_INTR_FRAME_DONE, 0u);
  kernel.remove();
  EXPECT_EQ(kernel.chip.reg(VCAP_INTR_ENABLE), 0u);
}

TEST(Start, StopAndStartAgain) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  EXPECT_EQ(kernel.descriptor->Dispatch->QueryStop(&kernel.device, nullptr), STATUS_SUCCESS);
  kernel.descriptor->Dispatch->Stop(&kernel.device, nullptr);
  EXPECT_EQ(kernel.held["adapter"], 0) << "Stop releases the adapter (R-PNP-6)";
  EXPECT_EQ(kernel.held["register window"], 0);
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS) << "START without STOP (R-PNP-3)";
  EXPECT_EQ(kernel.held["adapter"], 1);
  kernel.remove();
}

TEST(Start, RefusesAnotherChip) {
  FakeKernel kernel;
  kernel.chip.reg(VCAP_ID) = 0x12345678;
  EXPECT_EQ(kernel.start(), STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(kernel.held["register window"], 0);
  kernel.remove();
}

TEST(Start, RefusesAnotherMajorVersion) {
  FakeKernel kernel;
  kernel.chip.reg(VCAP_VERSION) = 0x00020000;
  EXPECT_EQ(kernel.start(), STATUS_REVISION_MISMATCH);
  kernel.remove();
}

TEST(Start, RefusesAChipThatDoesNotReset) {
  FakeKernel kernel;
  kernel.chip.never_drains = true;
  EXPECT_EQ(kernel.start(), STATUS_IO_TIMEOUT);
  EXPECT_EQ(kernel.held["interrupt"], 0);
  kernel.remove();
}

TEST(Start, FailsCleanlyWithoutInterrupt) {
  FakeKernel kernel;
  kernel.refused_interrupts = 1;
  EXPECT_EQ(kernel.start(), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(kernel.held["common buffer"], 0);
  EXPECT_EQ(kernel.held["adapter"], 0);
  EXPECT_EQ(kernel.start(), STATUS_SUCCESS);
  kernel.remove();
}

TEST(Start, StopWaitsForADpcThatIsQueued) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_FRAME_DONE;
  ASSERT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  ASSERT_EQ(kernel.dpcs.size(), 1u);
  kernel.remove();  // IoDisconnectInterrupt checks that no DPC is left
  EXPECT_TRUE(kernel.dpcs.empty());
}

TEST(Start, AChipThatIsNotIdleIsNotProgrammed) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  for (const unsigned status : {0u, VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING, VCAP_STATUS_IDLE | VCAP_STATUS_HALTED,
                                unsigned{VCAP_STATUS_RESETTING}, ~0u}) {
    kernel.chip.reg(VCAP_STATUS) = status;
    EXPECT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_DEVICE_NOT_READY) << std::hex << status;
  }
  kernel.chip.reg(VCAP_STATUS) = VCAP_STATUS_IDLE;
  EXPECT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS);
  kernel.close_pin();
  kernel.remove();
}

TEST(Start, ARefusedStateLeavesThePinWhereItWas) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  LONG& width =
      reinterpret_cast<KS_DATAFORMAT_VIDEOINFOHEADER*>(kernel.pin.ConnectionFormat)->VideoInfoHeader.bmiHeader.biWidth;
  width = 641;
  EXPECT_FALSE(NT_SUCCESS(kernel.set_state(KSSTATE_ACQUIRE)));
  EXPECT_EQ(kernel.descriptor->Dispatch->QueryStop(&kernel.device, nullptr), STATUS_SUCCESS) << "the pin is in STOP";
  width = 640;
  kernel.close_pin();
  kernel.remove();
}

TEST(Start, QueriesAreRefusedWhileStreaming) {
  FakeKernel kernel;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.descriptor->Dispatch->QueryStop(&kernel.device, nullptr), STATUS_DEVICE_BUSY);
  EXPECT_EQ(kernel.descriptor->Dispatch->QueryPower(&kernel.device, nullptr, PowerDeviceD3, PowerDeviceD0,
                                                    PowerSystemUnspecified, PowerSystemUnspecified, PowerActionNone),
            STATUS_DEVICE_BUSY);
  kernel.close_pin();
  EXPECT_EQ(kernel.descriptor->Dispatch->QueryRemove(&kernel.device, nullptr), STATUS_SUCCESS);
  kernel.remove();
}
