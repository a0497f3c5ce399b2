// The application of an AVStream driver: system calls only.
#include "sw/ks/ddk.h"

#include <cstring>

#include "tests/gallery/client.h"

namespace p2p::test {

namespace {
constexpr GUID kCategory = GALLERY_GUID;
constexpr std::int64_t kPatience = -10'000'000;  // a second
constexpr unsigned kFrames = 3;

/// Waits for a request that may pend; STATUS_TIMEOUT if it does not come back.
template <class Send>
NTSTATUS ask(Send send) {
  nt::Handle event = 0;
  nt::create_event(&event, true, false);
  nt::IoStatusBlock iosb = {};
  NTSTATUS status = send(event, &iosb);
  if (status == STATUS_PENDING) {
    status = nt::wait_for_single_object(event, false, &kPatience);
    if (status == STATUS_SUCCESS) status = iosb.status;
  }
  nt::close(event);
  return status;
}

/// KSNAME_Pin, a backslash, then the connection and its format as they lie in memory.
std::u16string pin_name() {
  struct {
    KSPIN_CONNECT connect = {};
    KSDATAFORMAT format = {};
  } request;
  request.connect.Interface.Set = KSINTERFACESETID_Standard;
  request.connect.Interface.Id = KSINTERFACE_STANDARD_STREAMING;
  request.connect.Medium.Set = KSMEDIUMSETID_Standard;
  request.connect.Medium.Id = KSMEDIUM_STANDARD_DEVIO;
  request.connect.Priority.PriorityClass = KSPRIORITY_NORMAL;
  request.connect.Priority.PrioritySubClass = 1;
  request.format.FormatSize = sizeof request.format;
  request.format.SampleSize = GALLERY_TRANSFER_BYTES;
  request.format.MajorFormat = request.format.SubFormat = kCategory;
  request.format.Specifier = KSDATAFORMAT_SPECIFIER_NONE;
  std::u16string name = u"{146F1A80-4791-11D0-A5D6-28DB04C10000}\\";  // KSNAME_Pin
  const std::size_t prefix = name.size();
  name.resize(prefix + sizeof request / sizeof(char16_t));
  std::memcpy(name.data() + prefix, &request, sizeof request);
  return name;
}

NTSTATUS set_state(nt::Handle pin, KSSTATE state) {
  KSPROPERTY property = {};
  property.Set = KSPROPSETID_Connection;
  property.Id = KSPROPERTY_CONNECTION_STATE;
  property.Flags = KSPROPERTY_TYPE_SET;
  return ask([&](nt::Handle event, nt::IoStatusBlock* iosb) {
    return nt::device_io_control_file(pin, event, nullptr, iosb, IOCTL_KS_PROPERTY, &property, sizeof property, &state,
                                      sizeof state);
  });
}

NTSTATUS read_frame(nt::Handle pin, char* memory) {
  auto* header = reinterpret_cast<KSSTREAM_HEADER*>(memory);
  *header = {};
  header->Size = sizeof *header;
  header->PresentationTime.Numerator = header->PresentationTime.Denominator = 1;
  header->FrameExtent = GALLERY_TRANSFER_BYTES;
  header->Data = memory + 4096 + 100;
  return ask([&](nt::Handle event, nt::IoStatusBlock* iosb) {
    return nt::device_io_control_file(pin, event, nullptr, iosb, IOCTL_KS_READ_STREAM, nullptr, 0, header,
                                      sizeof *header);
  });
}
}  // namespace

std::vector<Answer> run_stream() {
  std::vector<Answer> answers;
  const auto note = [&](const char* what, NTSTATUS status) {
    answers.push_back({what, status});
    return NT_SUCCESS(status);
  };
  nt::Handle filter = 0, pin = 0;
  const std::vector<std::u16string> links = nt::enumerate_device_interfaces(&kCategory);
  if (!note("open", links.empty() ? STATUS_OBJECT_NAME_NOT_FOUND
                                  : nt::create_file(&filter, GENERIC_READ | GENERIC_WRITE, 0, links.front(), false))) {
    return answers;
  }
  auto* memory = static_cast<char*>(nt::allocate_virtual_memory(32768));
  if (note("connect", nt::create_file(&pin, GENERIC_READ, filter, pin_name(), false))) {
    note("run", set_state(pin, KSSTATE_RUN));
    for (unsigned i = 0; i < kFrames; ++i) note("frame", read_frame(pin, memory));
    note("stop", set_state(pin, KSSTATE_STOP));
    nt::close(pin);
  }
  nt::close(filter);
  nt::free_virtual_memory(memory);
  return answers;
}

}  // namespace p2p::test
