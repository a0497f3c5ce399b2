// ZwCreateFile and its kin on files of the host.
#include "tests/ntos/kernel_fixture.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class FsFile : public KernelTest {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("pin2pin_files_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_ / "Data");
    std::ofstream(folder_ / "Data" / "Sound.wav") << "0123456789";
    config.files = {{"\\DosDevices\\C:", folder_.string()}};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  struct Opened {
    NTSTATUS status;
    HANDLE handle;
    ULONG_PTR information;
  };
  static Opened open(const char16_t* name, ACCESS_MASK access = GENERIC_READ | SYNCHRONIZE,
                     ULONG disposition = FILE_OPEN, ULONG options = FILE_SYNCHRONOUS_IO_NONALERT) {
    UNICODE_STRING text_of_name;
    RtlInitUnicodeString(&text_of_name, reinterpret_cast<PCWSTR>(name));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &text_of_name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    IO_STATUS_BLOCK block{};
    HANDLE handle = nullptr;
    const NTSTATUS status =
        ZwCreateFile(&handle, access, &attributes, &block, nullptr, 0, 0, disposition, options, nullptr, 0);
    return {status, handle, block.Information};
  }
  struct Got {
    NTSTATUS status;
    std::string bytes;
  };
  static Got read(HANDLE file, ULONG bytes, const LONGLONG* offset = nullptr) {
    std::string room(bytes, '\0');
    LARGE_INTEGER at;
    if (offset != nullptr) at.QuadPart = *offset;
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = ZwReadFile(file, nullptr, nullptr, nullptr, &block, room.data(), bytes,
                                       offset != nullptr ? &at : nullptr, nullptr);
    room.resize(block.Information);
    return {status, room};
  }
  std::filesystem::path folder_;
};

TEST_F(FsFile, ReadsFromItsPositionAndFromOffsets) {
  expect_no_bugcheck([&] {
    const Opened file = open(u"\\DosDevices\\c:\\data\\SOUND.WAV");  // in any case
    ASSERT_EQ(file.status, STATUS_SUCCESS);
    EXPECT_EQ(file.information, static_cast<ULONG_PTR>(FILE_OPENED));
    EXPECT_EQ(read(file.handle, 4).bytes, "0123");
    EXPECT_EQ(read(file.handle, 2).bytes, "45");
    const LONGLONG eight = 8, twenty = 20;
    EXPECT_EQ(read(file.handle, 9, &eight).bytes, "89") << "as many as there are";
    EXPECT_EQ(read(file.handle, 1).status, STATUS_END_OF_FILE) << "an offset moves the position too";
    EXPECT_EQ(read(file.handle, 1, &twenty).status, STATUS_END_OF_FILE);
    FILE_STANDARD_INFORMATION size{};
    IO_STATUS_BLOCK block{};
    EXPECT_EQ(ZwQueryInformationFile(file.handle, &block, &size, sizeof size, FileStandardInformation), STATUS_SUCCESS);
    EXPECT_EQ(size.EndOfFile.QuadPart, 10);
    FILE_POSITION_INFORMATION position{};
    position.CurrentByteOffset.QuadPart = 3;
    EXPECT_EQ(ZwSetInformationFile(file.handle, &block, &position, sizeof position, FilePositionInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(read(file.handle, 1).bytes, "3");
    EXPECT_EQ(ZwClose(file.handle), STATUS_SUCCESS);
    EXPECT_EQ(read(file.handle, 1).status, STATUS_INVALID_HANDLE);
  });
}

TEST_F(FsFile, SaysWhyANameOpensNothing) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(open(u"\\DosDevices\\c:\\data\\none.wav").status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(u"\\DosDevices\\c:\\none\\sound.wav").status, STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(open(u"\\??\\d:\\sound.wav").status, STATUS_OBJECT_PATH_NOT_FOUND) << "a drive without a folder";
    EXPECT_EQ(open(u"\\??\\c:\\..\\passwd").status, STATUS_OBJECT_NAME_INVALID) << "out of its folder";
    EXPECT_EQ(open(u"\\??\\c:\\data").status, STATUS_FILE_IS_A_DIRECTORY);
    EXPECT_EQ(open(u"\\??\\c:\\data\\sound.wav", GENERIC_READ | SYNCHRONIZE, FILE_CREATE).status,
              STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(open(u"\\??\\c:\\data\\sound.wav", FILE_READ_DATA).status, STATUS_INVALID_PARAMETER)
        << "synchronous without SYNCHRONIZE";
  });
}

TEST_F(FsFile, DriveCIsThereAndEmptyWhereItIsNotConfigured) {
  config.files.clear();
  expect_no_bugcheck([&] {
    EXPECT_EQ(open(u"\\DosDevices\\c:\\sound.wav").status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(u"\\DosDevices\\c:\\data\\sound.wav").status, STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(open(u"\\??\\c:\\new.bin", GENERIC_WRITE | SYNCHRONIZE, FILE_OPEN_IF).status, STATUS_ACCESS_DENIED);
  });
}

TEST_F(FsFile, WritesWhereItMay) {
  expect_no_bugcheck([&] {
    const Opened file = open(u"\\??\\c:\\data\\new.bin", GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, FILE_OVERWRITE_IF);
    ASSERT_EQ(file.status, STATUS_SUCCESS);
    EXPECT_EQ(file.information, static_cast<ULONG_PTR>(FILE_CREATED));
    IO_STATUS_BLOCK block{};
    char bytes[] = "abc";
    EXPECT_EQ(ZwWriteFile(file.handle, nullptr, nullptr, nullptr, &block, bytes, 3, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, 3u);
    LARGE_INTEGER end;
    end.LowPart = FILE_WRITE_TO_END_OF_FILE;
    end.HighPart = -1;
    EXPECT_EQ(ZwWriteFile(file.handle, nullptr, nullptr, nullptr, &block, bytes, 1, &end, nullptr), STATUS_SUCCESS);
    const LONGLONG start = 0;
    EXPECT_EQ(read(file.handle, 9, &start).bytes, "abca");
    ZwClose(file.handle);
    const Opened again = open(u"\\??\\c:\\data\\NEW.bin");
    EXPECT_EQ(ZwWriteFile(again.handle, nullptr, nullptr, nullptr, &block, bytes, 1, nullptr, nullptr),
              STATUS_ACCESS_DENIED);
    ZwClose(again.handle);
    const Opened empty = open(u"\\??\\c:\\data\\new.bin", GENERIC_READ | SYNCHRONIZE, FILE_OVERWRITE);
    EXPECT_EQ(empty.information, static_cast<ULONG_PTR>(FILE_OVERWRITTEN));
    EXPECT_EQ(read(empty.handle, 1).status, STATUS_END_OF_FILE);
    ZwClose(empty.handle);
  });
}

TEST_F(FsFile, WithoutAPositionAReadNamesItsOffset) {
  expect_no_bugcheck([&] {
    const Opened file = open(u"\\??\\c:\\data\\sound.wav", GENERIC_READ, FILE_OPEN, 0);
    ASSERT_EQ(file.status, STATUS_SUCCESS);
    EXPECT_EQ(read(file.handle, 1).status, STATUS_INVALID_PARAMETER);
    const LONGLONG five = 5;
    EXPECT_EQ(read(file.handle, 1, &five).bytes, "5");
    ZwClose(file.handle);
  });
}

TEST_F(FsFile, FilesAreForPassiveLevel) {
  expect_bugcheck(0xC4, 0x2001F, [&] {
    const Opened file = open(u"\\??\\c:\\data\\sound.wav");
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    char byte = 0;
    IO_STATUS_BLOCK block{};
    P2P_IMPORT(ZwReadFile)(file.handle, nullptr, nullptr, nullptr, &block, &byte, 1, nullptr, nullptr);
  });
}

}  // namespace
}  // namespace p2p::test
