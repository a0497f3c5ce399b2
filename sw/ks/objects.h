// AVStream's objects: each begins with the structure minidrivers know. Needs sw/ks/ddk.h before it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::ks {

struct Device;
struct Factory;
struct Filter;
struct Pin;
struct Clock;
class Circuit;
class Processor;
class Queue;

/// The enabled events of a filter or pin.
struct EventList {
  EventList() { InitializeListHead(&head); }
  EventList(const EventList&) = delete;
  EventList& operator=(const EventList&) = delete;
  LIST_ENTRY head;  // KSEVENT_ENTRY.ListEntry
  KSPIN_LOCK lock = 0;
};

/// Oldest first.
struct Bag {
  std::list<PVOID> items;
};

/// A KMUTEX that knows its owner (R-KMX-1).
class Mutex {
 public:
  Mutex() { KeInitializeMutex(&mutex_, 0); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void acquire() {
    KeWaitForSingleObject(&mutex_, Executive, KernelMode, FALSE, nullptr);
    owner_ = KeGetCurrentThread();
    ++depth_;
  }
  void release() {
    if (--depth_ == 0) owner_ = nullptr;
    KeReleaseMutex(&mutex_, FALSE);
  }
  bool mine() const { return owner_ != nullptr && owner_ == KeGetCurrentThread(); }

 private:
  KMUTEX mutex_;
  PKTHREAD owner_ = nullptr;
  unsigned depth_ = 0;
};

/// A mutex for a scope. IRQL PASSIVE_LEVEL.
class Hold {
 public:
  explicit Hold(Mutex& mutex) : mutex_(mutex) { mutex_.acquire(); }
  ~Hold() { mutex_.release(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Mutex& mutex_;
};

/// A spin lock for a scope. IRQL <= DISPATCH_LEVEL.
class SpinGuard {
 public:
  explicit SpinGuard(KSPIN_LOCK& lock) : lock_(lock) { KeAcquireSpinLock(&lock_, &irql_); }
  ~SpinGuard() { KeReleaseSpinLock(&lock_, irql_); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  KSPIN_LOCK& lock_;
  KIRQL irql_ = 0;
};

struct Device {
  KSDEVICE pub;  // first
  std::uint64_t id;
  Mutex mutex;
  Bag bag;
  std::list<std::unique_ptr<Factory>> factories;
  bool removed = false;
  bool asleep = false;  // without power, or about to lose it: no dispatch begins
  // Between START and the end of PostStart, which runs in a worker thread.
  bool post_starting = false;
  bool post_start_failed = false;
  KEVENT post_started;
  WORK_QUEUE_ITEM post_start_item;
  std::list<PIRP> held_creates;
  BUS_INTERFACE_STANDARD bus{};  // Size 0: the bus has none
  PDMA_ADAPTER adapter = nullptr;
  ULONG max_mapping_bytes = 0;
  ULONG mapping_stride = sizeof(KSMAPPING);
};

/// What a create may name.
struct CreateItem {
  std::u16string reference;
  ULONG flags;  // KSCREATE_ITEM_*
};

struct Factory {
  KSFILTERFACTORY pub;
  Device* device;
  Bag bag;
  std::vector<CreateItem> items;  // the first one names the device interfaces
  std::vector<UNICODE_STRING> links;
  bool enabled = false;  // the interfaces
  std::list<Filter*> filters;
  PFNKSFILTERFACTORYPOWER sleep = nullptr, wake = nullptr;
};

struct Filter {
  KSFILTER pub;
  std::uint64_t id;
  Factory* factory;
  PFILE_OBJECT file;
  Mutex control;
  Bag bag;
  EventList events;
  std::list<Pin*> pins;
  KSGATE gate{1, nullptr};                          // an AND gate without inputs: open
  std::shared_ptr<Processor> processor;             // of a filter-centric filter
  std::unique_ptr<KSFILTER_DESCRIPTOR> descriptor;  // its own, once something was added to it
  std::list<std::vector<UCHAR>> tables;             // of that descriptor
  PFNKSFILTERPOWER sleep = nullptr, wake = nullptr;
};

/// Calls `work` for each filter with its control mutex. The device mutex is held.
template <class Work>
void for_each_filter(Device& device, const Work& work) {
  for (const auto& factory : device.factories) {
    for (Filter* filter : factory->filters) {
      Hold held(filter->control);
      work(*filter);
    }
  }
}

/// Ends of an output stream of which the minidriver has to be told in a worker thread. Guarded by the queue's lock.
struct StreamEnds {
  WORK_QUEUE_ITEM item{};
  bool queued = false;  // the item, or its routine has not looked for the last time
  unsigned untold = 0;  // of the stream that is open: a stop forgets them
};

struct Pin {
  KSPIN pub;
  std::uint64_t id;
  Filter* filter;
  PFILE_OBJECT file;
  Bag bag;
  EventList events;
  std::unique_ptr<Queue> queue;  // open from ACQUIRE to STOP
  StreamEnds ends;
  std::shared_ptr<Processor> processor;  // its own, or its filter's
  KSGATE gate{1, nullptr};
  PKSGATE attached_gate = nullptr;  // has an input that is on while the leading edge has a frame
  bool attached_to_and = false;
  std::unique_ptr<Circuit> circuit;  // of a pin that is connected to another: this one sends the requests
  bool told_sink = false;            // the other pin's Connect has been called
  Pin* copy_source = nullptr;        // of a further instance of a splitter: its frames are copies of this one's
  Pin* connected_source = nullptr;   // of a pin that an AVStream pin is connected to: that one (pipe.cpp)
  KSSTATE wanted = KSSTATE_STOP;     // by its client; its pipe may not be there yet (R-ST-6)
  PFNKSPINIRPCOMPLETION irp_completion = nullptr;
  PFNKSPINFRAMERETURN frame_return = nullptr;
  PFNKSPINHANDSHAKE handshake = nullptr;
  PFNKSPINPOWER sleep = nullptr, wake = nullptr;
  // While the device sleeps: the state the client wants when it is back (R-PWR-2).
  std::optional<KSSTATE> after_power;
  // Its clock: stream time is `clock_base`, plus what has passed since `clock_started` while running (100 ns).
  std::list<Clock*> clocks;
  bool clock_running = false;
  LONGLONG clock_base = 0;
  LONGLONG clock_started = 0;
  PFILE_OBJECT master_clock = nullptr;
  KSCLOCK_FUNCTIONTABLE master_functions{};
};

/// What FILE_OBJECT.FsContext points to.
enum class ObjectKind : std::uint8_t { kDevice, kFactory, kFilter, kPin, kClock };
void register_object(void* object, ObjectKind kind);
void unregister_object(void* object);
/// False if `object` is none of ours.
bool object_kind(const void* object, ObjectKind* kind);
/// All of a kind, in no order.
std::vector<const void*> objects_of(ObjectKind kind);
Device* device_of(void* object);

Filter* filter_of_file(PFILE_OBJECT file);
Pin* pin_of_file(PFILE_OBJECT file);

/// Calls every item's free callback, newest first (R-BAG-3).
void empty_bag(Bag& bag);

/// A rule of AVStream that only Driver Verifier checks: with it on, bug check 0xC4 stops the machine, else the caller
/// goes on as well as it can. What cannot go on stops with ntos::bug_check in any case.
void violation(std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4, std::string_view rule,
               std::string_view message);
/// A violation of rule KsIrqlDDIs above PASSIVE_LEVEL.
void require_passive(const char* routine);

inline NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}
const KSPIN_DESCRIPTOR_EX* pin_descriptor(const Filter& filter, ULONG id);
/// Takes the lower driver's answer to a PnP or power request and completes it with that.
NTSTATUS forward(Device& device, PIRP irp);
/// Sends the request down and waits; the IRP is ours again afterwards (R-IRP-75).
NTSTATUS forward_and_wait(Device& device, PIRP irp);
std::uint64_t next_id();

}  // namespace p2p::ks
