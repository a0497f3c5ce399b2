// The life of a device: rules R-PNP-3, R-PNP-7 to R-PNP-9 and R-RES-3, as the PnP manager and the bus keep them.
#include "tests/ntos/pnp_driver.h"

#include "ntos/syscalls.h"
#include "sw/ntos/ke/interrupt.h"

namespace p2p::test {
namespace {

class PnpDevice : public PnpStackTest {};

TEST_F(PnpDevice, R_PNP_9_AddedFromTheBottomAndStartedBottomUp) {
  expect_no_bugcheck([&] {
    load_stack();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"lower.add", "function.add", "upper.add", "upper.start", "function.start", "lower.start",
                            "lower.started", "function.started", "upper.started"}));
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(kernel->start_device("nobody", 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(kernel->add_filter("upper", 0, true), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST_F(PnpDevice, WhatCannotBeStarted) {
  expect_no_bugcheck([&] {
    load(function);
    EXPECT_EQ(kernel->start_device("nobody", 0), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(kernel->start_device("function", 5), STATUS_NO_SUCH_DEVICE);
    function.driver->DriverExtension->AddDevice = nullptr;
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_DRIVER_UNABLE_TO_LOAD);
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
    EXPECT_EQ(kernel->add_filter("nobody", 0, true), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(PnpDevice, R_PNP_7_AFailedStartIsRemoved) {
  expect_no_bugcheck([&] {
    load_stack();
    function.fails[IRP_MN_START_DEVICE] = STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_INSUFFICIENT_RESOURCES);
    const Log seen = noted();
    EXPECT_EQ(Log(seen.end() - 3, seen.end()), (Log{"upper.remove", "function.remove", "lower.remove"}));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
    function.fails.clear();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);  // and again
  });
}

TEST_F(PnpDevice, R_PNP_7_AStackThatCannotBeBuiltIsRemovedWithoutAStart) {
  expect_no_bugcheck([&] {
    load_stack();
    function.add_fails = STATUS_DEVICE_CONFIGURATION_ERROR;
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_EQ(noted(), (Log{"lower.add", "function.add", "lower.remove"}));
    lower.add_fails = STATUS_DEVICE_CONFIGURATION_ERROR;
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_EQ(noted(), Log{"lower.add"});
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
  });
}

TEST_F(PnpDevice, R_RES_3_OneMemoryRangeAndOneLine) {
  expect_no_bugcheck([&] {
    load(function);
    bool checked = false;
    function.on_start = [&](PIO_STACK_LOCATION location) {
      for (bool translated : {false, true}) {
        PCM_RESOURCE_LIST list = translated ? location->Parameters.StartDevice.AllocatedResourcesTranslated
                                            : location->Parameters.StartDevice.AllocatedResources;
        ASSERT_EQ(list->Count, 1u);
        const CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
        ASSERT_EQ(partial.Count, 2u);
        const CM_PARTIAL_RESOURCE_DESCRIPTOR* resources = partial.PartialDescriptors;
        EXPECT_EQ(resources[0].Type, CmResourceTypeMemory);
        EXPECT_EQ(static_cast<std::uint64_t>(resources[0].u.Memory.Start.QuadPart), FakeHardware::kBar0);
        EXPECT_EQ(resources[0].u.Memory.Length, FakeHardware::kBar0Bytes);
        EXPECT_EQ(resources[1].Type, CmResourceTypeInterrupt);
        EXPECT_EQ(resources[1].u.Interrupt.Vector, FakeHardware::kLine);
        EXPECT_EQ(resources[1].u.Interrupt.Level, translated ? ke::kDeviceIrql : FakeHardware::kLine);
        const KAFFINITY every_processor = resources[1].u.Interrupt.Affinity;  // in a packed structure
        EXPECT_EQ(every_processor, KAFFINITY{3});
      }
      checked = true;
    };
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_TRUE(checked);
  });
}

TEST_F(PnpDevice, TheLineOfAStartedDeviceIsKnownAndForgotten) {
  expect_no_bugcheck([&] {
    start();
    PDEVICE_OBJECT pdo = function.pdo;
    ASSERT_NE(ke::device_interrupts(pdo), nullptr);
    EXPECT_EQ(ke::device_interrupts(pdo)->line, FakeHardware::kLine);
    EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
    EXPECT_EQ(ke::device_interrupts(pdo), nullptr);
    EXPECT_EQ(kernel->restart_device(0), STATUS_SUCCESS);
    EXPECT_NE(ke::device_interrupts(pdo), nullptr);
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(ke::device_interrupts(pdo), nullptr);
  });
}

TEST_F(PnpDevice, R_PNP_7_R_PNP_9_StopAfterASuccessfulQueryTopDown) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.query_stop", "function.query_stop", "lower.query_stop", "upper.stop",
                            "function.stop", "lower.stop"}));
    EXPECT_EQ(kernel->stop_device(0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(kernel->restart_device(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.start", "function.start", "lower.start", "lower.started", "function.started",
                            "upper.started"}));
    EXPECT_EQ(kernel->restart_device(0), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST_F(PnpDevice, R_PNP_7_ARefusedStopIsCancelled) {
  expect_no_bugcheck([&] {
    start();
    function.fails[IRP_MN_QUERY_STOP_DEVICE] = STATUS_DEVICE_BUSY;
    EXPECT_EQ(kernel->stop_device(0), STATUS_DEVICE_BUSY);
    EXPECT_EQ(noted(), (Log{"upper.query_stop", "function.query_stop", "upper.cancel_stop", "function.cancel_stop",
                            "lower.cancel_stop"}));
    EXPECT_EQ(pnp::stop(0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(pnp::node_of(0).state, pnp::NodeState::kStarted);
  });
}

TEST_F(PnpDevice, R_PNP_7_AStopThatIsNotWantedAnyMoreIsCancelled) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(pnp::query_stop(0), STATUS_SUCCESS);
    noted();
    EXPECT_EQ(pnp::cancel_stop(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.cancel_stop", "function.cancel_stop", "lower.cancel_stop"}));
    EXPECT_EQ(pnp::cancel_stop(0), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST_F(PnpDevice, R_PNP_7_AFailedRestartGoesBySurprise) {
  expect_no_bugcheck([&] {
    start();
    kernel->stop_device(0);
    noted();
    lower.fails[IRP_MN_START_DEVICE] = STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(kernel->restart_device(0), STATUS_INSUFFICIENT_RESOURCES);
    const Log seen = noted();
    EXPECT_EQ(Log(seen.end() - 6, seen.end()), (Log{"upper.surprise", "function.surprise", "lower.surprise",
                                                    "upper.remove", "function.remove", "lower.remove"}));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
  });
}

TEST_F(PnpDevice, R_PNP_7_RemovedAfterASuccessfulQuery) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.query_remove", "function.query_remove", "lower.query_remove", "upper.remove",
                            "function.remove", "lower.remove"}));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_NO_SUCH_DEVICE);
    for (const char* name : {"upper", "function", "lower"}) EXPECT_EQ(kernel->unload_driver(name), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.unload", "function.unload", "lower.unload"}));
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(PnpDevice, R_PNP_7_ARefusedRemovalIsCancelled) {
  expect_no_bugcheck([&] {
    start();
    lower.fails[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_DEVICE_BUSY;
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_DEVICE_BUSY);
    EXPECT_EQ(noted(), (Log{"upper.query_remove", "function.query_remove", "lower.query_remove", "upper.cancel_remove",
                            "function.cancel_remove", "lower.cancel_remove"}));
    EXPECT_EQ(pnp::remove(0), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST_F(PnpDevice, R_PNP_7_AnOpenFileVetoesTheRemoval) {
  expect_no_bugcheck([&] {
    start();
    const nt::Handle file = open();
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_DEVICE_BUSY);
    const Log seen = noted();
    EXPECT_EQ(seen.back(), "lower.cancel_remove");
    nt::close(file);
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
  });
}

TEST_F(PnpDevice, R_PNP_7_AStoppedDeviceMayBeRemovedAndACancelLeavesItStopped) {
  expect_no_bugcheck([&] {
    start();
    kernel->stop_device(0);
    upper.fails[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_DEVICE_BUSY;
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_DEVICE_BUSY);
    EXPECT_EQ(pnp::node_of(0).state, pnp::NodeState::kStopped);
    upper.fails.clear();
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
  });
}

TEST_F(PnpDevice, R_PNP_8_SurpriseRemovalTopDownThenRemove) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.surprise", "function.surprise", "lower.surprise", "upper.remove", "function.remove",
                            "lower.remove"}));
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_NO_SUCH_DEVICE);
  });
}

TEST_F(PnpDevice, R_PNP_8_WhatWasPulledOutAnswersNobodyUntilItIsStartedAgain) {
  expect_no_bugcheck([&] {
    start();
    constexpr unsigned kDecodesAndMasters = 6, kNoInterrupts = 0x400;
    unsigned seen = 0;
    function.on_pnp = [&](UCHAR minor) {
      if (minor == IRP_MN_SURPRISE_REMOVAL) seen = hardware.config_read(0, 4, 2);
    };
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(seen & (kDecodesAndMasters | kNoInterrupts), kNoInterrupts);
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_EQ(hardware.config_read(0, 4, 2) & (kDecodesAndMasters | kNoInterrupts), kDecodesAndMasters);
  });
}

TEST_F(PnpDevice, R_PNP_8_RemoveWaitsForTheLastHandle) {
  expect_no_bugcheck([&] {
    start();
    const nt::Handle first = open(), second = open();
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.surprise", "function.surprise", "lower.surprise"}));
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_INVALID_DEVICE_STATE);
    nt::close(first);
    sleep_us(100);
    EXPECT_TRUE(noted().empty());
    nt::close(second);
    sleep_us(100);
    EXPECT_EQ(noted(), (Log{"upper.remove", "function.remove", "lower.remove"}));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
  });
}

TEST_F(PnpDevice, R_PNP_8_V_C9_241_DetachedOnSurpriseRemoval) {
  expect_bugcheck(0xC9, 0x241, [&] {
    upper.detaches_on_surprise = true;
    start();
    kernel->surprise_remove_device(0);
  });
}

TEST_F(PnpDevice, R_PNP_8_V_C9_242_DeletedOnSurpriseRemoval) {
  expect_bugcheck(0xC9, 0x242, [&] {
    upper.detaches_on_surprise = upper.deletes_on_surprise = true;
    start();
    kernel->surprise_remove_device(0);
  });
}

TEST_F(PnpDevice, R_PNP_9_V_C9_306_AFailedRemove) {
  expect_bugcheck(0xC9, 0x306, [&] {
    start();
    upper.fails[IRP_MN_REMOVE_DEVICE] = STATUS_DEVICE_BUSY;
    kernel->query_remove_and_remove_device(0);
  });
}

TEST_F(PnpDevice, R_PNP_9_V_C4_43006_AFailedCancel) {
  expect_bugcheck(0xC4, 0x43006, [&] {
    start();
    upper.fails[IRP_MN_CANCEL_STOP_DEVICE] = STATUS_UNSUCCESSFUL;
    pnp::query_stop(0);
    pnp::cancel_stop(0);
  });
}

TEST_F(PnpDevice, R_PNP_9_V_C4_43006_AFailedSurpriseRemoval) {
  expect_bugcheck(0xC4, 0x43006, [&] {
    start();
    function.fails[IRP_MN_SURPRISE_REMOVAL] = STATUS_UNSUCCESSFUL;
    kernel->surprise_remove_device(0);
  });
}

TEST_F(PnpDevice, R_PNP_9_V_C9_247_AFailedStop) {
  expect_bugcheck(0xC9, 0x247, [&] {
    start();
    upper.fails[IRP_MN_STOP_DEVICE] = STATUS_UNSUCCESSFUL;
    pnp::query_stop(0);
    pnp::stop(0);
  });
}

TEST_F(PnpDevice, V_C9_21D_NotDetachedOnRemove) {
  expect_bugcheck(0xC9, 0x21D, [&] {
    lower.detaches = lower.deletes = false;
    start();
    kernel->query_remove_and_remove_device(0);
  });
}

TEST_F(PnpDevice, V_C9_21E_NotDeletedOnRemove) {
  expect_bugcheck(0xC9, 0x21E, [&] {
    upper.deletes = false;
    start();
    kernel->query_remove_and_remove_device(0);
  });
}

TEST_F(PnpDevice, V_C9_22E_StartNotPassedDown) {
  expect_bugcheck(0xC9, 0x22E, [&] {
    function.swallows_start = true;
    start();
  });
}

TEST_F(PnpDevice, V_C9_243_StillInitializing) {
  expect_bugcheck(0xC9, 0x243, [&] {
    function.keeps_initializing = true;
    start();
  });
}

TEST_F(PnpDevice, ADriverInUseIsNotUnloaded) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(kernel->unload_driver("function"), STATUS_DEVICE_BUSY);
    kernel->query_remove_and_remove_device(0);
    EXPECT_EQ(kernel->unload_driver("function"), STATUS_SUCCESS);
    EXPECT_EQ(kernel->unload_driver("function"), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(PnpDevice, ADriverWithoutAnUnloadRoutineStays) {
  expect_no_bugcheck([&] {
    load(function);
    function.driver->DriverUnload = nullptr;
    EXPECT_EQ(kernel->unload_driver("function"), STATUS_INVALID_DEVICE_REQUEST);
  });
}

TEST_F(PnpDevice, R_WRK_1_ADriverStaysUntilItsWorkRoutineHasReturned) {
  expect_no_bugcheck([&] {
    load(function);
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(function.driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    PIO_WORKITEM_ROUTINE routine = [](PDEVICE_OBJECT, PVOID context) NTAPI {
      sleep_us(5000);
      static_cast<Log*>(context)->push_back("work done");
    };
    IoQueueWorkItem(item, routine, DelayedWorkQueue, &log);
    IoDeleteDevice(device);
    EXPECT_EQ(kernel->unload_driver("function"), STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"work done", "function.unload"}));
    IoFreeWorkItem(item);
  });
}

TEST_F(PnpDevice, V_CE_UnloadedWithAnIrpNotCompleted) {
  expect_bugcheck(0xCE, [&] {
    load(function);
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(function.driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    function.driver->MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT, PIRP irp) NTAPI -> NTSTATUS {
      IoMarkIrpPending(irp);
      return STATUS_PENDING;
    };
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    PIO_COMPLETION_ROUTINE keep = [](PDEVICE_OBJECT, PIRP, PVOID) NTAPI { return STATUS_MORE_PROCESSING_REQUIRED; };
    IoSetCompletionRoutine(irp, keep, nullptr, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    kernel->unload_driver("function");
  });
}

TEST_F(PnpDevice, WithoutMemoryNothingStarts) {
  expect_no_bugcheck([&] {
    load(function);
    hardware.page_limit = hardware.pages_allocated();
    std::vector<PVOID> rest;
    for (std::size_t bytes = 4096; bytes >= 16; bytes /= 2) {
      while (PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, 'tseT')) rest.push_back(block);
    }
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(kernel->load_driver("another", reinterpret_cast<void*>(&entry)), STATUS_INSUFFICIENT_RESOURCES);
    for (PVOID block : rest) ExFreePoolWithTag(block, 'tseT');
    hardware.page_limit = 16384;
    EXPECT_NE(pnp::pdo_of(0), nullptr);
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
  });
}

TEST_F(PnpDevice, BeforeEveryDriverHasStartedItADeviceCannotBeOpened) {
  expect_no_bugcheck([&] {
    load_stack();
    std::u16string name;
    nt::Handle file = 0;
    function.on_start = [&](PIO_STACK_LOCATION) {  // the upper filter is not done
      UNICODE_STRING link;
      IoRegisterDeviceInterface(function.pdo, &kClass, nullptr, &link);
      IoSetDeviceInterfaceState(&link, TRUE);
      name.assign(reinterpret_cast<char16_t*>(link.Buffer), link.Length / sizeof(WCHAR));
      RtlFreeUnicodeString(&link);
      EXPECT_EQ(nt::create_file(&file, 0, 0, name, false), STATUS_NO_SUCH_DEVICE);
    };
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_EQ(nt::create_file(&file, 0, 0, name, false), STATUS_SUCCESS);
    nt::close(file);
  });
}

TEST_F(PnpDevice, ADeviceThatSaysItFailedIsRemoved) {
  expect_no_bugcheck([&] {
    start();
    static bool failed = false;
    function.driver->MajorFunction[IRP_MJ_PNP] = [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE && failed) {
        irp->IoStatus.Information |= PNP_DEVICE_FAILED;
        irp->IoStatus.Status = STATUS_SUCCESS;
      }
      return PnpDevice::pnp(device, irp);
    };
    IoInvalidateDeviceState(function.pdo);
    sleep_us(100);
    EXPECT_TRUE(noted().empty());
    failed = true;
    IoInvalidateDeviceState(function.pdo);
    sleep_us(100);
    const Log seen = noted();
    ASSERT_EQ(seen.size(), 6u);
    EXPECT_EQ(seen[0], "upper.surprise");
    EXPECT_EQ(seen[5], "lower.remove");
  });
}

}  // namespace
}  // namespace p2p::test
