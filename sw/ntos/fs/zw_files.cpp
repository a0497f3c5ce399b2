// ZwCreateFile and what can be done with its handle: files of the host (host_file.h), read and written at once, so that
// no request pends. Devices are not opened this way here: STATUS_NOT_IMPLEMENTED. PASSIVE_LEVEL (Verifier rule
// ZwPassive).
#include "sw/ntos/ke/irql.h"

#include <memory>
#include <optional>
#include <string>

#include "sw/ntos/fs/host_file.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/user/addresses.h"

using namespace p2p;
using fs::HostFile;

namespace {
constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
constexpr std::uint32_t kReads = GENERIC_READ | GENERIC_ALL | FILE_READ_DATA;
constexpr std::uint32_t kWrites = GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA;

NTSTATUS finish(PIO_STATUS_BLOCK block, NTSTATUS status, std::size_t information) {
  block->Status = status;
  block->Information = information;
  return status;
}

/// A call and a copy cost what they cost an application.
void charge(std::size_t bytes) { ke::charge_ns(ke::cost().system_call + bytes * ke::cost().copy_per_kib / 1024); }

HostFile* file_of(HANDLE handle) {
  return static_cast<HostFile*>(ob::body_of(reinterpret_cast<std::uintptr_t>(handle), ob::Kind::kHostFile));
}

/// What a disposition does with a file that is there or not.
struct Plan {
  NTSTATUS refused = STATUS_SUCCESS;
  bool create = false, truncate = false;
  ULONG_PTR information = FILE_OPENED;
};
Plan plan_of(ULONG disposition, bool exists) {
  Plan plan;
  plan.create = !exists;
  if (!exists) {
    if (disposition == FILE_OPEN || disposition == FILE_OVERWRITE) plan.refused = STATUS_OBJECT_NAME_NOT_FOUND;
    plan.information = FILE_CREATED;
    return plan;
  }
  if (disposition == FILE_CREATE) plan.refused = STATUS_OBJECT_NAME_COLLISION;
  plan.truncate = disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
  if (plan.truncate) plan.information = disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
  return plan;
}

NTSTATUS open(POBJECT_ATTRIBUTES attributes, ACCESS_MASK access, ULONG disposition, ULONG options, PHANDLE handle,
              ULONG_PTR* information) {
  if (disposition > FILE_MAXIMUM_DISPOSITION) return STATUS_INVALID_PARAMETER;
  if ((options & kSynchronous) != 0 && (access & (SYNCHRONIZE | GENERIC_READ | GENERIC_WRITE | GENERIC_ALL)) == 0)
    return STATUS_INVALID_PARAMETER;
  if (attributes->RootDirectory != nullptr) return STATUS_NOT_IMPLEMENTED;  // there are no handles of folders
  const std::u16string name = io::to_u16(*attributes->ObjectName);
  std::u16string remainder = name;
  if (io::resolve(name, &remainder) != nullptr) return STATUS_NOT_IMPLEMENTED;  // a device
  const fs::Place place = fs::locate(name);
  if (!NT_SUCCESS(place.status)) return place.status;
  if (place.exists && std::filesystem::is_directory(place.path)) return STATUS_FILE_IS_A_DIRECTORY;
  if ((options & FILE_DIRECTORY_FILE) != 0) return place.exists ? STATUS_NOT_A_DIRECTORY : STATUS_NOT_IMPLEMENTED;
  const Plan plan = plan_of(disposition, place.exists);
  if (!NT_SUCCESS(plan.refused)) return plan.refused;
  auto file = std::make_unique<HostFile>(place.path, (access & kWrites) != 0, plan.create, plan.truncate);
  if (file->bad()) return STATUS_ACCESS_DENIED;
  file->synchronous = (options & kSynchronous) != 0;
  file->readable = (access & kReads) != 0;
  file->writable = (access & kWrites) != 0;
  HostFile* body = file.release();
  ob::create(body, ob::Kind::kHostFile, [body] { delete body; });
  *handle = reinterpret_cast<HANDLE>(ob::insert_handle(body, access));
  *information = plan.information;
  return STATUS_SUCCESS;
}

/// Where a transfer begins: what the caller says, or the file's position. Nothing where neither is there.
std::optional<std::uint64_t> offset_of(HostFile& file, const LARGE_INTEGER* offset, bool write) {
  const bool special = offset != nullptr && offset->HighPart == -1;
  if (special && write && offset->LowPart == FILE_WRITE_TO_END_OF_FILE) return file.size();
  if (offset != nullptr && !special && offset->QuadPart >= 0) return static_cast<std::uint64_t>(offset->QuadPart);
  const bool position = offset == nullptr || (special && offset->LowPart == FILE_USE_FILE_POINTER_POSITION);
  if (!position || !file.synchronous) return std::nullopt;
  return file.position;
}

NTSTATUS transfer(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, PIO_STATUS_BLOCK block, PVOID buffer, ULONG bytes,
                  const LARGE_INTEGER* offset, bool write) {
  HostFile* file = file_of(handle);
  if (file == nullptr)
    return ob::is_open(reinterpret_cast<std::uintptr_t>(handle)) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
  if (!(write ? file->writable : file->readable)) return STATUS_ACCESS_DENIED;
  if (apc != nullptr) return STATUS_NOT_IMPLEMENTED;
  const std::optional<std::uint64_t> from = offset_of(*file, offset, write);
  if (!from) return STATUS_INVALID_PARAMETER;
  void* signalled = nullptr;
  if (event != nullptr) {
    signalled = ob::body_of(reinterpret_cast<std::uintptr_t>(event), ob::Kind::kEvent);
    if (signalled == nullptr) return STATUS_INVALID_HANDLE;
    KeClearEvent(static_cast<PRKEVENT>(signalled));
  }
  auto* data = static_cast<std::uint8_t*>(buffer);
  std::size_t done = bytes;
  NTSTATUS status = STATUS_SUCCESS;
  if (write) {
    if (!file->write(*from, {data, bytes})) status = STATUS_DISK_FULL;
  } else if (bytes != 0) {
    done = file->read(*from, {data, bytes});
    if (done == 0) status = STATUS_END_OF_FILE;
  }
  if (!NT_SUCCESS(status)) done = 0;
  if (file->synchronous) file->position = *from + done;
  charge(done);
  if (signalled != nullptr) KeSetEvent(static_cast<PRKEVENT>(signalled), IO_NO_INCREMENT, FALSE);
  return finish(block, status, done);
}

/// For the event log.
std::string shown(const UNICODE_STRING& name) {
  std::string out;
  for (const char16_t c : io::to_u16(name)) out += c < 0x80 ? static_cast<char>(c) : '?';
  return out;
}

template <class T>
NTSTATUS give(const T& answer, PVOID information, ULONG length, PIO_STATUS_BLOCK block) {
  if (length < sizeof answer) return STATUS_INFO_LENGTH_MISMATCH;
  *static_cast<T*>(information) = answer;
  return finish(block, STATUS_SUCCESS, sizeof answer);
}
}  // namespace

extern "C" {

NTSTATUS NTAPI ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength) {
  UNREFERENCED_PARAMETER(AllocationSize);
  UNREFERENCED_PARAMETER(FileAttributes);
  UNREFERENCED_PARAMETER(ShareAccess);  // nobody else has these files open
  UNREFERENCED_PARAMETER(EaBuffer);
  UNREFERENCED_PARAMETER(EaLength);
  const void* caller = __builtin_return_address(0);
  nt::check_zw_address(ObjectAttributes, caller, "ZwCreateFile");
  nt::check_zw_string(ObjectAttributes->ObjectName, caller, "ZwCreateFile");
  charge(0);
  ULONG_PTR information = 0;
  const NTSTATUS status =
      open(ObjectAttributes, DesiredAccess, CreateDisposition, CreateOptions, FileHandle, &information);
  ke::trace("file.open", {{"name", shown(*ObjectAttributes->ObjectName)}, {"status", static_cast<ULONG>(status)}});
  return finish(IoStatusBlock, status, information);
}

NTSTATUS NTAPI ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions) {
  return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, nullptr, 0, ShareAccess, FILE_OPEN,
                      OpenOptions, nullptr, 0);
}

NTSTATUS NTAPI ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                          PULONG Key) {
  UNREFERENCED_PARAMETER(ApcContext);
  UNREFERENCED_PARAMETER(Key);
  nt::check_zw_address(Buffer, __builtin_return_address(0), "ZwReadFile");
  return transfer(FileHandle, Event, ApcRoutine, IoStatusBlock, Buffer, Length, ByteOffset, false);
}

NTSTATUS NTAPI ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                           PULONG Key) {
  UNREFERENCED_PARAMETER(ApcContext);
  UNREFERENCED_PARAMETER(Key);
  nt::check_zw_address(Buffer, __builtin_return_address(0), "ZwWriteFile");
  return transfer(FileHandle, Event, ApcRoutine, IoStatusBlock, Buffer, Length, ByteOffset, true);
}

// Times are zero: those of the host would differ from run to run.
NTSTATUS NTAPI ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                      ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  HostFile* file = file_of(FileHandle);
  if (file == nullptr) return STATUS_INVALID_HANDLE;
  charge(0);
  switch (FileInformationClass) {
    case FileStandardInformation: {
      FILE_STANDARD_INFORMATION answer{};
      answer.EndOfFile.QuadPart = static_cast<LONGLONG>(file->size());
      answer.AllocationSize.QuadPart = (answer.EndOfFile.QuadPart + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
      answer.NumberOfLinks = 1;
      return give(answer, FileInformation, Length, IoStatusBlock);
    }
    case FilePositionInformation: {
      FILE_POSITION_INFORMATION answer{};
      answer.CurrentByteOffset.QuadPart = static_cast<LONGLONG>(file->position);
      return give(answer, FileInformation, Length, IoStatusBlock);
    }
    case FileBasicInformation: {
      FILE_BASIC_INFORMATION answer{};
      answer.FileAttributes = FILE_ATTRIBUTE_NORMAL;
      return give(answer, FileInformation, Length, IoStatusBlock);
    }
    default:
      return STATUS_NOT_IMPLEMENTED;
  }
}

NTSTATUS NTAPI ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  HostFile* file = file_of(FileHandle);
  if (file == nullptr) return STATUS_INVALID_HANDLE;
  charge(0);
  if (Length < sizeof(LARGE_INTEGER)) return STATUS_INFO_LENGTH_MISMATCH;
  const LONGLONG value = static_cast<const LARGE_INTEGER*>(FileInformation)->QuadPart;
  if (value < 0) return STATUS_INVALID_PARAMETER;
  if (FileInformationClass == FilePositionInformation) {
    file->position = static_cast<std::uint64_t>(value);
    return finish(IoStatusBlock, STATUS_SUCCESS, 0);
  }
  if (FileInformationClass != FileEndOfFileInformation) return STATUS_NOT_IMPLEMENTED;
  if (!file->writable) return STATUS_ACCESS_DENIED;
  return finish(IoStatusBlock, file->set_size(static_cast<std::uint64_t>(value)) ? STATUS_SUCCESS : STATUS_DISK_FULL,
                0);
}

}  // extern "C"
