// Events (spec 4.17, R-EV) and methods.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

const GUID kEvents = SYNTH_EVENTSET;
const GUID kMethods = SYNTH_METHODSET;
const GUID kOther = SYNTH_PROPSET;
const GUID kNull{};

enum : ULONG { kPlain = 1, kOwnHandlers = 2, kRefusing = 3 };

struct Handlers {
  static inline int added = 0, removed = 0;
  static inline PKSEVENT_ENTRY entry = nullptr;
  static inline KIRQL removed_at = 0;
  static NTSTATUS NTAPI add(PIRP irp, PKSEVENTDATA data, PKSEVENT_ENTRY event) {
    ++added;
    entry = event;
    // The extra data behind the entry are this item's to use.
    *reinterpret_cast<ULONG*>(event + 1) = 0x1234;
    EXPECT_TRUE(IsEqualGUID(*KSEVENT_SET_IRP_STORAGE(irp)->Set, kEvents));
    EXPECT_EQ(KSEVENT_ITEM_IRP_STORAGE(irp)->EventId, static_cast<ULONG>(kOwnHandlers));
    EXPECT_EQ(event->FileObject, IoGetCurrentIrpStackLocation(irp)->FileObject);
    return KsDefaultAddEventHandler(irp, data, event);
  }
  static VOID NTAPI remove(PFILE_OBJECT, PKSEVENT_ENTRY event) {
    ++removed;
    removed_at = KeGetCurrentIrql();
    RemoveEntryList(&event->ListEntry);
  }
  static NTSTATUS NTAPI refuse(PIRP, PKSEVENTDATA, PKSEVENT_ENTRY) { return STATUS_DEVICE_BUSY; }
};

const KSEVENT_ITEM kItems[] = {
    {kPlain, sizeof(KSEVENTDATA), 0, nullptr, nullptr, nullptr},
    {kOwnHandlers, sizeof(KSEVENTDATA) + 8, sizeof(ULONG), Handlers::add, Handlers::remove, nullptr},
    {kRefusing, sizeof(KSEVENTDATA), 0, Handlers::refuse, nullptr, nullptr},
};
const KSEVENT_SET kSets[] = {{&kEvents, 3, kItems}};

struct Methods {
  static inline int calls = 0;
  static inline PVOID raw = nullptr;
  /// Adds one to every byte it is given.
  static NTSTATUS NTAPI increment(PIRP irp, PKSIDENTIFIER, PVOID data) {
    ++calls;
    const ULONG bytes = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    for (ULONG i = 0; i < bytes; ++i) ++static_cast<UCHAR*>(data)[i];
    irp->IoStatus.Information = bytes;
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI source(PIRP, PKSIDENTIFIER, PVOID data) {
    raw = data;
    return STATUS_SUCCESS;
  }
};
enum : ULONG { kNone = 1, kRead = 2, kModify = 3, kSource = 4 };
const KSMETHOD_ITEM kMethodItems[] = {
    DEFINE_KSMETHOD_ITEM(kNone, KSMETHOD_TYPE_NONE, Methods::increment, sizeof(KSMETHOD), 0, nullptr),
    DEFINE_KSMETHOD_ITEM(kRead, KSMETHOD_TYPE_READ, Methods::increment, sizeof(KSMETHOD), 4, nullptr),
    DEFINE_KSMETHOD_ITEM(kModify, KSMETHOD_TYPE_MODIFY, Methods::increment, sizeof(KSMETHOD), 4, nullptr),
    DEFINE_KSMETHOD_ITEM(kSource, KSMETHOD_TYPE_SOURCE, Methods::source, sizeof(KSMETHOD), 0, nullptr),
};
const KSMETHOD_SET kMethodSets[] = {{&kMethods, 4, kMethodItems, 0, nullptr}};

class Events : public KsTest {
 protected:
  Events() {
    driver.configure = [](SYNTH_TABLES& tables) {
      for (KSAUTOMATION_TABLE* table : {tables.FilterAutomation, tables.PinAutomation}) {
        table->EventSetsCount = 1;
        table->EventItemSize = sizeof(KSEVENT_ITEM);
        table->EventSets = kSets;
        table->MethodSetsCount = 1;
        table->MethodItemSize = sizeof(KSMETHOD_ITEM);
        table->MethodSets = kMethodSets;
      }
    };
  }
  PKSPIN pin() const { return static_cast<PKSPIN>(driver.last(SynthPinCreate)->object); }
  PVOID event_object = nullptr;
};

/// A client's event: its handle and the KSEVENTDATA whose address names it.
struct Enabled {
  Enabled() {
    nt::create_event(&handle, false, false);  // synchronisation: a wait takes one signal
    data.buffer.NotificationType = KSEVENTF_EVENT_HANDLE;
    data.buffer.EventHandle.Event = reinterpret_cast<HANDLE>(handle);
  }
  ~Enabled() { nt::close(handle); }
  Enabled(const Enabled&) = delete;
  Enabled& operator=(const Enabled&) = delete;
  NTSTATUS enable(nt::Handle file, ULONG id, ULONG flags = KSEVENT_TYPE_ENABLE, const GUID& set = kEvents) {
    KSEVENT event{};
    event.Set = set;
    event.Id = id;
    event.Flags = flags;
    return control(file, IOCTL_KS_ENABLE_EVENT, &event, sizeof event, &data, sizeof data);
  }
  NTSTATUS disable(nt::Handle file) { return control(file, IOCTL_KS_DISABLE_EVENT, &data, sizeof data, nullptr, 0); }
  bool signalled() const {
    const std::int64_t now = 0;
    return nt::wait_for_single_object(handle, false, &now) == STATUS_WAIT_0;
  }
  nt::Handle handle = 0;
  struct {
    KSEVENTDATA buffer{};
    ULONGLONG parameters = 0;
  } data;
};

TEST_F(Events, R_EV_1_an_enabled_event_is_signalled_each_time_until_it_is_disabled) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    EXPECT_EQ(event.enable(c.pin, kPlain), STATUS_SUCCESS);
    EXPECT_FALSE(event.signalled());
    for (int i = 0; i < 2; ++i) {
      KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
      EXPECT_TRUE(event.signalled());
    }
    EXPECT_EQ(event.disable(c.pin), STATUS_SUCCESS);
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_FALSE(event.signalled());
    EXPECT_EQ(event.disable(c.pin), STATUS_UNSUCCESSFUL);  // R-EV-2
  });
}

TEST_F(Events, R_EV_4_set_id_and_callback_choose_the_entries) {
  expect_clean([&] {
    Connection c;
    Enabled one, two, filter_event;
    one.enable(c.pin, kPlain);
    two.enable(c.pin, kPlain);
    filter_event.enable(c.filter.handle(), kPlain);
    KsPinGenerateEvents(pin(), &kOther, kPlain, 0, nullptr, nullptr, nullptr);
    KsPinGenerateEvents(pin(), &kEvents, kOwnHandlers, 0, nullptr, nullptr, nullptr);
    EXPECT_FALSE(one.signalled());
    KsPinGenerateEvents(pin(), nullptr, kPlain, 0, nullptr, nullptr, nullptr);  // any set
    EXPECT_TRUE(one.signalled());
    EXPECT_TRUE(two.signalled());
    EXPECT_FALSE(filter_event.signalled());
    struct Choice {
      PKSEVENTDATA wanted;
      KIRQL irql;
      static BOOLEAN NTAPI choose(PVOID context, PKSEVENT_ENTRY entry) {
        auto* choice = static_cast<Choice*>(context);
        choice->irql = KeGetCurrentIrql();
        return entry->EventData == choice->wanted;
      }
    } choice{&two.data.buffer, PASSIVE_LEVEL};
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, Choice::choose, &choice);
    EXPECT_FALSE(one.signalled());
    EXPECT_TRUE(two.signalled());
    EXPECT_EQ(choice.irql, DISPATCH_LEVEL);
    KsFilterGenerateEvents(KsPinGetParentFilter(pin()), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_TRUE(filter_event.signalled());
  });
}

TEST_F(Events, R_EV_3_a_one_shot_event_is_gone_after_its_generation) {
  expect_clean([&] {
    Connection c;
    Enabled once, always;
    once.enable(c.pin, kPlain, KSEVENT_TYPE_ENABLE | KSEVENT_TYPE_ONESHOT);
    always.enable(c.pin, kPlain);
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_TRUE(once.signalled());
    EXPECT_TRUE(always.signalled());
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_FALSE(once.signalled());
    EXPECT_TRUE(always.signalled());
    EXPECT_EQ(once.disable(c.pin), STATUS_UNSUCCESSFUL);
  });
}

TEST_F(Events, R_EV_3_one_shot_is_an_enabling_request_of_its_own) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    EXPECT_EQ(event.enable(c.pin, kPlain, KSEVENT_TYPE_ONESHOT), STATUS_SUCCESS);
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_TRUE(event.signalled());
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
    EXPECT_FALSE(event.signalled());
  });
}

TEST_F(Events, R_EV_1_the_minidrivers_handlers_add_and_remove) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    EXPECT_EQ(event.enable(c.pin, kOwnHandlers), STATUS_SUCCESS);
    EXPECT_EQ(Handlers::added, 1);
    EXPECT_EQ(Handlers::entry->EventData, &event.data.buffer);
    EXPECT_EQ(Handlers::entry->Object, pin());
    KsPinGenerateEvents(pin(), &kEvents, kOwnHandlers, 0, nullptr, nullptr, nullptr);
    EXPECT_TRUE(event.signalled());
    EXPECT_EQ(event.disable(c.pin), STATUS_SUCCESS);
    EXPECT_EQ(Handlers::removed, 1);
    EXPECT_EQ(Handlers::removed_at, DISPATCH_LEVEL);  // with the list's lock
    EXPECT_EQ(event.enable(c.pin, kRefusing), STATUS_DEVICE_BUSY);
    EXPECT_EQ(event.disable(c.pin), STATUS_UNSUCCESSFUL);
  });
}

TEST_F(Events, R_EV_2_disabling_without_a_name_disables_all_of_the_file) {
  expect_clean([&] {
    Connection c;
    Enabled one, two;
    one.enable(c.pin, kPlain);
    two.enable(c.pin, kOwnHandlers);
    EXPECT_EQ(control(c.pin, IOCTL_KS_DISABLE_EVENT, nullptr, 0, nullptr, 0), STATUS_SUCCESS);
    EXPECT_EQ(one.disable(c.pin), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(two.disable(c.pin), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(Handlers::removed, 1);
    EXPECT_EQ(control(c.pin, IOCTL_KS_DISABLE_EVENT, &one.data, 4, nullptr, 0), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(Events, R_CRE_8_closing_frees_the_files_events_before_the_close_dispatch) {
  expect_clean([&] {
    Enabled event;
    driver.pin_close = [](PKSPIN, PIRP) {
      EXPECT_EQ(Handlers::removed, 1);
      return STATUS_SUCCESS;
    };
    {
      Connection c;
      event.enable(c.pin, kOwnHandlers);
    }
    EXPECT_EQ(Handlers::removed, 1);
  });
}

TEST_F(Events, R_EV_4_an_event_generated_by_an_interrupt_routine_is_signalled_by_a_dpc) {
  expect_clean([&] {
    Connection c;
    Enabled event, once;
    event.enable(c.pin, kOwnHandlers);
    PKSEVENT_ENTRY entry = Handlers::entry;
    once.enable(c.pin, kOwnHandlers, KSEVENT_TYPE_ENABLE | KSEVENT_TYPE_ONESHOT);
    PKSEVENT_ENTRY once_entry = Handlers::entry;
    bool signalled_in_isr = true;
    KIRQL isr_irql = 0;
    driver.interrupt = [&] {
      isr_irql = KeGetCurrentIrql();
      KsGenerateEvent(entry);
      KsGenerateEvent(once_entry);
      signalled_in_isr = static_cast<PKEVENT>(event_object)->Header.SignalState != 0;
      hardware.set_line(FakeHardware::kLine, false);
      return true;
    };
    ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(event.handle), 0, *ExEventObjectType, KernelMode, &event_object,
                              nullptr);
    hardware.after_ps(1'000'000, [&] { hardware.set_line(FakeHardware::kLine, true); });
    nt::wait_for_single_object(event.handle, false, nullptr);
    EXPECT_GT(isr_irql, DISPATCH_LEVEL);
    EXPECT_FALSE(signalled_in_isr);
    EXPECT_TRUE(once.signalled());
    ObDereferenceObject(event_object);
    EXPECT_EQ(once.disable(c.pin), STATUS_UNSUCCESSFUL);  // one-shot
    EXPECT_EQ(event.disable(c.pin), STATUS_SUCCESS);
  });
}

TEST_F(Events, R_EV_4_generate_events_above_dispatch_level_is_a_violation) {
  expect_ks_violation(0x81009, [&] {
    Connection c;
    KIRQL irql;
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
  });
}

TEST_F(Events, R_EV_4_objects_dpcs_and_work_items_are_for_kernel_clients_only) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    KEVENT object;
    KeInitializeEvent(&object, NotificationEvent, FALSE);
    event.data.buffer.NotificationType = KSEVENTF_EVENT_OBJECT;
    event.data.buffer.EventObject.Event = &object;
    EXPECT_EQ(event.enable(c.pin, kPlain), STATUS_INVALID_PARAMETER);  // from user mode
    int dpc_calls = 0;
    Dpc dpc([&](Dpc&) { ++dpc_calls; });
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      KSEVENT request{};
      request.Set = kEvents;
      request.Id = kPlain;
      request.Flags = KSEVENT_TYPE_ENABLE;
      ULONG returned = 0;
      const auto enable = [&](KSEVENTDATA& data) {
        return KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_ENABLE_EVENT, &request, sizeof request, &data,
                                            sizeof data, &returned);
      };
      KSEVENTDATA by_object = event.data.buffer, by_dpc{}, by_semaphore{};
      EXPECT_EQ(enable(by_object), STATUS_SUCCESS);
      by_dpc.NotificationType = KSEVENTF_DPC;
      by_dpc.Dpc.Dpc = &dpc.dpc;
      EXPECT_EQ(enable(by_dpc), STATUS_SUCCESS);
      KSEMAPHORE semaphore;
      KeInitializeSemaphore(&semaphore, 0, 100);
      by_semaphore.NotificationType = KSEVENTF_SEMAPHORE_OBJECT;
      by_semaphore.SemaphoreObject.Semaphore = &semaphore;
      by_semaphore.SemaphoreObject.Adjustment = 3;
      EXPECT_EQ(enable(by_semaphore), STATUS_SUCCESS);
      KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
      KeFlushQueuedDpcs();
      EXPECT_TRUE(KeReadStateEvent(&object));
      EXPECT_EQ(dpc_calls, 1);
      EXPECT_EQ(dpc.argument1, &by_dpc);
      EXPECT_EQ(KeReadStateSemaphore(&semaphore), 3);
      EXPECT_EQ(
          KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_DISABLE_EVENT, nullptr, 0, nullptr, 0, &returned),
          STATUS_SUCCESS);
      ObDereferenceObject(file);
    });
  });
}

TEST_F(Events, R_EV_3_a_buffered_event_keeps_its_data_in_order) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    EXPECT_EQ(event.enable(c.pin, kPlain, KSEVENT_TYPE_ENABLEBUFFERED), STATUS_SUCCESS);
    ULONG first = 11, second = 22;
    KsPinGenerateEvents(pin(), &kEvents, kPlain, sizeof first, &first, nullptr, nullptr);
    KsPinGenerateEvents(pin(), &kEvents, kPlain, sizeof second, &second, nullptr, nullptr);
    KSQUERYBUFFER query{};
    query.Event.Set = kEvents;
    query.Event.Id = kPlain;
    query.Event.Flags = KSEVENT_TYPE_QUERYBUFFER;
    query.EventData = &event.data.buffer;
    ULONG value = 0, returned = 0;
    const auto ask = [&](void* out, std::size_t bytes) {
      return control(c.pin, IOCTL_KS_ENABLE_EVENT, &query, sizeof query, out, bytes, &returned);
    };
    EXPECT_EQ(ask(nullptr, 0), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(returned, sizeof value);
    EXPECT_EQ(ask(&value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(value, 11u);
    EXPECT_EQ(ask(&value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(value, 22u);
    EXPECT_EQ(ask(&value, sizeof value), STATUS_NO_MORE_ENTRIES);
  });
}

TEST_F(Events, R_EV_4_data_can_be_generated_for_one_entry_alone) {
  expect_clean([&] {
    Connection c;
    Enabled chosen, other;
    EXPECT_EQ(chosen.enable(c.pin, kOwnHandlers, KSEVENT_TYPE_ENABLEBUFFERED), STATUS_SUCCESS);
    const PKSEVENT_ENTRY entry = Handlers::entry;
    EXPECT_EQ(other.enable(c.pin, kOwnHandlers, KSEVENT_TYPE_ENABLEBUFFERED), STATUS_SUCCESS);
    ULONG value = 77, returned = 0;
    at_dispatch_level([&] { EXPECT_EQ(KsGenerateDataEvent(entry, sizeof value, &value), STATUS_SUCCESS); });
    EXPECT_TRUE(chosen.signalled());
    EXPECT_FALSE(other.signalled());
    KSQUERYBUFFER query{};
    query.Event.Set = kEvents;
    query.Event.Id = kOwnHandlers;
    query.Event.Flags = KSEVENT_TYPE_QUERYBUFFER;
    query.EventData = &chosen.data.buffer;
    value = 0;
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &query, sizeof query, &value, sizeof value, &returned),
              STATUS_SUCCESS);
    EXPECT_EQ(value, 77u);
    query.EventData = &other.data.buffer;
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &query, sizeof query, &value, sizeof value, &returned),
              STATUS_NO_MORE_ENTRIES);
  });
}

VOID NTAPI count_run(PVOID context) { ++*static_cast<int*>(context); }

TEST_F(Events, R_EV_4_a_kernel_client_can_have_its_ks_worker_told) {
  expect_clean([&] {
    Connection c;
    in_system_thread([&] {
      PFILE_OBJECT file = file_of(c.pin);
      int runs = 0;
      WORK_QUEUE_ITEM item;
      ExInitializeWorkItem(&item, count_run, &runs);
      PKSWORKER worker = nullptr;
      EXPECT_EQ(KsRegisterWorker(DelayedWorkQueue, &worker), STATUS_SUCCESS);
      KSEVENT request{};
      request.Set = kEvents;
      request.Id = kPlain;
      request.Flags = KSEVENT_TYPE_ENABLE;
      KSEVENTDATA data{};
      data.NotificationType = KSEVENTF_KSWORKITEM;
      data.KsWorkItem.WorkQueueItem = &item;
      data.KsWorkItem.KsWorkerObject = worker;
      ULONG returned = 0;
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_ENABLE_EVENT, &request, sizeof request, &data,
                                             sizeof data, &returned),
                STATUS_SUCCESS);
      KsPinGenerateEvents(pin(), &kEvents, kPlain, 0, nullptr, nullptr, nullptr);
      EXPECT_EQ(KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_DISABLE_EVENT, &data, sizeof data, nullptr, 0,
                                             &returned),
                STATUS_SUCCESS);
      KsUnregisterWorker(worker);
      EXPECT_EQ(runs, 1);
      ObDereferenceObject(file);
    });
  });
}

TEST_F(Events, R_EV_1_sets_ids_sizes_and_flags_are_checked) {
  expect_clean([&] {
    Connection c;
    Enabled event;
    EXPECT_EQ(event.enable(c.pin, kPlain, KSEVENT_TYPE_ENABLE, kOther), STATUS_PROPSET_NOT_FOUND);
    EXPECT_EQ(event.enable(c.pin, 99), STATUS_NOT_FOUND);
    EXPECT_EQ(event.enable(c.pin, kPlain, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(event.enable(c.pin, kPlain, KSEVENT_TYPE_ENABLE | KSEVENT_TYPE_ENABLEBUFFERED), STATUS_INVALID_PARAMETER);
    KSEVENT request{};
    request.Set = kEvents;
    request.Id = kOwnHandlers;  // wants more data
    request.Flags = KSEVENT_TYPE_ENABLE;
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &request, sizeof request, &event.data, sizeof(KSEVENTDATA)),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &request, 4, &event.data, sizeof event.data),
              STATUS_INVALID_BUFFER_SIZE);
    event.data.buffer.EventHandle.Event = reinterpret_cast<HANDLE>(std::uintptr_t{0x5554});
    EXPECT_EQ(event.enable(c.pin, kPlain), STATUS_INVALID_HANDLE);
    event.data.buffer.EventHandle.Event = reinterpret_cast<HANDLE>(c.pin);
    EXPECT_EQ(event.enable(c.pin, kPlain), STATUS_OBJECT_TYPE_MISMATCH);
    // R-EV-3: support questions.
    ULONG returned = 0;
    request.Flags = KSEVENT_TYPE_BASICSUPPORT;
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &request, sizeof request, nullptr, 0), STATUS_SUCCESS);
    request.Set = kNull;
    request.Flags = KSEVENT_TYPE_SETSUPPORT;
    GUID set{};
    EXPECT_EQ(control(c.pin, IOCTL_KS_ENABLE_EVENT, &request, sizeof request, &set, sizeof set, &returned),
              STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(set, kEvents));
  });
}

// -- methods ----------------------------------------------------------------------------------------------------------

TEST_F(Events, methods_move_data_as_their_type_says) {
  expect_clean([&] {
    Connection c;
    const auto call = [&](ULONG id, void* data, std::size_t bytes, ULONG flags = KSMETHOD_TYPE_SEND) {
      KSMETHOD method{};
      method.Set = kMethods;
      method.Id = id;
      method.Flags = flags;
      return control(c.pin, IOCTL_KS_METHOD, &method, sizeof method, data, bytes);
    };
    UCHAR data[4] = {1, 2, 3, 4};
    EXPECT_EQ(call(kNone, nullptr, 0), STATUS_SUCCESS);
    EXPECT_EQ(call(kRead, data, sizeof data), STATUS_SUCCESS);
    EXPECT_EQ(data[0], 1);  // the driver reads it only
    EXPECT_EQ(call(kModify, data, sizeof data), STATUS_SUCCESS);
    EXPECT_EQ(data[0], 2);
    EXPECT_EQ(data[3], 5);
    EXPECT_EQ(call(kSource, data, sizeof data), STATUS_SUCCESS);
    EXPECT_EQ(Methods::raw, data);  // the client's own buffer
    EXPECT_EQ(Methods::calls, 3);
    EXPECT_EQ(call(kModify, data, 2), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(call(99, data, sizeof data), STATUS_NOT_FOUND);
    ULONG type = 0;
    EXPECT_EQ(call(kModify, &type, sizeof type, KSMETHOD_TYPE_BASICSUPPORT), STATUS_SUCCESS);
    EXPECT_EQ(type, static_cast<ULONG>(KSMETHOD_TYPE_MODIFY));
    KSMETHOD unknown{};
    unknown.Set = kOther;
    EXPECT_EQ(control(c.pin, IOCTL_KS_METHOD, &unknown, sizeof unknown, data, sizeof data), STATUS_PROPSET_NOT_FOUND);
    EXPECT_EQ(control(c.pin, IOCTL_KS_METHOD, &unknown, 8, data, sizeof data), STATUS_INVALID_BUFFER_SIZE);
  });
}

}  // namespace
}  // namespace p2p::test
