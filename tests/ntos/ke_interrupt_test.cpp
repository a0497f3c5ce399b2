// Interrupts and register access: rules R-INT-1 to R-INT-8, R-DPC-6, R-RES-2.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/mmio.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

constexpr unsigned kLine = FakeHardware::kLine;
constexpr KIRQL kLevel = ke::kDeviceIrql;

/// A device with one cause: asserts the line, the ISR clears it.
struct Device {
  explicit Device(FakeHardware& machine) : hardware(machine) {}
  static BOOLEAN NTAPI isr(PKINTERRUPT, PVOID context) {
    auto* self = static_cast<Device*>(context);
    ++self->isr_calls;
    self->isr_irql = KeGetCurrentIrql();
    self->isr_at_ps = self->hardware.now_ps();
    if (self->in_isr) self->in_isr();
    if (self->clears) self->hardware.set_line(kLine, false);
    return self->claims;
  }
  NTSTATUS connect(KIRQL synchronize_irql = kLevel, PKSPIN_LOCK lock = nullptr) {
    return P2P_IMPORT(IoConnectInterrupt)(&interrupt, isr, this, lock, kLine, kLevel, synchronize_irql, LevelSensitive,
                                          TRUE, affinity, FALSE);
  }
  FakeHardware& hardware;
  PKINTERRUPT interrupt = nullptr;
  KAFFINITY affinity = 3;
  BOOLEAN claims = TRUE;
  bool clears = true;
  int isr_calls = 0;
  KIRQL isr_irql = 0;
  std::uint64_t isr_at_ps = 0;
  std::function<void()> in_isr;
};

class KeInterrupt : public KernelTest {
 protected:
  Device device{hardware};
};

TEST_F(KeInterrupt, R_INT_1_ConnectAbovePassiveIsBugCheck) {
  expect_bugcheck(0xC4, 0x2000B, [&] {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    device.connect();
  });
}

TEST_F(KeInterrupt, R_INT_2_TheObjectIsThereWhenTheRoutineIsCalledDuringTheConnection) {
  expect_no_bugcheck([&] {
    hardware.set_line(kLine, true);
    bool there = false;
    device.in_isr = [&] { there = device.interrupt != nullptr; };
    EXPECT_EQ(device.connect(), STATUS_SUCCESS);
    sleep_us(100);
    EXPECT_EQ(device.isr_calls, 1);
    EXPECT_TRUE(there);
  });
}

TEST_F(KeInterrupt, R_INT_2_NoProcessorsIsInvalidParameter) {
  expect_no_bugcheck([&] {
    device.affinity = 0;
    EXPECT_EQ(device.connect(), STATUS_INVALID_PARAMETER);
    device.affinity = 4;  // a processor that does not exist
    EXPECT_EQ(device.connect(), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(KeInterrupt, R_INT_2_CanBeCalledAsSoonAsConnectReturns) {
  expect_no_bugcheck([&] {
    hardware.set_line(kLine, true);
    sleep_us(100);
    EXPECT_EQ(device.isr_calls, 0);  // nobody is connected: the line is masked
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    ASSERT_EQ(device.connect(), STATUS_SUCCESS);
    EXPECT_EQ(device.isr_calls, 1);
  });
}

TEST_F(KeInterrupt, R_INT_3_SynchronizeIrqlBelowIrqlIsInvalidParameter) {
  expect_no_bugcheck([&] { EXPECT_EQ(device.connect(kLevel - 1), STATUS_INVALID_PARAMETER); });
}

TEST_F(KeInterrupt, R_INT_3_LineBasedNeedsNothingButTheDevice) {
  expect_no_bugcheck([&] {
    static DEVICE_OBJECT pdo;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = &pdo;
    parameters.LineBased.InterruptObject = &device.interrupt;
    parameters.LineBased.ServiceRoutine = Device::isr;
    parameters.LineBased.ServiceContext = &device;
    EXPECT_EQ(IoConnectInterruptEx(&parameters), STATUS_NOT_FOUND);  // a device without a line
    ke::set_device_interrupts(&pdo, {kLine});
    ASSERT_EQ(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(device.isr_calls, 1);
    EXPECT_EQ(device.isr_irql, kLevel);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {};
    end.Version = CONNECT_LINE_BASED;
    end.ConnectionContext.InterruptObject = device.interrupt;
    IoDisconnectInterruptEx(&end);
    ke::forget_device_interrupts(&pdo);
  });
}

TEST_F(KeInterrupt, R_INT_3_WithoutMessagesTheFallBackRoutineGetsTheLine) {
  expect_no_bugcheck([&] {
    static DEVICE_OBJECT pdo;
    ke::set_device_interrupts(&pdo, {kLine});
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = &pdo;
    parameters.MessageBased.ConnectionContext.InterruptObject = &device.interrupt;
    parameters.MessageBased.FallBackServiceRoutine = Device::isr;
    parameters.MessageBased.ServiceContext = &device;
    EXPECT_EQ(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    EXPECT_EQ(parameters.Version, static_cast<ULONG>(CONNECT_LINE_BASED));
    hardware.set_line(kLine, true);
    sleep_us(100);
    EXPECT_EQ(device.isr_calls, 1);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {};
    end.Version = parameters.Version;
    end.ConnectionContext.InterruptObject = device.interrupt;
    IoDisconnectInterruptEx(&end);
  });
}

TEST_F(KeInterrupt, R_INT_4_EnteredAtSynchronizeIrqlWithTheLockHeld) {
  KSPIN_LOCK lock = 0;
  expect_no_bugcheck([&] {
    device.in_isr = [&] { EXPECT_FALSE(KeTestSpinLock(&lock)); };
    ASSERT_EQ(device.connect(kLevel + 2, &lock), STATUS_SUCCESS);
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(device.isr_calls, 1);
    EXPECT_EQ(device.isr_irql, kLevel + 2);
    EXPECT_TRUE(KeTestSpinLock(&lock));
  });
  EXPECT_EQ(kernel->counters().isr_calls, 1u);
  EXPECT_EQ(events.count("ntos.isr.enter cpu="), 1u);
  EXPECT_EQ(events.count("claimed=1"), 1u);
}

TEST_F(KeInterrupt, R_INT_4_ATimeWaitIsCutShortAndResumedForTheRemainder) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    device.in_isr = [] { KeStallExecutionProcessor(20); };
    device.connect();
    hardware.after_ps(30'000'000, [&] { hardware.set_line(kLine, true); });
    const std::uint64_t start = hardware.now_ps();
    KeStallExecutionProcessor(100);
    EXPECT_EQ(device.isr_at_ps - start, 30'000'000u + config.cost.interrupt_latency * 1000u);
    EXPECT_EQ(hardware.now_ps() - start, 100'000'000u + 20'000'000u + config.cost.interrupt_latency * 1000u);
  });
}

TEST_F(KeInterrupt, R_INT_4_MaskedAtItsIrqlAndTakenWhenLowered) {
  expect_no_bugcheck([&] {
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    device.connect();
    KIRQL old;
    KeRaiseIrql(kLevel, &old);
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(device.isr_calls, 0);
    KeLowerIrql(DISPATCH_LEVEL);
    EXPECT_EQ(device.isr_calls, 1);
    KeLowerIrql(old);
  });
}

TEST_F(KeInterrupt, R_INT_5_SharedLineAsksUntilOneClaims) {
  expect_no_bugcheck([&] {
    Device other(hardware);
    other.claims = FALSE;
    other.clears = false;
    other.connect();
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(other.isr_calls, 1);
    EXPECT_EQ(device.isr_calls, 1);
  });
  EXPECT_EQ(kernel->counters().spurious, 0u);
}

TEST_F(KeInterrupt, R_INT_5_LineStillAssertedIsTakenAgain) {
  expect_no_bugcheck([&] {
    device.clears = false;
    device.in_isr = [&] {
      if (device.isr_calls == 3) hardware.set_line(kLine, false);
    };
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(20);
    EXPECT_EQ(device.isr_calls, 3);
  });
}

TEST_F(KeInterrupt, R_INT_5_UnclaimedIsCountedSpurious) {
  expect_no_bugcheck([&] {
    device.claims = FALSE;
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(20);
  });
  EXPECT_EQ(kernel->counters().spurious, 1u);
  EXPECT_EQ(events.count("ntos.interrupt.spurious line=16 count=1"), 1u);
}

TEST_F(KeInterrupt, R_INT_5_LineNobodyClearsIsAStorm) {
  config.storm_limit = 50;
  const ntos::BugCheck* bugcheck = run([&] {
    device.clears = false;
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(1'000'000);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xF2u);
  EXPECT_EQ(bugcheck->bus_cycle, hardware.bus_cycle());
  EXPECT_EQ(device.isr_calls, 50);
  EXPECT_EQ(kernel->counters().storms, 1u);
  EXPECT_EQ(events.count("ntos.interrupt.storm line=16 count=50"), 1u);
  EXPECT_NE(hardware.stop_reason().find("16"), std::string::npos);
}

TEST_F(KeInterrupt, R_INT_5_ALineThatFellBeforeDeliveryInterruptsNobody) {
  expect_no_bugcheck([&] {
    device.connect();
    hardware.set_line(kLine, true);
    hardware.after_ps(100'000, [&] { hardware.set_line(kLine, false); });
    KeStallExecutionProcessor(20);
    EXPECT_EQ(device.isr_calls, 0);
  });
  EXPECT_EQ(kernel->counters().spurious, 0u);
}

TEST_F(KeInterrupt, R_INT_6_SynchronizeExecutionExcludesTheIsr) {
  expect_no_bugcheck([&] {
    static int calls_inside;
    static FakeHardware* machine;
    static Device* the_device;
    machine = &hardware;
    the_device = &device;
    device.connect();
    auto routine = +[](PVOID) -> int {
      machine->set_line(kLine, true);
      KeStallExecutionProcessor(30);
      calls_inside = the_device->isr_calls;
      return KeGetCurrentIrql();
    };
    struct Call {
      static BOOLEAN NTAPI enter(PVOID context) {
        return static_cast<BOOLEAN>(reinterpret_cast<int (*)(PVOID)>(context)(nullptr));
      }
    };
    const BOOLEAN irql = KeSynchronizeExecution(device.interrupt, Call::enter, reinterpret_cast<PVOID>(routine));
    EXPECT_EQ(irql, kLevel);
    // The other processor took the interrupt, and its ISR spun on the lock until the routine returned.
    EXPECT_EQ(calls_inside, 0);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(device.isr_calls, 1);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeInterrupt, R_INT_6_AboveSynchronizeIrqlIsBugCheck) {
  expect_bugcheck(0xC4, 0x30, [&] {
    device.connect();
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    KeAcquireInterruptSpinLock(device.interrupt);
  });
}

TEST_F(KeInterrupt, R_INT_6_InterruptSpinLockPairs) {
  expect_no_bugcheck([&] {
    device.connect();
    const KIRQL old = KeAcquireInterruptSpinLock(device.interrupt);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), kLevel);
    KeReleaseInterruptSpinLock(device.interrupt, old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeInterrupt, R_INT_7_NoCallBeginsAfterDisconnect) {
  expect_no_bugcheck([&] {
    device.connect();
    IoDisconnectInterrupt(device.interrupt);
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(100);
    EXPECT_EQ(device.isr_calls, 0);
  });
}

TEST_F(KeInterrupt, R_INT_7_DisconnectWaitsForTheRunningIsr) {
  expect_no_bugcheck([&] {
    bool ended = false;
    device.in_isr = [&] {
      KeStallExecutionProcessor(40);
      ended = true;
    };
    device.affinity = KAFFINITY{1} << (1 - KeGetCurrentProcessorNumber());
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(5);
    EXPECT_EQ(device.isr_calls, 1);
    EXPECT_FALSE(ended);
    IoDisconnectInterrupt(device.interrupt);
    EXPECT_TRUE(ended);
  });
}

TEST_F(KeInterrupt, R_INT_7_OtherTypeOfConnectionIsBugCheckCA) {
  expect_bugcheck(0xCA, 9, [&] {
    device.connect();
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {};
    end.Version = CONNECT_LINE_BASED;
    end.ConnectionContext.InterruptObject = device.interrupt;
    IoDisconnectInterruptEx(&end);
  });
}

TEST_F(KeInterrupt, R_INT_8_IsrThatReturnsAtAnotherIrqlIsBugCheck) {
  expect_bugcheck(0xC4, 0x111, [&] {
    device.in_isr = [] {
      KIRQL old;
      KeRaiseIrql(HIGH_LEVEL, &old);
    };
    device.connect();
    hardware.set_line(kLine, true);
    KeStallExecutionProcessor(20);
  });
}

TEST_F(KeInterrupt, R_DPC_6_SeveralInterruptsFoldIntoOneDpc) {
  int dpc_calls = 0;
  expect_no_bugcheck([&] {
    Dpc dpc([&](Dpc&) { ++dpc_calls; });
    int queued = 0, folded = 0;
    device.in_isr = [&] { ++(KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr) ? queued : folded); };
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    device.connect();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    for (int i = 0; i < 3; ++i) {
      hardware.set_line(kLine, true);
      KeStallExecutionProcessor(5);
    }
    EXPECT_EQ(queued, 1);
    EXPECT_EQ(folded, 2);
    EXPECT_EQ(dpc_calls, 0);
    KeLowerIrql(old);
    EXPECT_EQ(dpc_calls, 1);
  });
}

TEST_F(KeInterrupt, R_DPC_3_DpcOfAnIsrRunsRightAfterIt) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    std::uint64_t ran_at = 0;
    Dpc dpc([&](Dpc&) { ran_at = hardware.now_ps(); });
    device.in_isr = [&] { KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr); };
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    device.connect();
    hardware.after_ps(5'000'000, [&] { hardware.set_line(kLine, true); });
    KeStallExecutionProcessor(100);
    EXPECT_EQ(ran_at - device.isr_at_ps, config.cost.dpc_dispatch * 1000u);
  });
}

TEST_F(KeInterrupt, AnIdleProcessorTakesTheInterruptOfASleepingMachine) {
  expect_no_bugcheck([&] {
    device.connect();
    hardware.after_ps(50'000'000, [&] { hardware.set_line(kLine, true); });
    sleep_us(200);
    EXPECT_EQ(device.isr_calls, 1);
  });
}

TEST_F(KeInterrupt, R_RES_2_RegisterAccessIsOneBusAccessOfItsWidthAndTakesItsTime) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  std::string log;
  hardware.on_read = [&](std::uint64_t physical, unsigned bytes) {
    log += text("r", physical - FakeHardware::kBar0, "/", bytes, " ");
    return std::uint64_t{0x1122334455667788};
  };
  hardware.on_write = [&](std::uint64_t physical, unsigned bytes, std::uint64_t value) {
    log += text("w", physical - FakeHardware::kBar0, "/", bytes, "=", value, " ");
  };
  expect_no_bugcheck([&] {
    PHYSICAL_ADDRESS bar;
    bar.QuadPart = FakeHardware::kBar0;
    auto* base = static_cast<UCHAR*>(MmMapIoSpace(bar, 0x1000, MmNonCached));
    ASSERT_NE(base, nullptr);
    const std::uint64_t start = hardware.now_ps();
    EXPECT_EQ(READ_REGISTER_ULONG(reinterpret_cast<PULONG>(base + 8)), 0x55667788u);
    EXPECT_EQ(hardware.now_ps() - start, hardware.mmio_ps + config.cost.mmio_issue * 1000u);
    EXPECT_EQ(READ_REGISTER_UCHAR(base + 1), 0x88u);
    EXPECT_EQ(READ_REGISTER_ULONG64(reinterpret_cast<ULONG64*>(base + 16)), 0x1122334455667788u);
    WRITE_REGISTER_USHORT(reinterpret_cast<PUSHORT>(base + 2), 7);
    MmUnmapIoSpace(base, 0x1000);
  });
  EXPECT_EQ(log, "r8/4 r1/1 r16/8 w2/2=7 ");
}

TEST_F(KeInterrupt, R_RES_2_ABufferIsRegistersSideBySide) {
  std::string log;
  hardware.on_read = [&](std::uint64_t physical, unsigned bytes) {
    log += text("r", physical - FakeHardware::kBar0, "/", bytes, " ");
    return physical - FakeHardware::kBar0;
  };
  hardware.on_write = [&](std::uint64_t physical, unsigned bytes, std::uint64_t value) {
    log += text("w", physical - FakeHardware::kBar0, "/", bytes, "=", value, " ");
  };
  expect_no_bugcheck([&] {
    PHYSICAL_ADDRESS bar;
    bar.QuadPart = FakeHardware::kBar0;
    auto* base = static_cast<UCHAR*>(MmMapIoSpace(bar, 0x1000, MmNonCached));
    UCHAR bytes[2] = {1, 2};
    USHORT words[2] = {3, 4};
    ULONG longs[2] = {5, 6};
    ULONG64 quads[2] = {7, 8};
    WRITE_REGISTER_BUFFER_UCHAR(base, bytes, 2);
    WRITE_REGISTER_BUFFER_USHORT(reinterpret_cast<PUSHORT>(base + 16), words, 2);
    WRITE_REGISTER_BUFFER_ULONG(reinterpret_cast<PULONG>(base + 32), longs, 2);
    WRITE_REGISTER_BUFFER_ULONG64(reinterpret_cast<PULONG64>(base + 48), quads, 2);
    EXPECT_EQ(std::exchange(log, {}), "w0/1=1 w1/1=2 w16/2=3 w18/2=4 w32/4=5 w36/4=6 w48/8=7 w56/8=8 ");
    READ_REGISTER_BUFFER_UCHAR(base, bytes, 2);
    READ_REGISTER_BUFFER_USHORT(reinterpret_cast<PUSHORT>(base + 16), words, 2);
    READ_REGISTER_BUFFER_ULONG(reinterpret_cast<PULONG>(base + 32), longs, 2);
    READ_REGISTER_BUFFER_ULONG64(reinterpret_cast<PULONG64>(base + 48), quads, 2);
    EXPECT_EQ(log, "r0/1 r1/1 r16/2 r18/2 r32/4 r36/4 r48/8 r56/8 ");
    EXPECT_EQ(bytes[1] + words[1] + longs[1], 1u + 18u + 36u);
    EXPECT_EQ(quads[1], 56u);
    MmUnmapIoSpace(base, 0x1000);
  });
}

TEST_F(KeInterrupt, R_RES_2_AccessOutsideAMappingIsBugCheckD1) {
  expect_bugcheck(0xD1, [&] {
    static ULONG no_register;
    READ_REGISTER_ULONG(&no_register);
  });
}

TEST_F(KeInterrupt, RegisterAccessIsAPreemptionPoint) {
  expect_no_bugcheck([&] {
    PHYSICAL_ADDRESS bar;
    bar.QuadPart = FakeHardware::kBar0;
    auto* base = static_cast<PULONG>(MmMapIoSpace(bar, 0x1000, MmNonCached));
    hardware.on_write = [&](std::uint64_t, unsigned, std::uint64_t) { hardware.set_line(kLine, true); };
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    device.connect();
    WRITE_REGISTER_ULONG(base, 1);
    EXPECT_EQ(device.isr_calls, 1);  // before the call returned
  });
}

TEST_F(KeInterrupt, V_C4_110_RoutineChangesHowFloatingPointRounds) {
  std::uint32_t before;
  asm volatile("stmxcsr %0" : "=m"(before));
  expect_bugcheck(0xC4, 0x110, [&] {
    device.in_isr = [&] {
      const std::uint32_t towards_zero = before | 0x6000;
      asm volatile("ldmxcsr %0" : : "m"(towards_zero));
    };
    EXPECT_EQ(device.connect(), STATUS_SUCCESS);
    hardware.set_line(kLine, true);
    sleep_us(10);
  });
  asm volatile("ldmxcsr %0" : : "m"(before));
}

TEST_F(KeInterrupt, DpcWatchdogNamesTheRoutineThatHasRunTooLongNotTheOneThatInterruptsIt) {
  config.cost.interrupt_latency = 500'000;
  expect_bugcheck(0x133, 0, [&] {
    Dpc dpc([&](Dpc&) {
      KeStallExecutionProcessor(700);
      hardware.set_line(kLine, true);
      KeStallExecutionProcessor(1);
    });
    device.affinity = KAFFINITY{1} << KeGetCurrentProcessorNumber();
    ASSERT_EQ(device.connect(), STATUS_SUCCESS);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    KeLowerIrql(old);
  });
  EXPECT_EQ(kernel->bugcheck()->message.substr(0, 13), "a DPC routine") << kernel->bugcheck()->message;
  EXPECT_EQ(device.isr_calls, 0);
}

}  // namespace
}  // namespace p2p::test
