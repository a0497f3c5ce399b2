// AVStream's objects: each begins with the structure minidrivers know. Needs sw/ks/ddk.h before it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace p2p::ks {

struct Device;
struct Factory;
struct Filter;
struct Pin;
class Queue;

/// Items with the callback that frees them; nullptr stands for ExFreePool.
struct BagItem {
  PVOID item;
  PFNKSFREE free;
};
struct Bag {
  std::list<BagItem> items;
};

struct Device {
  KSDEVICE pub;  // first
  std::uint64_t id;
  KMUTEX mutex;
  Bag bag;
  std::list<std::unique_ptr<Factory>> factories;
  bool removed = false;
  bool in_start = false;
  PDMA_ADAPTER adapter = nullptr;
  ULONG max_mapping_bytes = 0;
  ULONG mapping_stride = sizeof(KSMAPPING);
};

struct Factory {
  KSFILTERFACTORY pub;
  Device* device;
  Bag bag;
  std::u16string reference;  // what a create names: the reference string
  std::vector<UNICODE_STRING> links;
  std::list<Filter*> filters;
};

struct Filter {
  KSFILTER pub;
  std::uint64_t id;
  Factory* factory;
  KMUTEX control;
  Bag bag;
  std::list<Pin*> pins;
};

struct Pin {
  KSPIN pub;
  std::uint64_t id;
  Filter* filter;
  PFILE_OBJECT file;
  Bag bag;
  std::unique_ptr<Queue> queue;  // from ACQUIRE to STOP
  KMUTEX processing;
  bool is_processing = false;
  bool process_again = false;
  PFNKSPINIRPCOMPLETION irp_completion = nullptr;
};

/// What FILE_OBJECT.FsContext points to.
enum class ObjectKind : std::uint8_t { kDevice, kFactory, kFilter, kPin };
void register_object(void* object, ObjectKind kind);
void unregister_object(void* object);
/// False if `object` is none of ours.
bool object_kind(const void* object, ObjectKind* kind);
Device* device_of(void* object);

Filter* filter_of_file(PFILE_OBJECT file);
Pin* pin_of_file(PFILE_OBJECT file);

/// Calls every item's free callback, newest first (R-BAG-3).
void empty_bag(Bag& bag);

/// Mutexes for a scope. IRQL PASSIVE_LEVEL.
class Hold {
 public:
  explicit Hold(KMUTEX& mutex) : mutex_(mutex) {
    KeWaitForSingleObject(&mutex_, Executive, KernelMode, FALSE, nullptr);
  }
  ~Hold() { KeReleaseMutex(&mutex_, FALSE); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  KMUTEX& mutex_;
};

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
