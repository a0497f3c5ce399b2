// Object bags, KsEdit, mutexes, and requests that a minidriver pends (spec 4.2, 4.3, 4.5).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

struct Freed {
  static inline std::vector<int> items;
  static void NTAPI note(PVOID item) { items.push_back(*static_cast<const int*>(item)); }
};

class Object : public KsTest {
 protected:
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
};

TEST_F(Object, R_BAG_3_the_owners_end_frees_every_item_newest_first) {
  int one = 1, two = 2, three = 3;
  driver.pin_create = [&](PKSPIN p, PIRP) {
    for (int* item : {&one, &two, &three}) EXPECT_EQ(KsAddItemToObjectBag(p->Bag, item, Freed::note), STATUS_SUCCESS);
    // NULL stands for ExFreePool (R-BAG-1); the leak check sees to it.
    return KsAddItemToObjectBag(p->Bag, ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT'), nullptr);
  };
  driver.pin_close = [](PKSPIN, PIRP) {
    EXPECT_TRUE(Freed::items.empty());
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    { Connection c; }
    EXPECT_EQ(Freed::items, (std::vector<int>{3, 2, 1}));
  });
}

TEST_F(Object, R_BAG_3_device_factory_and_filter_bags_too) {
  int device_item = 1, factory_item = 2, filter_item = 3;
  driver.add = [&](PKSDEVICE device) { return KsAddItemToObjectBag(device->Bag, &device_item, Freed::note); };
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    KsAddItemToObjectBag(KsFilterGetParentFilterFactory(filter)->Bag, &factory_item, Freed::note);
    return KsAddItemToObjectBag(filter->Bag, &filter_item, Freed::note);
  };
  expect_clean([&] {
    Client client;
    client.open();
    client.close();
    EXPECT_EQ(Freed::items, std::vector<int>{3});
  });
  EXPECT_EQ(Freed::items, (std::vector<int>{3, 2, 1}));
}

TEST_F(Object, R_BAG_2_an_item_in_several_bags_is_freed_when_it_leaves_the_last) {
  expect_clean([&] {
    Connection c;
    int item = 7, other = 8;
    KSOBJECT_BAG first = pin()->Bag, second = nullptr;
    EXPECT_EQ(KsAllocateObjectBag(KsPinGetDevice(pin()), &second), STATUS_SUCCESS);
    EXPECT_EQ(KsRemoveItemFromObjectBag(first, &item, TRUE), 0u);  // not there
    KsAddItemToObjectBag(first, &item, Freed::note);
    KsAddItemToObjectBag(second, &item, Freed::note);
    EXPECT_EQ(KsRemoveItemFromObjectBag(first, &item, TRUE), 2u);  // another bag has it
    EXPECT_TRUE(Freed::items.empty());
    EXPECT_EQ(KsRemoveItemFromObjectBag(first, &item, TRUE), 0u);
    EXPECT_EQ(KsRemoveItemFromObjectBag(second, &item, TRUE), 1u);
    EXPECT_EQ(Freed::items, std::vector<int>{7});
    KsAddItemToObjectBag(second, &item, Freed::note);
    EXPECT_EQ(KsRemoveItemFromObjectBag(second, &item, FALSE), 1u);  // removed, not freed
    EXPECT_EQ(Freed::items.size(), 1u);
    KsAddItemToObjectBag(second, &other, Freed::note);
    EXPECT_EQ(KsCopyObjectBagItems(first, second), STATUS_SUCCESS);
    KsFreeObjectBag(second);
    EXPECT_EQ(Freed::items.size(), 1u);  // the copy holds it
    EXPECT_EQ(KsRemoveItemFromObjectBag(first, &other, TRUE), 1u);
    EXPECT_EQ(Freed::items, (std::vector<int>{7, 8}));
  });
}

TEST_F(Object, R_BAG_4_edit_copies_what_is_not_in_the_bag_once) {
  driver.pin_create = [](PKSPIN p, PIRP) -> NTSTATUS {
    const KSPIN_DESCRIPTOR_EX* original = p->Descriptor;
    const KSALLOCATOR_FRAMING_EX* framing = original->AllocatorFraming;
    EXPECT_EQ(KsEdit(p, &p->Descriptor, 'tseT'), STATUS_SUCCESS);
    EXPECT_NE(p->Descriptor, original);
    EXPECT_EQ(std::memcmp(p->Descriptor, original, sizeof *original), 0);
    const KSPIN_DESCRIPTOR_EX* copy = p->Descriptor;
    EXPECT_EQ(KsEdit(p, &p->Descriptor, 'tseT'), STATUS_SUCCESS);
    EXPECT_EQ(p->Descriptor, copy);  // is the pin's own already
    EXPECT_EQ(KsEdit(p, &p->Descriptor->AllocatorFraming, 'tseT'), STATUS_SUCCESS);
    EXPECT_NE(p->Descriptor->AllocatorFraming, framing);
    EXPECT_EQ(original->AllocatorFraming, framing);
    const_cast<PKSALLOCATOR_FRAMING_EX>(p->Descriptor->AllocatorFraming)->FramingItem[0].Frames = 17;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c;
    KSALLOCATOR_FRAMING_EX framing{};
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX, &framing,
                           sizeof framing),
              STATUS_SUCCESS);
    EXPECT_EQ(framing.FramingItem[0].Frames, 17u);  // this pin's edit, nobody else's
    driver.pin_create = {};
    Connection other;
    get_property(other.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX, &framing,
                 sizeof framing);
    EXPECT_EQ(framing.FramingItem[0].Frames, 3u);
  });
}

TEST_F(Object, R_BAG_4_edit_can_grow_an_item) {
  expect_clean([&] {
    Connection c;
    PVOID item = ExAllocatePool2(POOL_FLAG_PAGED, 16, 'tseT');
    std::memset(item, 0x5A, 16);
    KsAddItemToObjectBag(pin()->Bag, item, nullptr);
    PVOID edited = item;
    EXPECT_EQ(_KsEdit(pin()->Bag, &edited, 64, 16, 'tseT'), STATUS_SUCCESS);
    EXPECT_NE(edited, item);
    EXPECT_EQ(static_cast<UCHAR*>(edited)[15], 0x5A);
    EXPECT_EQ(KsRemoveItemFromObjectBag(pin()->Bag, item, TRUE), 0u);  // replaced
  });
}

TEST_F(Object, R_BAG_1_bags_above_passive_level_are_a_violation) {
  expect_ks_violation(0x81009, [&] {
    Connection c;
    int item = 0;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KsAddItemToObjectBag(pin()->Bag, &item, Freed::note);
  });
}

// -- mutexes ----------------------------------------------------------------------------------------------------------

TEST_F(Object, KsDeviceMutex_may_be_acquired_where_avstream_holds_it_and_again) {
  driver.add = [](PKSDEVICE device) {
    KsAcquireDevice(device);
    KsReleaseDevice(device);
    return STATUS_SUCCESS;
  };
  driver.post_start = driver.add;
  expect_clean([] {});
}

TEST_F(Object, KsDeviceMutex_a_release_without_acquire_is_a_violation) {
  expect_ks_violation(0x81001, [&] {
    Connection c;
    KsReleaseDevice(KsPinGetDevice(pin()));
  });
}

TEST_F(Object, without_driver_verifier_its_rules_stop_nobody) {
  config.verifier = false;
  driver.process = [](PKSPIN p) -> NTSTATUS {
    PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(p, KSSTREAM_POINTER_STATE_LOCKED);
    if (leading == nullptr) return STATUS_PENDING;
    EXPECT_EQ(KsStreamPointerLock(leading), STATUS_SUCCESS);  // KsStreamPointerLock
    KsStreamPointerUnlock(leading, FALSE);
    KsStreamPointerUnlock(leading, FALSE);
    KsStreamPointerLock(leading);
    KsStreamPointerAdvanceOffsetsAndUnlock(leading, 0, 1000, FALSE);  // beyond the end
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    KsReleaseDevice(KsGetDevice(pin()));
    KsReleaseControl(pin());
    KsPinReleaseProcessingMutex(pin());
    Request request({64});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
  });
  EXPECT_EQ(events.count("ntos.bugcheck"), 0u);
}

// R-KMX-1.
TEST_F(Object, KsFilterMutex_recursion_is_a_violation) {
  expect_ks_violation(0x8100A, [&] {
    Connection c;
    KsAcquireControl(pin());
    KsAcquireControl(pin());
  });
}

TEST_F(Object, KsFilterMutex_a_release_without_acquire_is_a_violation) {
  expect_ks_violation(0x8100A, [&] {
    Connection c;
    KsFilterReleaseControl(KsPinGetParentFilter(pin()));
  });
}

// R-KMX-1.
TEST_F(Object, R_KMX_2_the_control_mutex_may_not_be_acquired_in_process) {
  driver.process = [](PKSPIN p) -> NTSTATUS {
    KsAcquireControl(p);
    return STATUS_PENDING;
  };
  expect_ks_violation(0x8100B, [&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request request({64});
    read(c.pin, request);
  });
}

// R-KMX-1.
TEST_F(Object, KsProcessingMutex_recursion_is_a_violation) {
  expect_ks_violation(0x8100B, [&] {
    Connection c;
    KsPinAcquireProcessingMutex(pin());
    KsPinAcquireProcessingMutex(pin());
  });
}

TEST_F(Object, KsProcessingMutex_a_release_without_acquire_is_a_violation) {
  expect_ks_violation(0x8100B, [&] {
    Connection c;
    KsPinReleaseProcessingMutex(pin());
  });
}

// -- requests that pend -----------------------------------------------------------------------------------------------

/// Completes `irp` from another thread, later.
class Pending : public Object {
 protected:
  NTSTATUS pend(PIRP irp, NTSTATUS status) {
    IoMarkIrpPending(irp);
    spawn("completer", [irp, status] {
      sleep_us(500);
      irp->IoStatus.Status = status;
      KsCompletePendingRequest(irp);
    });
    return STATUS_PENDING;
  }
};

TEST_F(Pending, R_CRE_1_a_filter_create_may_pend) {
  driver.filter_create = [&](PKSFILTER, PIRP irp) { return pend(irp, STATUS_SUCCESS); };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    nt::Handle capture = 0;
    EXPECT_EQ(client.create_pin(&capture, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    nt::close(capture);
  });
  EXPECT_EQ(driver.count(SynthFilterClose), 1u);
}

TEST_F(Pending, R_CRE_1_and_fail_later) {
  driver.filter_create = [&](PKSFILTER filter, PIRP irp) {
    static int item = 5;
    KsAddItemToObjectBag(filter->Bag, &item, Freed::note);
    return pend(irp, STATUS_DEVICE_BUSY);
  };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_DEVICE_BUSY);
    EXPECT_EQ(Freed::items, std::vector<int>{5});
  });
  EXPECT_EQ(driver.count(SynthFilterClose), 0u);
}

TEST_F(Pending, R_CRE_5_so_may_a_pin_create) {
  NTSTATUS answer = STATUS_SUCCESS;
  driver.pin_create = [&](PKSPIN, PIRP irp) { return pend(irp, answer); };
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle capture = 0;
    EXPECT_EQ(client.create_pin(&capture, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    EXPECT_EQ(set_state(capture, KSSTATE_RUN), STATUS_SUCCESS);
    Request request({64});
    read(capture, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    answer = STATUS_INSUFFICIENT_RESOURCES;
    nt::Handle second = 0;
    EXPECT_EQ(client.create_pin(&second, SYNTH_PIN_CAPTURE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(
        KsFilterGetChildPinCount(static_cast<PKSFILTER>(driver.last(SynthFilterCreate)->object), SYNTH_PIN_CAPTURE),
        1u);
    nt::close(capture);
  });
}

// R-KS-10.
TEST_F(Pending, R_CRE_8_a_close_may_pend_and_the_object_lives_until_then) {
  int item = 6;
  driver.pin_close = [&](PKSPIN p, PIRP irp) {
    KsAddItemToObjectBag(p->Bag, &item, Freed::note);
    IoMarkIrpPending(irp);
    spawn("completer", [irp] {
      sleep_us(500);
      EXPECT_TRUE(Freed::items.empty());
      irp->IoStatus.Status = STATUS_SUCCESS;
      KsCompletePendingRequest(irp);
    });
    return STATUS_PENDING;
  };
  driver.filter_close = [&](PKSFILTER, PIRP irp) { return pend(irp, STATUS_SUCCESS); };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    c.close_pin();
    EXPECT_EQ(Freed::items, std::vector<int>{6});
  });
}

TEST_F(Pending, R_CRE_8_completing_within_the_dispatch_or_from_a_dpc_is_fine) {
  driver.pin_create = [&](PKSPIN, PIRP irp) {
    IoMarkIrpPending(irp);
    irp->IoStatus.Status = STATUS_SUCCESS;
    KsCompletePendingRequest(irp);
    return STATUS_PENDING;
  };
  PIRP closing = nullptr;
  Dpc dpc([&](Dpc&) {
    closing->IoStatus.Status = STATUS_SUCCESS;
    KsCompletePendingRequest(closing);
  });
  driver.pin_close = [&](PKSPIN, PIRP irp) {
    IoMarkIrpPending(irp);
    closing = irp;
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    return STATUS_PENDING;
  };
  expect_clean([&] { Connection c; });
  EXPECT_EQ(dpc.calls, 1);
}

TEST_F(Pending, KsMarkPendingIrp_pending_without_marking_is_a_violation) {
  driver.pin_create = [](PKSPIN, PIRP) { return STATUS_PENDING; };
  expect_ks_violation(0x81008, [&] { Connection c; });
}

}  // namespace
}  // namespace p2p::test
