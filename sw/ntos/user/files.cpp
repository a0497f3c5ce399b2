// System calls on files: create and close. Requests on them: requests.cpp.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "ntos/syscalls.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/user/addresses.h"
#include "sw/ntos/user/files.h"
#include "sw/ntos/user/syscall.h"

namespace p2p::nt {

namespace {
constexpr ULONG kFileTag = 0x656C6946;  // "File"
std::map<const void*, std::uint64_t> g_file_ids;

void free_file(PFILE_OBJECT file) {
  if (file->RelatedFileObject != nullptr) ob::dereference(file->RelatedFileObject);
  if (file->CompletionContext != nullptr) {
    ob::dereference(file->CompletionContext->Port);
    ExFreePoolWithTag(file->CompletionContext, kFileTag);
  }
  if (file->FileName.Buffer != nullptr) ExFreePoolWithTag(file->FileName.Buffer, kFileTag);
  g_file_ids.erase(file);
  ExFreePoolWithTag(file, kFileTag);
}

/// The last reference is gone: IRP_MJ_CLOSE, then the object itself.
void close_file(PFILE_OBJECT file) {
  PDEVICE_OBJECT device = file->DeviceObject;
  // A closing file is no object any more; the request must not reference it.
  ob::create(file, ob::Kind::kFile, {});
  io::request(device, file, io::Sending::kMustSend, [](PIRP irp, PIO_STACK_LOCATION location) {
    irp->Flags |= IRP_CLOSE_OPERATION;
    location->MajorFunction = IRP_MJ_CLOSE;
  });
  ob::dereference(file);
  io::file_closed(file);
  free_file(file);
  ob::dereference(device);
}

PFILE_OBJECT make_file(PDEVICE_OBJECT device, PFILE_OBJECT related, std::u16string_view name, std::uint32_t access,
                       bool synchronous) {
  auto* file = static_cast<PFILE_OBJECT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(FILE_OBJECT), kFileTag));
  if (file == nullptr) return nullptr;
  file->Type = 5;  // IO_TYPE_FILE
  file->Size = sizeof(FILE_OBJECT);
  file->DeviceObject = device;
  file->RelatedFileObject = related;
  file->ReadAccess = (access & (FILE_READ_DATA | GENERIC_READ)) != 0;
  file->WriteAccess = (access & (FILE_WRITE_DATA | GENERIC_WRITE)) != 0;
  file->Flags = synchronous ? static_cast<ULONG>(FO_SYNCHRONOUS_IO) : 0;
  KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
  KeInitializeEvent(&file->Lock, SynchronizationEvent, TRUE);
  InitializeListHead(&file->IrpList);
  const std::size_t bytes = name.size() * sizeof(WCHAR);
  if (bytes != 0) {
    file->FileName.Buffer = static_cast<PWSTR>(ExAllocatePool2(POOL_FLAG_PAGED, bytes + sizeof(WCHAR), kFileTag));
    if (file->FileName.Buffer == nullptr) {
      ExFreePoolWithTag(file, kFileTag);
      return nullptr;
    }
    std::memcpy(file->FileName.Buffer, name.data(), bytes);
    file->FileName.Length = static_cast<USHORT>(bytes);
    file->FileName.MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
  }
  g_file_ids[file] = ke::state().next_file_id++;
  return file;
}

/// What the I/O manager refuses before it asks the driver.
NTSTATUS may_open(PDEVICE_OBJECT device, PFILE_OBJECT related) {
  if (io::state_of(device).delete_pending) return STATUS_NO_SUCH_DEVICE;
  PDEVICE_OBJECT lowest = device;
  while (io::state_of(lowest).attached_to != nullptr) lowest = io::state_of(lowest).attached_to;
  const pnp::DeviceNode* node = pnp::node_of_pdo(lowest);
  // Until every driver of the stack has started it.
  if (node != nullptr && node->state == pnp::NodeState::kEmpty) return STATUS_NO_SUCH_DEVICE;
  const bool exclusive = (device->Flags & DO_EXCLUSIVE) != 0;
  return exclusive && related == nullptr && device->ReferenceCount != 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

std::uint32_t granted(std::uint32_t desired) {
  std::uint32_t access = desired & 0xFFFF;
  if ((desired & GENERIC_READ) != 0) access |= FILE_READ_DATA | FILE_READ_ATTRIBUTES;
  if ((desired & GENERIC_WRITE) != 0) access |= FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;
  return access;
}
}  // namespace

std::uint64_t file_id_of(const void* file) {
  auto found = g_file_ids.find(file);
  return found == g_file_ids.end() ? 0 : found->second;
}

NTSTATUS open_file(std::uint32_t desired_access, PFILE_OBJECT related, std::u16string_view name, bool synchronous,
                   KPROCESSOR_MODE mode, PFILE_OBJECT* opened) {
  std::u16string remainder(name);
  PDEVICE_OBJECT device = related != nullptr ? related->DeviceObject : io::resolve(name, &remainder);
  if (device == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  const NTSTATUS allowed = may_open(device, related);
  if (!NT_SUCCESS(allowed)) return allowed;
  PFILE_OBJECT file = make_file(device, related, remainder, desired_access, synchronous);
  if (file == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  ob::reference(device);
  if (related != nullptr) ob::reference(related);
  ob::create(file, ob::Kind::kFile, [file] { close_file(file); });
  io::file_opened(file);
  ACCESS_STATE access_state{};
  IO_SECURITY_CONTEXT security{};
  security.AccessState = &access_state;
  security.DesiredAccess = desired_access;
  const NTSTATUS status = io::request(device, file, io::Sending::kMayFail, [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->RequestorMode = mode;
    irp->Flags |= IRP_CREATE_OPERATION;
    location->MajorFunction = IRP_MJ_CREATE;
    location->Parameters.Create.SecurityContext = &security;
    location->Parameters.Create.Options = static_cast<ULONG>(FILE_OPEN) << 24;
  });
  if (NT_SUCCESS(status)) {
    *opened = file;
    return status;
  }
  // Never opened: neither CLEANUP nor CLOSE.
  ob::create(file, ob::Kind::kFile, [file, device] {
    io::file_closed(file);
    free_file(file);
    ob::dereference(device);
  });
  ob::dereference(file);
  return status;
}

void clean_up(PFILE_OBJECT file) {
  io::request(file->DeviceObject, file, io::Sending::kMustSend,
              [](PIRP, PIO_STACK_LOCATION location) { location->MajorFunction = IRP_MJ_CLEANUP; });
  file->Flags |= FO_CLEANUP_COMPLETE;
}

Status create_file(Handle* handle, std::uint32_t desired_access, Handle root, std::u16string_view name,
                   bool synchronous) {
  SystemCall call;
  PFILE_OBJECT related = nullptr, file = nullptr;
  if (root != 0) {
    related = static_cast<PFILE_OBJECT>(ob::body_of(root, ob::Kind::kFile));
    if (related == nullptr) return STATUS_INVALID_HANDLE;
  }
  const NTSTATUS status = open_file(desired_access, related, name, synchronous, UserMode, &file);
  if (!NT_SUCCESS(status)) return status;
  *handle = ob::insert_handle(
      file, granted(desired_access), [file] { clean_up(file); }, ob::owner_of_caller());
  return STATUS_SUCCESS;
}

Status close(Handle handle) {
  SystemCall call;
  return ob::close_handle(handle);
}

}  // namespace p2p::nt

namespace p2p::ntos {
std::uint64_t file_id(const void* file_object) { return nt::file_id_of(file_object); }
}  // namespace p2p::ntos

using namespace p2p;

extern "C" {

// The device at the top of the named device's stack. The file keeps the stack: the caller dereferences the file, not
// the device. The handle is closed at once, so IRP_MJ_CLEANUP has come when this returns.
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PFILE_OBJECT* FileObject,
                                        PDEVICE_OBJECT* DeviceObject) {
  nt::check_kernel_string(ObjectName, "IoGetDeviceObjectPointer");
  PFILE_OBJECT file = nullptr;
  const NTSTATUS status = nt::open_file(DesiredAccess, nullptr, io::to_u16(*ObjectName), false, KernelMode, &file);
  if (!NT_SUCCESS(status)) return status;
  nt::clean_up(file);
  *FileObject = file;
  *DeviceObject = IoGetRelatedDeviceObject(file);
  return STATUS_SUCCESS;
}

}  // extern "C"
