// Opening and closing filters and pins.
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
constexpr ULONG kFormatTag = 0x6D46734B;

bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

void trace(const char* event, std::initializer_list<TraceField> fields) { trace_sink().event("ks", event, fields); }
std::uint64_t code(NTSTATUS status) { return static_cast<std::uint64_t>(static_cast<ULONG>(status)); }

/// KSPIN_CONNECT and the KSDATAFORMAT behind it, out of the name (R-CRE-2). False if the name holds no such thing.
bool parse_name(const UNICODE_STRING& name, std::vector<UCHAR>* connect_and_format) {
  UNICODE_STRING guid{};
  if (!NT_SUCCESS(RtlStringFromGUID(KSNAME_Pin, &guid))) return false;
  const std::size_t prefix = guid.Length + sizeof(WCHAR);
  const bool matches = name.Length >= prefix && std::memcmp(name.Buffer, guid.Buffer, guid.Length) == 0;
  RtlFreeUnicodeString(&guid);
  if (!matches || name.Length < prefix + sizeof(KSPIN_CONNECT) + sizeof(KSDATAFORMAT)) return false;
  const auto* bytes = reinterpret_cast<const UCHAR*>(name.Buffer) + prefix;
  connect_and_format->assign(bytes, bytes + (name.Length - prefix));
  return true;
}

NTSTATUS check_connect(const KSPIN_CONNECT& connect, const KSPIN_DESCRIPTOR_EX& descriptor, const Filter& filter) {
  ULONG instances = 0;
  for (const Pin* pin : filter.pins) instances += pin->pub.Id == connect.PinId ? 1u : 0u;
  if (descriptor.InstancesPossible != KSINSTANCE_INDETERMINATE && instances >= descriptor.InstancesPossible) {
    return STATUS_DEVICE_BUSY;  // R-KS-7
  }
  if (connect.PinToHandle != nullptr) return STATUS_NOT_IMPLEMENTED;  // kernel-to-kernel connections
  if (descriptor.PinDescriptor.Communication != KSPIN_COMMUNICATION_SINK &&
      descriptor.PinDescriptor.Communication != KSPIN_COMMUNICATION_BOTH) {
    return STATUS_INVALID_DEVICE_REQUEST;  // R-KS-8: user mode talks to IRP sinks
  }
  const KSPIN_DESCRIPTOR& pin = descriptor.PinDescriptor;
  bool interface_found = pin.InterfacesCount == 0 && same(connect.Interface.Set, KSINTERFACESETID_Standard) &&
                         connect.Interface.Id == KSINTERFACE_STANDARD_STREAMING;  // R-KS-6
  for (ULONG i = 0; i < pin.InterfacesCount; ++i) {
    interface_found = interface_found || (same(connect.Interface.Set, pin.Interfaces[i].Set) &&
                                          connect.Interface.Id == pin.Interfaces[i].Id);
  }
  bool medium_found = pin.MediumsCount == 0 && same(connect.Medium.Set, KSMEDIUMSETID_Standard) &&
                      connect.Medium.Id == KSMEDIUM_STANDARD_DEVIO;
  for (ULONG i = 0; i < pin.MediumsCount; ++i) {
    medium_found =
        medium_found || (same(connect.Medium.Set, pin.Mediums[i].Set) && connect.Medium.Id == pin.Mediums[i].Id);
  }
  return interface_found && medium_found ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

/// R-CRE-4: every partially matching range in order; the minidriver has the last word.
NTSTATUS agree_format(Pin& pin) {
  const KSPIN_DESCRIPTOR_EX* descriptor = pin.pub.Descriptor;
  NTSTATUS status = STATUS_NO_MATCH;
  for (ULONG i = 0; i < descriptor->PinDescriptor.DataRangesCount && status == STATUS_NO_MATCH; ++i) {
    const KSDATARANGE* range = descriptor->PinDescriptor.DataRanges[i];
    if (!format_in_range(pin.pub.ConnectionFormat, range)) continue;
    status = STATUS_SUCCESS;
    if (descriptor->Dispatch != nullptr && descriptor->Dispatch->SetDataFormat != nullptr) {
      status = descriptor->Dispatch->SetDataFormat(&pin.pub, nullptr, nullptr, range, nullptr);
      if (status == STATUS_PENDING) {
        ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn", "SetDataFormat returned STATUS_PENDING");
      }
    }
    trace("format.try", {{"pin", pin.id}, {"range", i}, {"status", code(status)}});
  }
  return status;
}

void destroy_pin(Pin* pin) {
  pin->filter->pins.remove(pin);
  empty_bag(pin->bag);
  ExFreePoolWithTag(pin->pub.ConnectionFormat, kFormatTag);
  unregister_object(pin);
  delete pin;
}
}  // namespace

bool format_in_range(const KSDATAFORMAT* format, const KSDATARANGE* range) {
  if (same(range->MajorFormat, KSDATAFORMAT_TYPE_WILDCARD)) return true;
  if (!same(format->MajorFormat, range->MajorFormat)) return false;
  if (same(range->SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD)) return true;
  return same(format->SubFormat, range->SubFormat) && same(format->Specifier, range->Specifier);
}

NTSTATUS create_filter(Device& device, PIRP irp, PFILE_OBJECT file) {
  Hold device_held(device.mutex);
  std::u16string name(reinterpret_cast<const char16_t*>(file->FileName.Buffer), file->FileName.Length / sizeof(WCHAR));
  if (!name.empty() && name[0] == u'\\') name.erase(0, 1);
  Factory* factory = nullptr;
  for (auto& candidate : device.factories) {
    UNICODE_STRING a{}, b{};
    a.Buffer = reinterpret_cast<PWSTR>(name.data());
    a.Length = a.MaximumLength = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    b.Buffer = reinterpret_cast<PWSTR>(candidate->reference.data());
    b.Length = b.MaximumLength = static_cast<USHORT>(candidate->reference.size() * sizeof(WCHAR));
    if (RtlEqualUnicodeString(&a, &b, TRUE)) factory = candidate.get();
  }
  if (factory == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  auto* filter = new Filter{};
  filter->id = next_id();
  filter->factory = factory;
  filter->pub.Descriptor = factory->pub.FilterDescriptor;
  filter->pub.Bag = &filter->bag;
  filter->pub.Context = factory->pub.Context;
  KeInitializeMutex(&filter->control, 0);
  register_object(filter, ObjectKind::kFilter);
  file->FsContext = filter;
  factory->filters.push_back(filter);
  NTSTATUS status = STATUS_SUCCESS;
  {
    Hold held(filter->control);
    const KSFILTER_DISPATCH* dispatch = filter->pub.Descriptor->Dispatch;
    if (dispatch != nullptr && dispatch->Create != nullptr) status = dispatch->Create(&filter->pub, irp);
  }
  if (status == STATUS_PENDING) {
    ntos::bug_check(0xC4, 0x81008, 0, 0, 0, "KsMarkPendingIrp",
                    "filter Create dispatches that pend are not supported yet");
  }
  if (!NT_SUCCESS(status)) {
    factory->filters.remove(filter);
    empty_bag(filter->bag);
    unregister_object(filter);
    delete filter;
    file->FsContext = nullptr;
  }
  return status;
}

void close_filter(Filter& filter, PIRP irp) {
  Device& device = *filter.factory->device;
  Hold device_held(device.mutex);
  {
    Hold held(filter.control);
    const KSFILTER_DISPATCH* dispatch = filter.pub.Descriptor->Dispatch;
    if (dispatch != nullptr && dispatch->Close != nullptr) dispatch->Close(&filter.pub, irp);
  }
  filter.factory->filters.remove(&filter);
  empty_bag(filter.bag);
  unregister_object(&filter);
  delete &filter;
}

NTSTATUS create_pin(Filter& filter, PIRP irp, PFILE_OBJECT file) {
  std::vector<UCHAR> request;
  if (!parse_name(file->FileName, &request) || request.size() < sizeof(KSPIN_CONNECT) + sizeof(KSDATAFORMAT)) {
    return STATUS_OBJECT_NAME_INVALID;
  }
  KSPIN_CONNECT connect;
  std::memcpy(&connect, request.data(), sizeof connect);
  const std::size_t format_bytes = request.size() - sizeof connect;
  KSDATAFORMAT format;
  std::memcpy(&format, request.data() + sizeof connect, sizeof format);
  if (format.FormatSize < sizeof(KSDATAFORMAT) || format.FormatSize > format_bytes) return STATUS_INVALID_BUFFER_SIZE;
  Hold held(filter.control);
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, connect.PinId);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = check_connect(connect, *descriptor, filter);
  if (!NT_SUCCESS(status)) return status;

  void* copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, format.FormatSize, kFormatTag);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(copy, request.data() + sizeof connect, format.FormatSize);
  auto* pin = new Pin{};
  pin->id = next_id();
  pin->filter = &filter;
  pin->file = file;
  KeInitializeMutex(&pin->processing, 0);
  pin->pub.Descriptor = descriptor;
  pin->pub.Bag = &pin->bag;
  pin->pub.Context = filter.pub.Context;
  pin->pub.Id = connect.PinId;
  pin->pub.Communication = descriptor->PinDescriptor.Communication == KSPIN_COMMUNICATION_BOTH
                               ? KSPIN_COMMUNICATION_SINK
                               : descriptor->PinDescriptor.Communication;
  pin->pub.ConnectionIsExternal = TRUE;
  pin->pub.ConnectionInterface = connect.Interface;
  pin->pub.ConnectionMedium = connect.Medium;
  pin->pub.ConnectionPriority = connect.Priority;
  pin->pub.ConnectionFormat = static_cast<PKSDATAFORMAT>(copy);
  pin->pub.DataFlow = descriptor->PinDescriptor.DataFlow;
  pin->pub.ResetState = KSRESET_END;  // R-KS-9
  register_object(pin, ObjectKind::kPin);
  filter.pins.push_back(pin);
  file->FsContext = pin;

  status = agree_format(*pin);
  if (NT_SUCCESS(status) && descriptor->Dispatch != nullptr && descriptor->Dispatch->Create != nullptr) {
    status = descriptor->Dispatch->Create(&pin->pub, irp);  // R-CRE-5
    if (status == STATUS_PENDING) {
      ntos::bug_check(0xC4, 0x81008, 0, 0, 0, "KsMarkPendingIrp",
                      "pin Create dispatches that pend are not supported yet");
    }
  }
  trace("pin.create", {{"pin", pin->id}, {"status", code(status)}});
  if (!NT_SUCCESS(status)) {
    file->FsContext = nullptr;
    destroy_pin(pin);
  }
  return status;
}

void close_pin(Pin& pin, PIRP irp) {
  Filter& filter = *pin.filter;
  Hold held(filter.control);
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Close != nullptr) dispatch->Close(&pin.pub, irp);  // R-CRE-8
  trace("pin.close", {{"pin", pin.id}});
  destroy_pin(&pin);
}

}  // namespace p2p::ks
