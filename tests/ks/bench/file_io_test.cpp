// KsReadFile and KsWriteFile: reads and writes of kernel clients on any file.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

/// What the file's driver was asked.
struct Asked {
  static inline int irps = 0, fast_calls = 0;
  static inline BOOLEAN fast_answer = FALSE;
  static inline ULONG length = 0, key = 0;
  static inline KPROCESSOR_MODE mode = KernelMode;
  static inline UCHAR written = 0;

  static NTSTATUS NTAPI transfer(PDEVICE_OBJECT, PIRP irp) {
    const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ++irps;
    length = location->Parameters.Read.Length;
    key = location->Parameters.Read.Key;
    mode = irp->RequestorMode;
    if (location->MajorFunction == IRP_MJ_READ) {
      std::memset(irp->UserBuffer, 0x5A, length);
    } else {
      written = *static_cast<UCHAR*>(irp->UserBuffer);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = length;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
  }
  static BOOLEAN NTAPI fast(PFILE_OBJECT, PLARGE_INTEGER, ULONG bytes, BOOLEAN, ULONG, PVOID, PIO_STATUS_BLOCK iosb,
                            PDEVICE_OBJECT) {
    ++fast_calls;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = bytes;
    return fast_answer;
  }
};

class FileIo : public KsTest {
 protected:
  /// Runs `body(file)` in a system thread, with the driver's reads and writes in Asked's hands.
  void with_file(const std::function<void(PFILE_OBJECT)>& body) {
    expect_clean([&] {
      Connection c;
      in_system_thread([&] {
        PFILE_OBJECT file = file_of(c.pin);
        PDRIVER_OBJECT object = IoGetRelatedDeviceObject(file)->DriverObject;
        object->MajorFunction[IRP_MJ_READ] = object->MajorFunction[IRP_MJ_WRITE] = Asked::transfer;
        body(file);
        ObDereferenceObject(file);
      });
    });
  }
};

TEST_F(FileIo, a_read_and_a_write_reach_the_driver_with_length_key_and_mode) {
  with_file([](PFILE_OBJECT file) {
    UCHAR buffer[16] = {};
    IO_STATUS_BLOCK iosb{};
    EXPECT_EQ(KsReadFile(file, nullptr, nullptr, &iosb, buffer, sizeof buffer, 9, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(buffer[15], 0x5A);
    EXPECT_EQ(iosb.Information, sizeof buffer);
    EXPECT_EQ(Asked::length, sizeof buffer);
    EXPECT_EQ(Asked::key, 9u);
    buffer[0] = 0x77;
    EXPECT_EQ(KsWriteFile(file, nullptr, nullptr, &iosb, buffer, 4, 0, UserMode), STATUS_SUCCESS);
    EXPECT_EQ(Asked::written, 0x77);
    EXPECT_EQ(iosb.Information, 4u);
    EXPECT_EQ(Asked::mode, UserMode);
  });
}

TEST_F(FileIo, an_event_of_the_object_manager_is_set) {
  with_file([](PFILE_OBJECT file) {
    Request events_only({4});
    PVOID event = nullptr;
    ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(events_only.event), 0, *ExEventObjectType, KernelMode, &event,
                              nullptr);
    UCHAR byte = 0;
    IO_STATUS_BLOCK iosb{};
    EXPECT_EQ(KsReadFile(file, static_cast<PKEVENT>(event), nullptr, &iosb, &byte, 1, 0, KernelMode), STATUS_SUCCESS);
    EXPECT_NE(KeReadStateEvent(static_cast<PKEVENT>(event)), 0);
    ObDereferenceObject(event);
  });
}

TEST_F(FileIo, R_SIO_2_the_drivers_fast_path_comes_first_where_the_modes_allow_it) {
  with_file([](PFILE_OBJECT file) {
    PDRIVER_OBJECT object = IoGetRelatedDeviceObject(file)->DriverObject;
    object->FastIoDispatch->FastIoRead = Asked::fast;
    UCHAR byte = 0;
    IO_STATUS_BLOCK iosb{};
    Asked::fast_answer = TRUE;
    EXPECT_EQ(KsReadFile(file, nullptr, nullptr, &iosb, &byte, 1, 0, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(Asked::irps, 0);
    EXPECT_EQ(KsReadFile(file, nullptr, nullptr, &iosb, &byte, 1, 0, UserMode), STATUS_SUCCESS);
    EXPECT_EQ(Asked::fast_calls, 1) << "a request for user mode by a kernel thread is no fast one";
    Asked::fast_answer = FALSE;
    EXPECT_EQ(KsReadFile(file, nullptr, nullptr, &iosb, &byte, 1, 0, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(Asked::fast_calls, 2);
    EXPECT_EQ(Asked::irps, 2);
    object->FastIoDispatch->FastIoRead = nullptr;
  });
}

}  // namespace
}  // namespace p2p::test
