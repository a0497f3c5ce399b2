#include "sw/ks/ddk.h"

#include "sw/ks/fast_io.h"

#include <cstring>

#include "sw/ks/automation.h"

namespace p2p::ks {

namespace {
/// The fast handler of `type` (GET, SET) for the property, or nullptr.
PFNKSFASTHANDLER find_property(ULONG count, const KSPROPERTY_SET* sets, const KSIDENTIFIER& request, ULONG type) {
  for (ULONG i = 0; i < count; ++i) {
    if (!same(*sets[i].Set, request.Set)) continue;
    for (ULONG j = 0; j < sets[i].FastIoCount; ++j) {
      const KSFASTPROPERTY_ITEM& item = sets[i].FastIoTable[j];
      if (item.PropertyId != request.Id) continue;
      return type == KSPROPERTY_TYPE_GET ? item.GetPropertyHandler : item.SetPropertyHandler;
    }
  }
  return nullptr;
}

PFNKSFASTHANDLER find_method(ULONG count, const KSMETHOD_SET* sets, const KSIDENTIFIER& request) {
  for (ULONG i = 0; i < count; ++i) {
    if (!same(*sets[i].Set, request.Set)) continue;
    for (ULONG j = 0; j < sets[i].FastIoCount; ++j) {
      if (sets[i].FastIoTable[j].MethodId == request.Id) return sets[i].FastIoTable[j].MethodHandler;
    }
  }
  return nullptr;
}

/// The table of the file's filter, pin or node; nullptr: none, or the request names none.
const KSAUTOMATION_TABLE* automation_of(PFILE_OBJECT file, PVOID in, ULONG in_bytes) {
  const Filter* filter = filter_of_file(file);
  if (filter == nullptr || filter->factory->device->removed || in_bytes < sizeof(KSIDENTIFIER)) return nullptr;
  Control control;
  control.request = static_cast<PKSIDENTIFIER>(in);
  control.in_bytes = in_bytes;
  Target target{};
  return target_of(*filter, pin_of_file(file), control, &target) ? target.automation : nullptr;
}
}  // namespace

BOOLEAN NTAPI fast_device_control(PFILE_OBJECT file, BOOLEAN wait, PVOID in, ULONG in_bytes, PVOID out, ULONG out_bytes,
                                  ULONG code, PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
  UNREFERENCED_PARAMETER(wait);
  UNREFERENCED_PARAMETER(device);
  if (code != IOCTL_KS_PROPERTY && code != IOCTL_KS_METHOD) return FALSE;
  const KSAUTOMATION_TABLE* table = automation_of(file, in, in_bytes);
  if (table == nullptr) return FALSE;
  return code == IOCTL_KS_PROPERTY ? KsFastPropertyHandler(file, static_cast<PKSPROPERTY>(in), in_bytes, out, out_bytes,
                                                           iosb, table->PropertySetsCount, table->PropertySets)
                                   : KsFastMethodHandler(file, static_cast<PKSMETHOD>(in), in_bytes, out, out_bytes,
                                                         iosb, table->MethodSetsCount, table->MethodSets);
}

PFAST_IO_DISPATCH fast_io_dispatch() {
  static FAST_IO_DISPATCH table = [] {
    FAST_IO_DISPATCH entries{};
    entries.SizeOfFastIoDispatch = sizeof entries;
    entries.FastIoDeviceControl = fast_device_control;
    return entries;
  }();
  return &table;
}

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

// R-PROP-6: FALSE, also for questions about support, sends the request on as an IRP. PASSIVE_LEVEL.
BOOLEAN NTAPI KsFastPropertyHandler(PFILE_OBJECT FileObject, PKSPROPERTY Property, ULONG PropertyLength, PVOID Data,
                                    ULONG DataLength, PIO_STATUS_BLOCK IoStatus, ULONG PropertySetsCount,
                                    const KSPROPERTY_SET* PropertySet) {
  if (PropertyLength < sizeof(KSPROPERTY)) return FALSE;
  KSPROPERTY request;
  std::memcpy(&request, Property, sizeof request);
  const ULONG type = request.Flags & ~static_cast<ULONG>(KSPROPERTY_TYPE_TOPOLOGY);
  if (type != KSPROPERTY_TYPE_GET && type != KSPROPERTY_TYPE_SET) return FALSE;
  const PFNKSFASTHANDLER handler = find_property(PropertySetsCount, PropertySet, request, type);
  return handler != nullptr && handler(FileObject, Property, PropertyLength, Data, DataLength, IoStatus);
}

// R-PROP-6, for methods.
BOOLEAN NTAPI KsFastMethodHandler(PFILE_OBJECT FileObject, PKSMETHOD Method, ULONG MethodLength, PVOID Data,
                                  ULONG DataLength, PIO_STATUS_BLOCK IoStatus, ULONG MethodSetsCount,
                                  const KSMETHOD_SET* MethodSet) {
  if (MethodLength < sizeof(KSMETHOD)) return FALSE;
  KSMETHOD request;
  std::memcpy(&request, Method, sizeof request);
  if ((request.Flags & (KSMETHOD_TYPE_SETSUPPORT | KSMETHOD_TYPE_BASICSUPPORT)) != 0) return FALSE;
  const PFNKSFASTHANDLER handler = find_method(MethodSetsCount, MethodSet, request);
  return handler != nullptr && handler(FileObject, Method, MethodLength, Data, DataLength, IoStatus);
}

}  // extern "C"
