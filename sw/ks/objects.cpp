// The tree device > factory > filter > pin, and what drivers ask about it.
#include "sw/ks/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
std::map<const void*, ObjectKind> g_kinds;
std::uint64_t g_next_id = 1;
}  // namespace

std::uint64_t next_id() { return g_next_id++; }
void register_object(void* object, ObjectKind kind) { g_kinds[object] = kind; }
void unregister_object(void* object) { g_kinds.erase(object); }
bool object_kind(const void* object, ObjectKind* kind) {
  auto found = g_kinds.find(object);
  if (found == g_kinds.end()) return false;
  *kind = found->second;
  return true;
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

extern "C" {

PKSDEVICE NTAPI KsGetDevice(PVOID Object) { return &device_of(Object)->pub; }

PVOID NTAPI KsGetParent(PVOID Object) {
  ObjectKind kind;
  if (!object_kind(Object, &kind)) return nullptr;
  switch (kind) {
    case ObjectKind::kDevice:
      return nullptr;
    case ObjectKind::kFactory:
      return static_cast<Factory*>(Object)->device;
    case ObjectKind::kFilter:
      return static_cast<Filter*>(Object)->factory;
    default:
      return static_cast<Pin*>(Object)->filter;
  }
}

PKSFILTER NTAPI KsPinGetParentFilter(PKSPIN Pin) { return &reinterpret_cast<ks::Pin*>(Pin)->filter->pub; }

PKSFILTER NTAPI KsGetFilterFromIrp(PIRP Irp) {
  Filter* filter = filter_of_file(IoGetCurrentIrpStackLocation(Irp)->FileObject);
  return filter != nullptr ? &filter->pub : nullptr;
}

PKSPIN NTAPI KsGetPinFromIrp(PIRP Irp) {
  ks::Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(Irp)->FileObject);
  return pin != nullptr ? &pin->pub : nullptr;
}

void NTAPI KsAcquireDevice(PKSDEVICE Device) {
  KeWaitForSingleObject(&reinterpret_cast<ks::Device*>(Device)->mutex, Executive, KernelMode, FALSE, nullptr);
}

void NTAPI KsReleaseDevice(PKSDEVICE Device) { KeReleaseMutex(&reinterpret_cast<ks::Device*>(Device)->mutex, FALSE); }

void NTAPI KsAcquireControl(PVOID Object) {
  ObjectKind kind;
  object_kind(Object, &kind);
  Filter* filter = kind == ObjectKind::kPin ? static_cast<ks::Pin*>(Object)->filter : static_cast<Filter*>(Object);
  KeWaitForSingleObject(&filter->control, Executive, KernelMode, FALSE, nullptr);
}

void NTAPI KsReleaseControl(PVOID Object) {
  ObjectKind kind;
  object_kind(Object, &kind);
  Filter* filter = kind == ObjectKind::kPin ? static_cast<ks::Pin*>(Object)->filter : static_cast<Filter*>(Object);
  KeReleaseMutex(&filter->control, FALSE);
}

void NTAPI KsDeviceRegisterAdapterObject(PKSDEVICE Device, PADAPTER_OBJECT AdapterObject, ULONG MaxMappingsByteCount,
                                         ULONG MappingTableStride) {
  auto* device = reinterpret_cast<ks::Device*>(Device);
  device->adapter = reinterpret_cast<PDMA_ADAPTER>(AdapterObject);
  device->max_mapping_bytes = MaxMappingsByteCount;
  device->mapping_stride = MappingTableStride;
}

// R-CIR-3: registers only; R-CIR-5: on an IRP sink pin it never fires.
void NTAPI KsPinRegisterIrpCompletionCallback(PKSPIN Pin, PFNKSPINIRPCOMPLETION IrpCompletion) {
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  if (KeGetCurrentIrql() != PASSIVE_LEVEL || pin->pub.ClientState >= KSSTATE_ACQUIRE) {
    ntos::bug_check(0xC4, 0x81009, KeGetCurrentIrql(), static_cast<std::uint64_t>(pin->pub.ClientState), 0,
                    "KsIrqlDDIs",
                    "KsPinRegisterIrpCompletionCallback must be called at PASSIVE_LEVEL before KSSTATE_ACQUIRE");
  }
  pin->irp_completion = IrpCompletion;
}

NTSTATUS NTAPI KsPinGetReferenceClockInterface(PKSPIN Pin, struct IKsReferenceClock** Interface) {
  UNREFERENCED_PARAMETER(Pin);
  *Interface = nullptr;
  return STATUS_DEVICE_NOT_READY;  // R-CLK-2: no clock was assigned
}

}  // extern "C"
