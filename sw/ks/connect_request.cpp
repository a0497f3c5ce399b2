#include "sw/ks/ddk.h"

#include "sw/ks/connect_request.h"

#include <cstring>

#include "sw/ks/automation.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
constexpr ULONG kConnectTag = 0x6E63734B;

/// Is the identifier listed? A pin that lists none has the standard one (R-KS-6).
bool listed(const KSIDENTIFIER& wanted, const KSIDENTIFIER* list, ULONG count, const GUID& set, ULONG id) {
  if (count == 0) return same(wanted.Set, set) && wanted.Id == id;
  for (ULONG i = 0; i < count; ++i) {
    if (same(wanted.Set, list[i].Set) && wanted.Id == list[i].Id) return true;
  }
  return false;
}
}  // namespace

NTSTATUS parse_connect(const UNICODE_STRING& name, std::vector<UCHAR>* connect_and_format) {
  UNICODE_STRING guid{};
  const NTSTATUS status = RtlStringFromGUID(KSNAME_Pin, &guid);
  if (!NT_SUCCESS(status)) return status;
  const std::size_t prefix = guid.Length + sizeof(WCHAR);
  const bool matches = name.Length >= prefix && std::memcmp(name.Buffer, guid.Buffer, guid.Length) == 0;
  RtlFreeUnicodeString(&guid);
  if (!matches || name.Length < prefix + sizeof(KSPIN_CONNECT) + sizeof(KSDATAFORMAT)) {
    return STATUS_OBJECT_NAME_INVALID;
  }
  const auto* bytes = reinterpret_cast<const UCHAR*>(name.Buffer) + prefix;
  connect_and_format->assign(bytes, bytes + (name.Length - prefix));
  ClientFormat format;
  return parse_connect_format(*connect_and_format, &format);
}

NTSTATUS parse_connect_format(const std::vector<UCHAR>& connect_and_format, ClientFormat* format) {
  return parse_format(connect_and_format.data() + sizeof(KSPIN_CONNECT),
                      connect_and_format.size() - sizeof(KSPIN_CONNECT), format);
}

NTSTATUS check_connect(const KSPIN_CONNECT& connect, const KSPIN_DESCRIPTOR& pin) {
  // R-KS-8, R-CRE-2: without a pin to connect to, this one takes the requests; with one, it sends them.
  const KSPIN_COMMUNICATION wanted =
      connect.PinToHandle == nullptr ? KSPIN_COMMUNICATION_SINK : KSPIN_COMMUNICATION_SOURCE;
  if (pin.Communication != wanted && pin.Communication != KSPIN_COMMUNICATION_BOTH) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  const bool interface_found = listed(connect.Interface, pin.Interfaces, pin.InterfacesCount, KSINTERFACESETID_Standard,
                                      KSINTERFACE_STANDARD_STREAMING);
  const bool medium_found =
      listed(connect.Medium, pin.Mediums, pin.MediumsCount, KSMEDIUMSETID_Standard, KSMEDIUM_STANDARD_DEVIO);
  return interface_found && medium_found ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

// R-CRE-3. PASSIVE_LEVEL. The copy belongs to the IRP. STATUS_INVALID_PARAMETER (PinId), STATUS_NO_MATCH and others as
// above.
NTSTATUS NTAPI KsValidateConnectRequest(PIRP Irp, ULONG DescriptorsCount, const KSPIN_DESCRIPTOR* Descriptor,
                                        PKSPIN_CONNECT* Connect) {
  require_passive("KsValidateConnectRequest");
  std::vector<UCHAR> request;
  NTSTATUS status = parse_connect(IoGetCurrentIrpStackLocation(Irp)->FileObject->FileName, &request);
  if (!NT_SUCCESS(status)) return status;
  KSPIN_CONNECT connect;
  std::memcpy(&connect, request.data(), sizeof connect);
  if (connect.PinId >= DescriptorsCount) return STATUS_INVALID_PARAMETER;
  const KSPIN_DESCRIPTOR& pin = Descriptor[connect.PinId];
  status = check_connect(connect, pin);
  if (!NT_SUCCESS(status)) return status;
  ClientFormat format;
  parse_connect_format(request, &format);  // parse_connect() has seen that it is whole
  if (!format_in_ranges(format, pin)) return STATUS_NO_MATCH;
  if ((Irp->Flags & IRP_DEALLOCATE_BUFFER) == 0) {  // a second call finds the first one's copy
    auto* copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, request.size(), kConnectTag);
    if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    std::memcpy(copy, request.data(), request.size());
    Irp->AssociatedIrp.SystemBuffer = copy;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  }
  *Connect = static_cast<PKSPIN_CONNECT>(Irp->AssociatedIrp.SystemBuffer);
  return STATUS_SUCCESS;
}

}  // extern "C"
