#include "fake_capture.h"
#include "in_machine.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/guids.h"
#include "sw/proxy/win32/status.h"
#include "sw/proxy/win32/win32.h"

namespace p2p::proxy {
namespace {

constexpr nt::Status kPending = 0x103;

class ScriptedFile final : public fake::Device {
 public:
  nt::Status control(const std::shared_ptr<fake::Request>& request) override {
    last = request;
    request->information = information;
    return answer;
  }
  void cancel(nt::IoStatusBlock*) override { fake::Machine::get().complete(last, STATUS_CANCELLED, 0); }
  nt::Status answer = 0;
  std::uintptr_t information = 0;
  std::shared_ptr<fake::Request> last;
};

void with_file(const std::function<void(ScriptedFile&, HANDLE)>& body) {
  fake::Machine machine;
  auto file = std::make_shared<ScriptedFile>();
  machine.add_interface(u"\\??\\thing", file);
  fake::in_machine(machine, [&] {
    const HANDLE handle =
        CreateFileW(L"\\\\?\\thing", GENERIC_READ, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
    ASSERT_NE(handle, INVALID_HANDLE_VALUE);
    body(*file, handle);
    EXPECT_TRUE(CloseHandle(handle));
  });
}

TEST(Win32, StatusesMapToErrorsAndNames) {
  EXPECT_EQ(error_from_nt_status(STATUS_NO_MATCH), static_cast<DWORD>(ERROR_NO_MATCH));
  EXPECT_EQ(error_from_nt_status(STATUS_CANCELLED), static_cast<DWORD>(ERROR_OPERATION_ABORTED));
  EXPECT_EQ(error_from_nt_status(STATUS_BUFFER_OVERFLOW), static_cast<DWORD>(ERROR_MORE_DATA));
  EXPECT_EQ(error_from_nt_status(static_cast<NTSTATUS>(0xE0001234)), static_cast<DWORD>(ERROR_MR_MID_NOT_FOUND));
  EXPECT_EQ(nt_status_text(STATUS_NO_MATCH), "STATUS_NO_MATCH (0xC0000272)");
  EXPECT_EQ(nt_status_text(static_cast<NTSTATUS>(0xE0001234)), "0xE0001234");
  EXPECT_EQ(hresult_text(VFW_E_TIMEOUT), "VFW_E_TIMEOUT (0x8004022E)");
}

TEST(Win32, R_IRP_53_AnErrorOnTheSpotLeavesTheEventAlone) {
  with_file([](ScriptedFile& file, HANDLE handle) {
    file.answer = STATUS_INVALID_DEVICE_STATE;
    OVERLAPPED overlapped{};
    overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    DWORD bytes = 77;
    EXPECT_FALSE(DeviceIoControl(handle, 1, nullptr, 0, nullptr, 0, &bytes, &overlapped));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_BAD_COMMAND));
    EXPECT_EQ(last_nt_status(), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(bytes, 0u);
    EXPECT_EQ(WaitForSingleObject(overlapped.hEvent, 0), static_cast<DWORD>(WAIT_TIMEOUT));
    CloseHandle(overlapped.hEvent);
  });
}

TEST(Win32, OverlappedIoPendsAndCompletes) {
  with_file([](ScriptedFile& file, HANDLE handle) {
    file.answer = kPending;
    OVERLAPPED overlapped{};
    overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    EXPECT_FALSE(DeviceIoControl(handle, 1, nullptr, 0, nullptr, 0, nullptr, &overlapped));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_IO_PENDING));
    DWORD bytes = 0;
    EXPECT_FALSE(GetOverlappedResult(handle, &overlapped, &bytes, FALSE));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_IO_INCOMPLETE));
    fake::Machine::get().complete(file.last, 0, 56);
    EXPECT_TRUE(GetOverlappedResult(handle, &overlapped, &bytes, TRUE));
    EXPECT_EQ(bytes, 56u);
    EXPECT_FALSE(DeviceIoControl(handle, 1, nullptr, 0, nullptr, 0, nullptr, &overlapped));
    EXPECT_TRUE(CancelIo(handle));
    EXPECT_FALSE(GetOverlappedResult(handle, &overlapped, &bytes, TRUE));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_OPERATION_ABORTED));
    CloseHandle(overlapped.hEvent);
  });
}

TEST(Win32, SynchronousControlWaitsForTheFile) {
  with_file([](ScriptedFile& file, HANDLE handle) {
    file.answer = kPending;
    const HANDLE helper = start_thread("device", [&] { fake::Machine::get().complete(file.last, 0, 12); });
    DWORD bytes = 0;
    EXPECT_TRUE(DeviceIoControl(handle, 1, nullptr, 0, nullptr, 0, &bytes, nullptr));
    EXPECT_EQ(bytes, 12u);
    WaitForSingleObject(helper, INFINITE);
    CloseHandle(helper);
  });
}

TEST(Win32, R_SIO_21_KsSynchronousDeviceControlReturnsTheStatusAsHresult) {
  with_file([](ScriptedFile& file, HANDLE handle) {
    ULONG bytes = 0;
    file.answer = STATUS_BUFFER_OVERFLOW;
    file.information = 152;
    EXPECT_EQ(KsSynchronousDeviceControl(handle, IOCTL_KS_PROPERTY, nullptr, 0, nullptr, 0, &bytes),
              HRESULT_FROM_WIN32(ERROR_MORE_DATA));
    EXPECT_EQ(bytes, 152u);
    file.answer = STATUS_PROPSET_NOT_FOUND;
    EXPECT_EQ(KsSynchronousDeviceControl(handle, IOCTL_KS_PROPERTY, nullptr, 0, nullptr, 0, &bytes),
              HRESULT_FROM_WIN32(ERROR_SET_NOT_FOUND));
    EXPECT_EQ(last_nt_status(), STATUS_PROPSET_NOT_FOUND);
    EXPECT_EQ(bytes, 0u);
    file.answer = kPending;
    const HANDLE helper = start_thread("device", [&] { fake::Machine::get().complete(file.last, 0, 4); });
    EXPECT_EQ(KsSynchronousDeviceControl(handle, IOCTL_KS_PROPERTY, nullptr, 0, nullptr, 0, &bytes), S_OK);
    EXPECT_EQ(bytes, 4u);
    WaitForSingleObject(helper, INFINITE);
    CloseHandle(helper);
  });
}

TEST(Win32, OpeningWhatIsNotThere) {
  fake::in_machine([] {
    EXPECT_EQ(CreateFileW(L"\\\\?\\nothing", 0, 0, nullptr, OPEN_EXISTING, 0, nullptr), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_FILE_NOT_FOUND));
    HANDLE device = nullptr;
    EXPECT_EQ(KsOpenDefaultDevice(kCategoryCapture, GENERIC_READ, &device), HRESULT_FROM_WIN32(ERROR_NO_MORE_ITEMS));
    EXPECT_FALSE(CloseHandle(from_nt(0x1000)));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INVALID_HANDLE));
  });
}

TEST(Win32, KsOpenDefaultDeviceTakesTheFirstInterface) {
  fake::Machine machine;
  machine.add_interface(u"\\??\\first", std::make_shared<fake::CaptureFilter>());
  machine.add_interface(u"\\??\\second", std::make_shared<fake::CaptureFilter>());
  fake::in_machine(machine, [] {
    HANDLE device = nullptr;
    ASSERT_EQ(KsOpenDefaultDevice(kCategoryCapture, GENERIC_READ, &device), S_OK);
    void* items = nullptr;
    ASSERT_EQ(KsGetMultiplePinFactoryItems(device, 1, KSPROPERTY_PIN_DATARANGES, &items), S_OK);
    EXPECT_EQ(static_cast<KSMULTIPLE_ITEM*>(items)->Count, 1u);
    CoTaskMemFree(items);
    EXPECT_EQ(KsGetMultiplePinFactoryItems(device, 9, KSPROPERTY_PIN_DATARANGES, &items),
              HRESULT_FROM_WIN32(ERROR_INVALID_PARAMETER));
    EXPECT_EQ(items, nullptr);
    CloseHandle(device);
  });
}

}  // namespace
}  // namespace p2p::proxy
