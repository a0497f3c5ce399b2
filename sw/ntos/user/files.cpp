// System calls on files: create, close, device control, cancel.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "ntos/syscalls.h"
#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ob/object.h"
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
  io::request(device, file, [](PIRP irp, PIO_STACK_LOCATION location) {
    irp->Flags |= IRP_CLOSE_OPERATION;
    location->MajorFunction = IRP_MJ_CLOSE;
  });
  ob::dereference(file);
  free_file(file);
  ob::dereference(device);
  io::count_file(device, -1);
}

PFILE_OBJECT make_file(PDEVICE_OBJECT device, PFILE_OBJECT related, std::u16string_view name, std::uint32_t access,
                       bool synchronous) {
  auto* file = static_cast<PFILE_OBJECT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(FILE_OBJECT), kFileTag));
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
    std::memcpy(file->FileName.Buffer, name.data(), bytes);
    file->FileName.Length = static_cast<USHORT>(bytes);
    file->FileName.MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
  }
  g_file_ids[file] = ke::state().next_file_id++;
  return file;
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

Status create_file(Handle* handle, std::uint32_t desired_access, Handle root, std::u16string_view name,
                   bool synchronous) {
  SystemCall call;
  PFILE_OBJECT related = nullptr;
  PDEVICE_OBJECT device = nullptr;
  std::u16string remainder;
  if (root != 0) {
    related = static_cast<PFILE_OBJECT>(ob::body_of(root, ob::Kind::kFile));
    if (related == nullptr) return STATUS_INVALID_HANDLE;
    device = related->DeviceObject;
    remainder = name;
    ob::reference(related);
  } else {
    device = io::resolve(name, &remainder);
    if (device == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  ob::reference(device);
  PFILE_OBJECT file = make_file(device, related, remainder, desired_access, synchronous);
  ob::create(file, ob::Kind::kFile, [file] { close_file(file); });
  io::count_file(device, 1);
  ACCESS_STATE access_state{};
  IO_SECURITY_CONTEXT security{};
  security.AccessState = &access_state;
  security.DesiredAccess = desired_access;
  const NTSTATUS status = io::request(device, file, [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->RequestorMode = UserMode;
    irp->Flags |= IRP_CREATE_OPERATION;
    location->MajorFunction = IRP_MJ_CREATE;
    location->Parameters.Create.SecurityContext = &security;
    location->Parameters.Create.Options = static_cast<ULONG>(FILE_OPEN) << 24;
  });
  if (!NT_SUCCESS(status)) {
    // Never opened: neither CLEANUP nor CLOSE.
    ob::create(file, ob::Kind::kFile, [file, device] {
      free_file(file);
      ob::dereference(device);
      io::count_file(device, -1);
    });
    ob::dereference(file);
    return status;
  }
  *handle = ob::insert_handle(file, granted(desired_access), [file] {
    io::request(file->DeviceObject, file,
                [](PIRP, PIO_STACK_LOCATION location) { location->MajorFunction = IRP_MJ_CLEANUP; });
  });
  return STATUS_SUCCESS;
}

Status close(Handle handle) {
  SystemCall call;
  return ob::close_handle(handle);
}

Status device_io_control_file(Handle handle, Handle event_handle, void* apc_context, IoStatusBlock* iosb,
                              std::uint32_t code, void* input, std::uint32_t input_bytes, void* output,
                              std::uint32_t output_bytes) {
  SystemCall call;
  std::uint32_t access = 0;
  auto* file = static_cast<PFILE_OBJECT>(ob::body_of(handle, ob::Kind::kFile, &access));
  if (file == nullptr) return STATUS_INVALID_HANDLE;
  const std::uint32_t required = (code >> 14) & 3;  // FILE_READ_ACCESS 1, FILE_WRITE_ACCESS 2
  if ((required & ~access) != 0) return STATUS_ACCESS_DENIED;
  PKEVENT event = nullptr;
  if (event_handle != 0) {
    event = static_cast<PKEVENT>(ob::body_of(event_handle, ob::Kind::kEvent));
    if (event == nullptr) return STATUS_INVALID_HANDLE;
    ob::reference(event);
    KeClearEvent(event);
  }
  KeClearEvent(&file->Event);  // R-SIO-14
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
  PIRP irp = io::allocate_irp(device->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  ob::reference(file);
  io::IrpInfo* info = io::irp_info(irp);
  info->file = file;
  info->event = event;
  info->event_referenced = event != nullptr;
  info->apc_context = apc_context;
  irp->RequestorMode = UserMode;
  irp->UserIosb = reinterpret_cast<PIO_STATUS_BLOCK>(iosb);
  irp->UserEvent = event;
  irp->Overlay.AsynchronousParameters.UserApcContext = apc_context;
  irp->Tail.Overlay.OriginalFileObject = file;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->FileObject = file;
  NTSTATUS status = io::attach_control_buffers(irp, location, code, input, input_bytes, output, output_bytes);
  if (!NT_SUCCESS(status)) {
    io::discard(irp);
    ob::dereference(file);
    if (event != nullptr) ob::dereference(event);
    return status;
  }
  status = io::send(device, irp);
  if (status == STATUS_PENDING && (file->Flags & FO_SYNCHRONOUS_IO) != 0) {
    KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
    status = file->FinalStatus;
  }
  return status;
}

Status cancel_io_file(Handle handle, IoStatusBlock* iosb) {
  SystemCall call;
  auto* file = static_cast<PFILE_OBJECT>(ob::body_of(handle, ob::Kind::kFile));
  if (file == nullptr) return STATUS_INVALID_HANDLE;
  const unsigned cancelled = io::cancel_process_irps(file, reinterpret_cast<PIO_STATUS_BLOCK>(iosb));
  return cancelled != 0 || iosb == nullptr ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

}  // namespace p2p::nt

namespace p2p::ntos {
std::uint64_t file_id(const void* file_object) { return nt::file_id_of(file_object); }
}  // namespace p2p::ntos
