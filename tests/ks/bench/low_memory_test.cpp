// Memory is short: what AVStream has to do later it does, with work items that are parts of its own objects.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include "sw/ntos/ke/machine.h"

namespace p2p::test {
namespace {

class LowMemory : public KsTest {
 protected:
  LowMemory() {
    driver.pin_create = [this](PKSPIN created, PIRP) {
      pin = created;
      return STATUS_SUCCESS;
    };
  }
  /// The next allocation that Windows may refuse is refused.
  void refuse_next() const { ke::state().config.fail_allocation = ke::state().counters.allocations + 1; }
  void refuse_none() const { ke::state().config.fail_allocation = 0; }
  /// Somebody has asked for memory since refuse_next().
  bool refused() const { return events.count("allocation.refused") != 0; }
  PKSPIN pin = nullptr;
};

TEST_F(LowMemory, R_PR_5_an_asynchronous_attempt_is_not_lost) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_PENDING);
    refuse_next();
    KsPinAttemptProcessing(pin, TRUE);
    sleep_us(1000);
    EXPECT_FALSE(refused()) << "an attempt to process asks for memory";
    EXPECT_TRUE(request.done()) << "the attempt was lost";
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(LowMemory, R_PR_5_attempts_before_the_worker_runs_are_one_and_none_is_lost_while_it_runs) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    for (int round = 0; round < 3; ++round) {
      Request one({256}), two({256});
      read(c.pin, one);
      at_dispatch_level([&] {
        KsPinAttemptProcessing(pin, TRUE);
        KsPinAttemptProcessing(pin, TRUE);
      });
      EXPECT_EQ(one.wait(), STATUS_SUCCESS);
      read(c.pin, two);
      KsPinAttemptProcessing(pin, TRUE);
      EXPECT_EQ(two.wait(), STATUS_SUCCESS);
    }
    set_state(c.pin, KSSTATE_STOP);
  });
}

TEST_F(LowMemory, R_CRE_8_a_request_that_is_completed_at_dispatch_level_completes) {
  PIRP closing = nullptr;
  Dpc dpc([&](Dpc&) {
    closing->IoStatus.Status = STATUS_SUCCESS;
    refuse_next();
    KsCompletePendingRequest(closing);
    refuse_none();
  });
  driver.pin_close = [&](PKSPIN, PIRP irp) {
    IoMarkIrpPending(irp);
    closing = irp;
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    return STATUS_PENDING;
  };
  expect_clean([&] { Connection c; });
  EXPECT_EQ(dpc.calls, 1);
  EXPECT_FALSE(refused()) << "completing a pending request asks for memory";
}

/// A Start that needs no memory itself, and makes it short for what AVStream does next.
struct Starting {
  static NTSTATUS NTAPI start(PKSDEVICE, PIRP, PCM_RESOURCE_LIST, PCM_RESOURCE_LIST) {
    ke::state().config.fail_allocation = ke::state().counters.allocations + 1;
    return STATUS_SUCCESS;
  }
};

TEST_F(LowMemory, R_PNP_4_post_start_comes_all_the_same) {
  driver.configure = [](SYNTH_TABLES& tables) { tables.DeviceDispatch->Start = Starting::start; };
  expect_clean([&] {});
  EXPECT_EQ(driver.count(SynthDevicePostStart), 1u);
}

TEST_F(LowMemory, R_HDR_5_the_end_of_an_output_stream_is_told) {
  bool ending = false;
  driver.process = [&](PKSPIN p) -> NTSTATUS {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
    if (at == nullptr) return STATUS_PENDING;
    at->StreamHeader->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
    ending = true;
    refuse_next();
    KsStreamPointerUnlock(at, TRUE);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({256});
    read(c.pin, request);
    sleep_us(1000);
    EXPECT_TRUE(ending);
    EXPECT_FALSE(refused()) << "telling the end of a stream asks for memory";
    EXPECT_EQ(driver.count(SynthPinReset), 1u) << "Reset has not been told";
    set_state(c.pin, KSSTATE_STOP);
  });
}

struct Item {
  explicit Item(std::function<void()> work) : routine(std::move(work)) { ExInitializeWorkItem(&item, enter, this); }
  static VOID NTAPI enter(PVOID context) { static_cast<Item*>(context)->routine(); }
  WORK_QUEUE_ITEM item;
  std::function<void()> routine;
};

TEST_F(LowMemory, a_worker_takes_every_item) {
  expect_clean([&] {
    in_system_thread([&] {
      int runs = 0;
      Item plain([&] { ++runs; });
      Item counted([&] { ++runs; });
      PKSWORKER worker = nullptr;
      EXPECT_EQ(KsRegisterCountedWorker(DelayedWorkQueue, &counted.item, &worker), STATUS_SUCCESS);
      refuse_next();
      EXPECT_EQ(KsQueueWorkItem(worker, &plain.item), STATUS_SUCCESS);
      refuse_next();
      EXPECT_EQ(KsIncrementCountedWorker(worker), 1u);
      KsUnregisterWorker(worker);
      EXPECT_EQ(runs, 2) << "a work item was lost";
    });
  });
}

}  // namespace
}  // namespace p2p::test
