// Message-signalled interrupts: rules R-INT-1, R-INT-3, R-INT-5, R-INT-7.
#include "tests/ntos/kernel_fixture.h"

#include <vector>

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/interrupt.h"

namespace p2p::test {
namespace {

constexpr unsigned kVector = kFirstMessageVector;
constexpr KIRQL kLevel = ke::kDeviceIrql;

/// A device whose interrupts are remembered, nothing else.
struct Routine {
  static BOOLEAN NTAPI isr(PKINTERRUPT, PVOID context) { return static_cast<Routine*>(context)->called(~ULONG{0}); }
  static BOOLEAN NTAPI message_isr(PKINTERRUPT, PVOID context, ULONG message) {
    return static_cast<Routine*>(context)->called(message);
  }
  BOOLEAN called(ULONG message) {
    messages.push_back(message);
    irql = KeGetCurrentIrql();
    if (in_isr) in_isr();
    return claims > 0 && claims-- > 0;
  }
  NTSTATUS connect(KINTERRUPT_MODE mode = Latched) {
    return IoConnectInterrupt(&interrupt, isr, this, nullptr, kVector, kLevel, kLevel, mode, TRUE, 3, FALSE);
  }
  PKINTERRUPT interrupt = nullptr;
  int claims = 1000;
  std::vector<ULONG> messages;
  KIRQL irql = 0;
  std::function<void()> in_isr;
};

class KeMessage : public KernelTest {
 protected:
  /// Connects the messages of a device that has `count`; Version as it came back in `version`.
  NTSTATUS connect_messages(unsigned count, PKSERVICE_ROUTINE fall_back = nullptr) {
    ke::set_device_interrupts(&pdo, {FakeHardware::kLine, count != 0 ? kVector : 0, count});
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = &pdo;
    parameters.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    parameters.MessageBased.MessageServiceRoutine = Routine::message_isr;
    parameters.MessageBased.FallBackServiceRoutine = fall_back;
    parameters.MessageBased.ServiceContext = &routine;
    const NTSTATUS status = IoConnectInterruptEx(&parameters);
    version = parameters.Version;
    return status;
  }
  NTSTATUS connect_line_based(unsigned count) {
    ke::set_device_interrupts(&pdo, {FakeHardware::kLine, kVector, count});
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = &pdo;
    parameters.LineBased.InterruptObject = &routine.interrupt;
    parameters.LineBased.ServiceRoutine = Routine::isr;
    parameters.LineBased.ServiceContext = &routine;
    return IoConnectInterruptEx(&parameters);
  }
  void disconnect_messages() {
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {};
    end.Version = CONNECT_MESSAGE_BASED;
    end.ConnectionContext.InterruptMessageTable = table;
    IoDisconnectInterruptEx(&end);
  }

  DEVICE_OBJECT pdo = {};
  Routine routine;
  PIO_INTERRUPT_MESSAGE_INFO table = nullptr;
  ULONG version = 0;
};

TEST_F(KeMessage, R_INT_5_AMessageIsOneCallWhateverTheDeviceDoesNext) {
  expect_no_bugcheck([&] {
    ASSERT_EQ(routine.connect(), STATUS_SUCCESS);
    hardware.send_message(kVector);
    KeStallExecutionProcessor(100);
    EXPECT_EQ(routine.messages.size(), 1u);
    hardware.send_message(kVector);
    KeStallExecutionProcessor(100);
    EXPECT_EQ(routine.messages.size(), 2u);
    EXPECT_EQ(routine.irql, kLevel);
  });
}

TEST_F(KeMessage, R_INT_5_MessagesThatWaitFoldIntoOne) {
  expect_no_bugcheck([&] {
    ASSERT_EQ(routine.connect(), STATUS_SUCCESS);
    std::size_t while_raised = 99;
    routine.in_isr = [&] {
      if (routine.messages.size() == 1) {
        for (int i = 0; i < 3; ++i) hardware.send_message(kVector);
        while_raised = routine.messages.size();
      }
    };
    hardware.send_message(kVector);
    sleep_us(1000);
    EXPECT_EQ(while_raised, 1u) << "not while the routine runs";
    EXPECT_EQ(routine.messages.size(), 2u) << "three messages that came during it";
  });
}

TEST_F(KeMessage, R_INT_5_SharedMessagesAreAskedForUntilNoneClaims) {
  expect_no_bugcheck([&] {
    Routine other;
    routine.claims = 2;
    other.claims = 1;
    ASSERT_EQ(routine.connect(), STATUS_SUCCESS);
    ASSERT_EQ(other.connect(), STATUS_SUCCESS);
    hardware.send_message(kVector);
    KeStallExecutionProcessor(100);
    EXPECT_EQ(routine.messages.size(), 3u);
    EXPECT_EQ(other.messages.size(), 3u) << "every routine, in every pass";
  });
  EXPECT_EQ(kernel->counters().spurious, 0u);
}

TEST_F(KeMessage, R_INT_5_SharedMessagesThatAreClaimedForEverAreAStorm) {
  config.storm_limit = 20;
  expect_bugcheck(0xF2, [&] {
    Routine other;
    ASSERT_EQ(routine.connect(), STATUS_SUCCESS);
    ASSERT_EQ(other.connect(), STATUS_SUCCESS);
    hardware.send_message(kVector);
    KeStallExecutionProcessor(1000);
  });
}

TEST_F(KeMessage, R_INT_5_AMessageForNobodyIsSpurious) {
  expect_no_bugcheck([&] {
    hardware.send_message(kVector);
    ASSERT_EQ(routine.connect(), STATUS_SUCCESS);
    KeStallExecutionProcessor(100);
    EXPECT_TRUE(routine.messages.empty()) << "it was lost before";
  });
  EXPECT_EQ(kernel->counters().spurious, 1u);
}

TEST_F(KeMessage, R_INT_1_AMessageIsLatchedALineIsNot) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(routine.connect(LevelSensitive), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(IoConnectInterrupt(&routine.interrupt, Routine::isr, &routine, nullptr, FakeHardware::kLine, kLevel,
                                 kLevel, Latched, TRUE, 3, FALSE),
              STATUS_INVALID_PARAMETER);
  });
}

TEST_F(KeMessage, R_INT_3_MessageBasedTellsWhichMessageItIs) {
  expect_no_bugcheck([&] {
    ASSERT_EQ(connect_messages(4), STATUS_SUCCESS);
    EXPECT_EQ(version, static_cast<ULONG>(CONNECT_MESSAGE_BASED));
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->UnifiedIrql, kLevel);
    ASSERT_EQ(table->MessageCount, 4u);
    for (ULONG i = 0; i < 4; ++i) {
      EXPECT_EQ(table->MessageInfo[i].MessageData, kVector + i);
      EXPECT_EQ(table->MessageInfo[i].Vector, kVector + i);
      EXPECT_EQ(table->MessageInfo[i].Mode, Latched);
      EXPECT_NE(table->MessageInfo[i].InterruptObject, nullptr);
    }
    for (unsigned message : {2u, 0u, 3u}) {
      hardware.send_message(kVector + message);
      KeStallExecutionProcessor(100);
    }
    EXPECT_EQ(routine.messages, (std::vector<ULONG>{2, 0, 3}));
    EXPECT_EQ(routine.irql, kLevel);
  });
}

TEST_F(KeMessage, R_INT_7_TheTableDisconnectsThemAll) {
  expect_no_bugcheck([&] {
    ASSERT_EQ(connect_messages(2), STATUS_SUCCESS);
    disconnect_messages();
    hardware.send_message(kVector);
    hardware.send_message(kVector + 1);
    KeStallExecutionProcessor(100);
    EXPECT_TRUE(routine.messages.empty());
  });
  EXPECT_EQ(kernel->counters().spurious, 2u);
}

TEST_F(KeMessage, R_INT_7_ATableIsDisconnectedOnce) {
  expect_bugcheck(0xCA, 9, [&] {
    ASSERT_EQ(connect_messages(2), STATUS_SUCCESS);
    disconnect_messages();
    disconnect_messages();
  });
}

TEST_F(KeMessage, R_INT_3_WithoutMessagesOrFallBackNothingIsFound) {
  expect_no_bugcheck([&] { EXPECT_EQ(connect_messages(0), STATUS_NOT_FOUND); });
}

TEST_F(KeMessage, R_INT_3_LineBasedTakesTheOnlyMessageAndNoneOfSeveral) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(connect_line_based(2), STATUS_INVALID_DEVICE_REQUEST);
    ASSERT_EQ(connect_line_based(1), STATUS_SUCCESS);
    hardware.send_message(kVector);
    KeStallExecutionProcessor(100);
    EXPECT_EQ(routine.messages.size(), 1u);
  });
}

TEST_F(KeMessage, AnUnknownVersionIsRefused) {
  expect_no_bugcheck([&] {
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = 77;
    EXPECT_EQ(IoConnectInterruptEx(&parameters), STATUS_INVALID_PARAMETER_1);
  });
}

}  // namespace
}  // namespace p2p::test
