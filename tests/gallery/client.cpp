#include "tests/gallery/client.h"

namespace p2p::test {

namespace {
constexpr GUID kInterface = GALLERY_GUID;
constexpr std::int64_t kPatience = -10'000'000;  // a second
}  // namespace

/// Sends, waits for the event if the request pends.
NTSTATUS Client::ask(const Send& send, const std::function<void()>& meanwhile) {
  nt::Handle event = 0;
  nt::create_event(&event, true, false);
  nt::IoStatusBlock iosb = {};
  NTSTATUS status = send(event, &iosb);
  if (meanwhile) meanwhile();
  if (status == STATUS_PENDING) {
    status = nt::wait_for_single_object(event, false, &kPatience);
    if (status == STATUS_SUCCESS) status = iosb.status;
  }
  nt::close(event);
  return status;
}

void Client::control(const char* what, ULONG code) {
  note(what, ask([&](nt::Handle event, nt::IoStatusBlock* iosb) {
         return nt::device_io_control_file(file_, event, nullptr, iosb, code, memory_, GALLERY_CONTROL_BYTES,
                                           memory_ + 4096, GALLERY_CONTROL_BYTES);
       }));
}

void Client::cancelled() {
  nt::IoStatusBlock* sent = nullptr;
  const NTSTATUS status = ask(
      [&](nt::Handle event, nt::IoStatusBlock* iosb) {
        sent = iosb;
        return nt::device_io_control_file(file_, event, nullptr, iosb, IOCTL_GALLERY_WAIT, nullptr, 0, nullptr, 0);
      },
      [&] { nt::cancel_io_file(file_, sent); });
  note("cancelled", status == STATUS_CANCELLED ? STATUS_SUCCESS : status);
}

std::vector<Answer> Client::run() {
  memory_ = static_cast<char*>(nt::allocate_virtual_memory(32768));
  const std::vector<std::u16string> links = nt::enumerate_device_interfaces(&kInterface);
  note("open", links.empty() ? STATUS_OBJECT_NAME_NOT_FOUND
                             : nt::create_file(&file_, FILE_READ_DATA | FILE_WRITE_DATA, 0, links.front(), false));
  if (file_ == 0) return answers_;
  nt::Handle given = 0;
  nt::create_event(&given, true, false);
  *reinterpret_cast<nt::Handle*>(memory_) = given;  // for a driver that wants to set one
  control("buffered", IOCTL_GALLERY_BUFFERED);
  nt::close(given);
  control("in direct", IOCTL_GALLERY_IN_DIRECT);
  control("out direct", IOCTL_GALLERY_OUT_DIRECT);
  control("neither", IOCTL_GALLERY_NEITHER);
  note("write", ask([&](nt::Handle event, nt::IoStatusBlock* iosb) {
         return nt::write_file(file_, event, nullptr, iosb, memory_ + 100, GALLERY_TRANSFER_BYTES, 0);
       }));
  const auto read = [&](nt::Handle event, nt::IoStatusBlock* iosb) {
    return nt::read_file(file_, event, nullptr, iosb, memory_ + 16384 + 100, GALLERY_TRANSFER_BYTES, 0);
  };
  note("read", ask(read, interrupt_));
  cancelled();
  return answers_;
}

void Client::leave_waiting() {
  nt::device_io_control_file(file_, 0, nullptr, &waiting_, IOCTL_GALLERY_WAIT, nullptr, 0, nullptr, 0);
}

void Client::close() {
  if (file_ != 0) nt::close(file_);
  file_ = 0;
  if (memory_ != nullptr) nt::free_virtual_memory(memory_);
  memory_ = nullptr;
}

}  // namespace p2p::test
