// The tree device > factory > filter > pin, and what drivers ask about it.
#include "sw/ks/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ks/clock.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"
#include "sw/ks/unknown.h"

namespace p2p::ks {

namespace {
std::map<const void*, ObjectKind> g_kinds;
std::uint64_t g_next_id = 1;
}  // namespace

void violation(std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4, std::string_view rule,
               std::string_view message) {
  if (ntos::verifier_enabled()) ntos::bug_check(0xC4, p1, p2, p3, p4, rule, message);
}

std::uint64_t next_id() { return g_next_id++; }
void register_object(void* object, ObjectKind kind) { g_kinds[object] = kind; }
void unregister_object(void* object) {
  forget_unknown(object);
  g_kinds.erase(object);
}
bool object_kind(const void* object, ObjectKind* kind) {
  auto found = g_kinds.find(object);
  if (found == g_kinds.end()) return false;
  *kind = found->second;
  return true;
}

std::vector<const void*> objects_of(ObjectKind kind) {
  std::vector<const void*> found;
  for (const auto& [object, its_kind] : g_kinds)
    if (its_kind == kind) found.push_back(object);
  return found;
}

Device* device_of(void* object) {
  ObjectKind kind;
  if (!object_kind(object, &kind)) {
    ntos::bug_check(0xC4, 0x8100C, reinterpret_cast<std::uintptr_t>(object), 0, 0, "KsGetDevice",
                    "an AVStream routine was given something that is no AVStream object");
  }
  switch (kind) {
    case ObjectKind::kDevice:
      return static_cast<Device*>(object);
    case ObjectKind::kFactory:
      return static_cast<Factory*>(object)->device;
    case ObjectKind::kFilter:
      return static_cast<Filter*>(object)->factory->device;
    case ObjectKind::kClock:
      return static_cast<Clock*>(object)->pin->filter->factory->device;
    default:
      return static_cast<Pin*>(object)->filter->factory->device;
  }
}

Filter* filter_of_file(PFILE_OBJECT file) {
  ObjectKind kind;
  if (file == nullptr || file->FsContext == nullptr || !object_kind(file->FsContext, &kind)) return nullptr;
  if (kind == ObjectKind::kPin) return static_cast<Pin*>(file->FsContext)->filter;
  return kind == ObjectKind::kFilter ? static_cast<Filter*>(file->FsContext) : nullptr;
}

Pin* pin_of_file(PFILE_OBJECT file) {
  ObjectKind kind;
  if (file == nullptr || file->FsContext == nullptr || !object_kind(file->FsContext, &kind)) return nullptr;
  return kind == ObjectKind::kPin ? static_cast<Pin*>(file->FsContext) : nullptr;
}

const KSPIN_DESCRIPTOR_EX* pin_descriptor(const Filter& filter, ULONG id) {
  const KSFILTER_DESCRIPTOR* descriptor = filter.pub.Descriptor;
  if (id >= descriptor->PinDescriptorsCount) return nullptr;
  // R-KS-4: the stride may be larger than the structure.
  return reinterpret_cast<const KSPIN_DESCRIPTOR_EX*>(reinterpret_cast<const char*>(descriptor->PinDescriptors) +
                                                      std::size_t{id} * descriptor->PinDescriptorSize);
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

namespace {
ObjectKind kind_of(const void* object, const char* routine) {
  ObjectKind kind;
  if (!object_kind(object, &kind)) {
    ntos::bug_check(0xC4, 0x8100C, reinterpret_cast<std::uintptr_t>(object), 0, 0, routine,
                    std::string(routine) + " was given something that is no AVStream object");
  }
  return kind;
}

Filter& filter_of(PVOID object, const char* routine) {
  return kind_of(object, routine) == ObjectKind::kPin ? *static_cast<ks::Pin*>(object)->filter
                                                      : *static_cast<Filter*>(object);
}

/// The one after `object`, or nullptr.
template <class List, class Match>
auto after(const List& list, const void* object, Match matches) -> decltype(&*list.front()) {
  bool found = false;
  for (const auto& entry : list) {
    if (found && matches(*entry)) return &*entry;
    found = found || static_cast<const void*>(&*entry) == object;
  }
  return nullptr;
}
constexpr auto kAny = [](const auto&) { return true; };
}  // namespace

extern "C" {

PKSDEVICE NTAPI KsGetDevice(PVOID Object) { return &device_of(Object)->pub; }

PKSDEVICE NTAPI KsGetDeviceForDeviceObject(PDEVICE_OBJECT FunctionalDeviceObject) {
  return &(*static_cast<ks::Device**>(FunctionalDeviceObject->DeviceExtension))->pub;
}

// R-KS-1.
PVOID NTAPI KsGetParent(PVOID Object) {
  switch (kind_of(Object, "KsGetParent")) {
    case ObjectKind::kDevice:
      return nullptr;
    case ObjectKind::kFactory:
      return static_cast<Factory*>(Object)->device;
    case ObjectKind::kFilter:
      return static_cast<Filter*>(Object)->factory;
    default:
      return static_cast<ks::Pin*>(Object)->filter;
  }
}

PVOID NTAPI KsGetFirstChild(PVOID Object) {
  switch (kind_of(Object, "KsGetFirstChild")) {
    case ObjectKind::kDevice: {
      auto& list = static_cast<ks::Device*>(Object)->factories;
      return list.empty() ? nullptr : list.front().get();
    }
    case ObjectKind::kFactory: {
      auto& list = static_cast<Factory*>(Object)->filters;
      return list.empty() ? nullptr : list.front();
    }
    case ObjectKind::kFilter: {
      auto& list = static_cast<Filter*>(Object)->pins;
      return list.empty() ? nullptr : list.front();
    }
    default:
      return nullptr;
  }
}

PVOID NTAPI KsGetNextSibling(PVOID Object) {
  switch (kind_of(Object, "KsGetNextSibling")) {
    case ObjectKind::kFactory:
      return after(static_cast<Factory*>(Object)->device->factories, Object, kAny);
    case ObjectKind::kFilter:
      return after(static_cast<Filter*>(Object)->factory->filters, Object, kAny);
    case ObjectKind::kPin:
      return after(static_cast<ks::Pin*>(Object)->filter->pins, Object, kAny);
    default:
      return nullptr;
  }
}

ULONG NTAPI KsFilterGetChildPinCount(PKSFILTER Object, ULONG PinId) {
  ULONG count = 0;
  for (const ks::Pin* pin : reinterpret_cast<Filter*>(Object)->pins) count += pin->pub.Id == PinId ? 1u : 0u;
  return count;
}

PKSPIN NTAPI KsFilterGetFirstChildPin(PKSFILTER Object, ULONG PinId) {
  for (ks::Pin* pin : reinterpret_cast<Filter*>(Object)->pins) {
    if (pin->pub.Id == PinId) return &pin->pub;
  }
  return nullptr;
}

/// Of the same type.
PKSPIN NTAPI KsPinGetNextSiblingPin(PKSPIN Object) {
  auto* pin = reinterpret_cast<ks::Pin*>(Object);
  ks::Pin* next =
      after(pin->filter->pins, pin, [pin](const ks::Pin& candidate) { return candidate.pub.Id == pin->pub.Id; });
  return next != nullptr ? &next->pub : nullptr;
}

PKSFILTER NTAPI KsPinGetParentFilter(PKSPIN Object) { return &reinterpret_cast<ks::Pin*>(Object)->filter->pub; }

PVOID NTAPI KsGetObjectFromFileObject(PFILE_OBJECT FileObject) {
  ObjectKind kind;
  return object_kind(FileObject->FsContext, &kind) ? FileObject->FsContext : nullptr;
}

KSOBJECTTYPE NTAPI KsGetObjectTypeFromFileObject(PFILE_OBJECT FileObject) {
  return kind_of(FileObject->FsContext, "KsGetObjectTypeFromFileObject") == ObjectKind::kPin ? KsObjectTypePin
                                                                                             : KsObjectTypeFilter;
}

KSOBJECTTYPE NTAPI KsGetObjectTypeFromIrp(PIRP Irp) {
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  if (file == nullptr || file->FsContext == nullptr) return KsObjectTypeDevice;
  return KsGetObjectTypeFromFileObject(file);
}

PKSFILTER NTAPI KsGetFilterFromIrp(PIRP Irp) {
  Filter* filter = filter_of_file(IoGetCurrentIrpStackLocation(Irp)->FileObject);
  return filter != nullptr ? &filter->pub : nullptr;
}

PKSPIN NTAPI KsGetPinFromIrp(PIRP Irp) {
  ks::Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(Irp)->FileObject);
  return pin != nullptr ? &pin->pub : nullptr;
}

/// Re-entrant for its owner: drivers acquire it within START, where AVStream holds it.
void NTAPI KsAcquireDevice(PKSDEVICE Device) { reinterpret_cast<ks::Device*>(Device)->mutex.acquire(); }

void NTAPI KsReleaseDevice(PKSDEVICE Device) {
  Mutex& mutex = reinterpret_cast<ks::Device*>(Device)->mutex;
  if (!mutex.mine()) {
    violation(0x81001, 0, 0, 0, "KsDeviceMutex", "KsReleaseDevice in a thread that does not hold the device mutex");
    return;
  }
  mutex.release();
}

void NTAPI KsAcquireControl(PVOID Object) {
  Filter& filter = filter_of(Object, "KsAcquireControl");
  if (filter.control.mine()) {
    violation(0x8100A, 0, 0, 0, "KsFilterMutex", "the filter control mutex was acquired recursively");
  }
  for (const ks::Pin* pin : filter.pins) {
    if (!pin->processor->mine()) continue;
    violation(0x8100B, 2, 0, 0, "KsProcessingMutex",
              "the filter control mutex was acquired while the processing mutex was held");
  }
  filter.control.acquire();
}

void NTAPI KsReleaseControl(PVOID Object) {
  Filter& filter = filter_of(Object, "KsReleaseControl");
  if (!filter.control.mine()) {
    violation(0x8100A, 1, 0, 0, "KsFilterMutex",
              "the filter control mutex was released by a thread that does not hold it");
    return;
  }
  filter.control.release();
}

void NTAPI KsDeviceRegisterAdapterObject(PKSDEVICE Device, PADAPTER_OBJECT AdapterObject, ULONG MaxMappingsByteCount,
                                         ULONG MappingTableStride) {
  auto* device = reinterpret_cast<ks::Device*>(Device);
  device->adapter = reinterpret_cast<PDMA_ADAPTER>(AdapterObject);
  device->max_mapping_bytes = MaxMappingsByteCount;
  device->mapping_stride = MappingTableStride;
}

}  // extern "C"
