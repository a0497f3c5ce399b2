#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {

namespace {
const GUID kCategory = SYNTH_CATEGORY;
const GUID kMajor = SYNTH_MAJOR;
const GUID kSubformat = SYNTH_SUBFORMAT;

std::u16string name_of(const GUID& guid) {
  UNICODE_STRING text{};
  RtlStringFromGUID(guid, &text);
  std::u16string name(reinterpret_cast<const char16_t*>(text.Buffer), text.Length / sizeof(WCHAR));
  RtlFreeUnicodeString(&text);
  return name;
}
}  // namespace

KSDATAFORMAT synth_format(ULONG bytes_a_frame) {
  KSDATAFORMAT format{};
  format.FormatSize = sizeof format;
  format.SampleSize = bytes_a_frame;
  format.MajorFormat = kMajor;
  format.SubFormat = kSubformat;
  format.Specifier = KSDATAFORMAT_SPECIFIER_NONE;
  return format;
}

Request::Request(std::vector<ULONG> sizes, ULONG extension, ULONG offset)
    : sizes_(std::move(sizes)), header_size_(sizeof(KSSTREAM_HEADER) + extension) {
  std::size_t bytes = (sizes_.size() * header_size_ + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
  const std::size_t first = bytes + offset;
  bytes = first;
  for (ULONG size : sizes_) bytes += size;
  memory_ = static_cast<UCHAR*>(nt::allocate_virtual_memory(bytes));
  UCHAR* at = memory_ + first;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    PKSSTREAM_HEADER one = header(i);
    one->Size = static_cast<ULONG>(header_size_);
    one->PresentationTime.Numerator = one->PresentationTime.Denominator = 1;
    one->FrameExtent = sizes_[i];
    one->Data = sizes_[i] != 0 ? at : nullptr;
    at += sizes_[i];
  }
  nt::create_event(&event, true, false);
  iosb.status = 0x5A5A5A5A;
  iosb.information = 0x5A5A;
}

Request::~Request() {
  nt::close(event);
  nt::free_virtual_memory(memory_);
}

PKSSTREAM_HEADER Request::header(std::size_t index) const {
  return reinterpret_cast<PKSSTREAM_HEADER>(memory_ + index * header_size_);
}

bool Request::done() const {
  const std::int64_t now = 0;
  return nt::wait_for_single_object(event, false, &now) == STATUS_WAIT_0;
}

NTSTATUS Request::wait() const {
  if (sent != STATUS_PENDING) return sent;
  nt::wait_for_single_object(event, false, nullptr);
  return iosb.status;
}

Client::~Client() { close(); }

NTSTATUS Client::open(const GUID* category) {
  const std::vector<std::u16string> links =
      nt::enumerate_device_interfaces(category != nullptr ? category : &kCategory);
  if (links.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return nt::create_file(&handle_, GENERIC_READ | GENERIC_WRITE, 0, links.front(), false);
}

void Client::close() {
  if (handle_ != 0) nt::close(handle_);
  handle_ = 0;
}

NTSTATUS Client::create_pin(nt::Handle* pin, ULONG id, const KSDATAFORMAT& format,
                            const std::function<void(KSPIN_CONNECT&)>& connect, bool synchronous,
                            std::uint32_t access) const {
  // A format that says it is longer than it is goes out as short as it is.
  KSDATAFORMAT copy = format;
  return create_named_pin(pin, id, &copy, sizeof copy, connect, synchronous, access);
}

NTSTATUS Client::create_pin_with(nt::Handle* pin, ULONG id, const KSDATAFORMAT* format,
                                 const std::function<void(KSPIN_CONNECT&)>& connect, bool synchronous,
                                 std::uint32_t access) const {
  return create_named_pin(pin, id, format, format->FormatSize, connect, synchronous, access);
}

NTSTATUS Client::create_pin_bytes(nt::Handle* pin, ULONG id, const std::vector<UCHAR>& format) const {
  return create_named_pin(pin, id, reinterpret_cast<const KSDATAFORMAT*>(format.data()), format.size(), {}, false,
                          GENERIC_READ | GENERIC_WRITE);
}

NTSTATUS Client::create_named_pin(nt::Handle* pin, ULONG id, const KSDATAFORMAT* format, std::size_t format_bytes,
                                  const std::function<void(KSPIN_CONNECT&)>& connect, bool synchronous,
                                  std::uint32_t access) const {
  KSPIN_CONNECT request{};
  request.Interface.Set = KSINTERFACESETID_Standard;
  request.Interface.Id = KSINTERFACE_STANDARD_STREAMING;
  request.Medium.Set = KSMEDIUMSETID_Standard;
  request.Medium.Id = KSMEDIUM_STANDARD_DEVIO;
  request.PinId = id;
  request.Priority.PriorityClass = KSPRIORITY_NORMAL;
  request.Priority.PrioritySubClass = 1;
  if (connect) connect(request);
  std::u16string name = name_of(KSNAME_Pin) + u"\\";
  const std::size_t prefix = name.size();
  name.resize(prefix + (sizeof request + format_bytes) / sizeof(char16_t));
  std::memcpy(name.data() + prefix, &request, sizeof request);
  std::memcpy(name.data() + prefix + sizeof request / sizeof(char16_t), format, format_bytes);
  return nt::create_file(pin, access, handle_, name, synchronous);
}

NTSTATUS control(nt::Handle file, ULONG code, const void* in, std::size_t in_bytes, void* out, std::size_t out_bytes,
                 ULONG* returned) {
  nt::Handle event = 0;
  nt::create_event(&event, true, false);
  nt::IoStatusBlock iosb{};
  NTSTATUS status =
      nt::device_io_control_file(file, event, nullptr, &iosb, code, const_cast<void*>(in),
                                 static_cast<std::uint32_t>(in_bytes), out, static_cast<std::uint32_t>(out_bytes));
  if (status == STATUS_PENDING) {
    nt::wait_for_single_object(event, false, nullptr);
    status = iosb.status;
  }
  if (returned != nullptr) *returned = static_cast<ULONG>(iosb.information);
  nt::close(event);
  return status;
}

NTSTATUS get_property(nt::Handle file, const GUID& set, ULONG id, void* value, std::size_t bytes, ULONG* returned,
                      ULONG flags) {
  KSPROPERTY property{};
  property.Set = set;
  property.Id = id;
  property.Flags = flags;
  return control(file, IOCTL_KS_PROPERTY, &property, sizeof property, value, bytes, returned);
}

NTSTATUS set_property(nt::Handle file, const GUID& set, ULONG id, const void* value, std::size_t bytes) {
  KSPROPERTY property{};
  property.Set = set;
  property.Id = id;
  property.Flags = KSPROPERTY_TYPE_SET;
  return control(file, IOCTL_KS_PROPERTY, &property, sizeof property, const_cast<void*>(value), bytes);
}

NTSTATUS set_state(nt::Handle pin, KSSTATE state) {
  return set_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &state, sizeof state);
}

int get_state(nt::Handle pin) {
  KSSTATE state = KSSTATE_STOP;
  const NTSTATUS status = get_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &state, sizeof state);
  return NT_SUCCESS(status) ? static_cast<int>(state) : -1;
}

NTSTATUS reset(nt::Handle pin, KSRESET value) {
  return control(pin, IOCTL_KS_RESET_STATE, &value, sizeof value, nullptr, 0);
}

namespace {
NTSTATUS stream(nt::Handle pin, Request& request, ULONG code) {
  request.sent = nt::device_io_control_file(pin, request.event, nullptr, &request.iosb, code, nullptr, 0,
                                            request.headers(), request.header_bytes());
  return request.sent;
}
}  // namespace

NTSTATUS read(nt::Handle pin, Request& request) { return stream(pin, request, IOCTL_KS_READ_STREAM); }

NTSTATUS write(nt::Handle pin, Request& request) {
  for (std::size_t i = 0; i < request.count(); ++i) request.header(i)->DataUsed = request.header(i)->FrameExtent;
  return stream(pin, request, IOCTL_KS_WRITE_STREAM);
}

PFILE_OBJECT file_of(nt::Handle handle) {
  PVOID object = nullptr;
  const NTSTATUS status =
      ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(handle), 0, *IoFileObjectType, KernelMode, &object, nullptr);
  return NT_SUCCESS(status) ? static_cast<PFILE_OBJECT>(object) : nullptr;
}

Connection::Connection(ULONG id, KSSTATE state) {
  EXPECT_EQ(filter.open(), STATUS_SUCCESS);
  EXPECT_EQ(filter.create_pin(&pin, id), STATUS_SUCCESS);
  if (state != KSSTATE_STOP) {
    EXPECT_EQ(set_state(pin, state), STATUS_SUCCESS);
  }
}
Connection::~Connection() { close_pin(); }

void Connection::close_pin() {
  if (pin != 0) nt::close(pin);
  pin = 0;
}

}  // namespace p2p::test
