// System calls that send requests to open files: device control, read, write; cancelling them.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "ntos/syscalls.h"
#include "sw/ntos/io/buffers.h"
#include "sw/ntos/io/file_turn.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/user/syscall.h"

namespace p2p::nt {

namespace {
/// What every such call brings along, checked and referenced by the IRP it becomes.
struct Request {
  PFILE_OBJECT file = nullptr;
  PKEVENT event = nullptr;
  void* apc_context = nullptr;
  IoStatusBlock* iosb = nullptr;
};

/// `required`: FILE_READ_ACCESS 1, FILE_WRITE_ACCESS 2.
Status open_request(Handle handle, Handle event_handle, std::uint32_t required, Request* request) {
  std::uint32_t access = 0;
  request->file = static_cast<PFILE_OBJECT>(ob::body_of(handle, ob::Kind::kFile, &access));
  if (request->file == nullptr) return STATUS_INVALID_HANDLE;
  if ((required & ~access) != 0) return STATUS_ACCESS_DENIED;
  if (event_handle == 0) return STATUS_SUCCESS;
  request->event = static_cast<PKEVENT>(ob::body_of(event_handle, ob::Kind::kEvent));
  return request->event != nullptr ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/// A request in progress: keeps its file and its event, and on a synchronous file everybody else off it until its
/// status is known. Clears the events (R-SIO-14).
class Turn {
 public:
  explicit Turn(const Request& request) : event_(reference(request.event)), file_(request.file) {
    if (event_ != nullptr) KeClearEvent(event_);
    KeClearEvent(&request.file->Event);
  }
  ~Turn() {
    if (event_ != nullptr) ob::dereference(event_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static PKEVENT reference(PKEVENT event) {
    if (event != nullptr) ob::reference(event);
    return event;
  }
  PKEVENT event_;
  io::FileTurn file_;
};

/// A threaded IRP for the file's stack; nullptr without memory.
PIRP make_irp(const Request& request, PDEVICE_OBJECT device, UCHAR major) {
  PIRP irp = io::allocate_irp(device->StackSize, io::IrpKind::kThreaded);
  if (irp == nullptr) return nullptr;
  ob::reference(request.file);
  if (request.event != nullptr) ob::reference(request.event);
  io::IrpInfo* info = io::irp_info(irp);
  info->file = request.file;
  info->event = request.event;
  info->event_referenced = request.event != nullptr;
  info->apc_context = request.apc_context;
  irp->RequestorMode = UserMode;
  irp->UserIosb = reinterpret_cast<PIO_STATUS_BLOCK>(request.iosb);
  irp->UserEvent = request.event;
  irp->Overlay.AsynchronousParameters.UserApcContext = request.apc_context;
  irp->Tail.Overlay.OriginalFileObject = request.file;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = request.file;
  return irp;
}

void drop(const Request& request, PIRP irp) {
  io::discard(irp);
  ob::dereference(request.file);
  if (request.event != nullptr) ob::dereference(request.event);
}

/// Sends, and waits if the file is synchronous.
Status send(const Request& request, PDEVICE_OBJECT device, PIRP irp) {
  Status status = io::send(device, irp);
  if (status == STATUS_PENDING && (request.file->Flags & FO_SYNCHRONOUS_IO) != 0) {
    KeWaitForSingleObject(&request.file->Event, Executive, KernelMode, FALSE, nullptr);
    status = request.file->FinalStatus;
  }
  return status;
}

/// Calls a fast I/O routine, which must leave IRQL and APCs as they are. True if it did the request.
template <class Routine, class... Arguments>
bool call_fast(Routine routine, Arguments... arguments) {
  const int before = ke::current_thread()->kernel_apc_disable;
  const BOOLEAN done = routine(arguments...);
  io::verify(KeGetCurrentIrql() == PASSIVE_LEVEL, 0x11, io::value_of(routine), PASSIVE_LEVEL, KeGetCurrentIrql(),
             "IrqlReturn", "a fast I/O routine returned at another IRQL");
  const int now = ke::current_thread()->kernel_apc_disable;
  ke::verify(now == before, 0xC6, io::value_of(routine), static_cast<std::uint64_t>(now),
             static_cast<std::uint64_t>(before), "CriticalRegions",
             "a fast I/O routine returned with another count of critical regions and mutexes");
  return done != FALSE;
}

/// A routine of the driver's fast I/O dispatch; nullptr if it has none.
template <class Routine>
Routine fast_routine(PDEVICE_OBJECT device, Routine FAST_IO_DISPATCH::*member, std::size_t offset) {
  const FAST_IO_DISPATCH* fast = device->DriverObject->FastIoDispatch;
  return fast != nullptr && fast->SizeOfFastIoDispatch > offset ? fast->*member : nullptr;
}

/// What a completed IRP would have done for the caller.
Status finish_fast(const Request& request, const IO_STATUS_BLOCK& iosb) {
  request.iosb->information = iosb.Information;
  request.iosb->status = iosb.Status;
  if (request.event != nullptr) KeSetEvent(request.event, 0, FALSE);
  if (request.file->CompletionContext != nullptr && request.apc_context != nullptr) {
    io::post_completion(request.file->CompletionContext->Port,
                        reinterpret_cast<std::uintptr_t>(request.file->CompletionContext->Key), request.apc_context,
                        iosb);
  }
  return iosb.Status;
}

/// The driver's fast path, asked before an IRP is made. True if it did the request.
bool fast_device_control(const Request& request, PDEVICE_OBJECT device, std::uint32_t code, void* input,
                         std::uint32_t input_bytes, void* output, std::uint32_t output_bytes, Status* status) {
  auto* routine =
      fast_routine(device, &FAST_IO_DISPATCH::FastIoDeviceControl, FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl));
  if (routine == nullptr) return false;
  const bool wait = (request.file->Flags & FO_SYNCHRONOUS_IO) != 0;
  IO_STATUS_BLOCK iosb = {};
  if (!call_fast(routine, request.file, BOOLEAN{wait}, input, input_bytes, output, output_bytes, code, &iosb, device)) {
    return false;
  }
  *status = finish_fast(request, iosb);
  return true;
}

/// The same for reads and writes: only of synchronous files that their driver says are cached.
bool fast_transfer(const Request& request, PDEVICE_OBJECT device, void* buffer, std::uint32_t bytes,
                   std::int64_t offset, bool write, Status* status) {
  if ((request.file->Flags & FO_SYNCHRONOUS_IO) == 0 || request.file->PrivateCacheMap == nullptr) return false;
  auto* routine =
      write ? fast_routine(device, &FAST_IO_DISPATCH::FastIoWrite, FIELD_OFFSET(FAST_IO_DISPATCH, FastIoWrite))
            : fast_routine(device, &FAST_IO_DISPATCH::FastIoRead, FIELD_OFFSET(FAST_IO_DISPATCH, FastIoRead));
  if (routine == nullptr) return false;
  LARGE_INTEGER at;
  at.QuadPart = offset;
  IO_STATUS_BLOCK iosb = {};
  if (!call_fast(routine, request.file, &at, ULONG{bytes}, BOOLEAN{TRUE}, ULONG{0}, static_cast<PVOID>(buffer), &iosb,
                 device)) {
    return false;
  }
  *status = finish_fast(request, iosb);
  return true;
}

Status transfer(Handle handle, Handle event, void* apc_context, IoStatusBlock* iosb, void* buffer, std::uint32_t bytes,
                std::int64_t offset, bool write) {
  SystemCall call;
  Request request{nullptr, nullptr, apc_context, iosb};
  Status status = open_request(handle, event, write ? FILE_WRITE_DATA : FILE_READ_DATA, &request);
  if (!NT_SUCCESS(status)) return status;
  const Turn turn(request);
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(request.file);
  if (fast_transfer(request, device, buffer, bytes, offset, write, &status)) return status;
  PIRP irp = make_irp(request, device, write ? IRP_MJ_WRITE : IRP_MJ_READ);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->Parameters.Read.Length = bytes;  // Write's parameters have the same layout
  location->Parameters.Read.ByteOffset.QuadPart = offset;
  status = io::attach_transfer_buffer(irp, device->Flags, write, buffer, bytes);
  if (NT_SUCCESS(status)) return send(request, device, irp);
  drop(request, irp);
  return status;
}
}  // namespace

Status device_io_control_file(Handle handle, Handle event_handle, void* apc_context, IoStatusBlock* iosb,
                              std::uint32_t code, void* input, std::uint32_t input_bytes, void* output,
                              std::uint32_t output_bytes) {
  SystemCall call;
  Request request{nullptr, nullptr, apc_context, iosb};
  Status status = open_request(handle, event_handle, (code >> 14) & 3, &request);
  if (!NT_SUCCESS(status)) return status;
  const Turn turn(request);
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(request.file);
  if (fast_device_control(request, device, code, input, input_bytes, output, output_bytes, &status)) return status;
  PIRP irp = make_irp(request, device, IRP_MJ_DEVICE_CONTROL);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  status =
      io::attach_control_buffers(irp, IoGetNextIrpStackLocation(irp), code, input, input_bytes, output, output_bytes);
  if (NT_SUCCESS(status)) return send(request, device, irp);
  drop(request, irp);
  return status;
}

Status read_file(Handle file, Handle event, void* apc_context, IoStatusBlock* iosb, void* buffer, std::uint32_t bytes,
                 std::int64_t offset) {
  return transfer(file, event, apc_context, iosb, buffer, bytes, offset, false);
}

Status write_file(Handle file, Handle event, void* apc_context, IoStatusBlock* iosb, const void* buffer,
                  std::uint32_t bytes, std::int64_t offset) {
  return transfer(file, event, apc_context, iosb, const_cast<void*>(buffer), bytes, offset, true);
}

Status cancel_io_file(Handle handle, IoStatusBlock* iosb) {
  SystemCall call;
  auto* file = static_cast<PFILE_OBJECT>(ob::body_of(handle, ob::Kind::kFile));
  if (file == nullptr) return STATUS_INVALID_HANDLE;
  const unsigned cancelled = io::cancel_process_irps(file, reinterpret_cast<PIO_STATUS_BLOCK>(iosb));
  return cancelled != 0 || iosb == nullptr ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

}  // namespace p2p::nt
