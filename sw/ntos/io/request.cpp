#include "sw/ntos/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
struct Stacks {  // by lowest device
  std::map<PFILE_OBJECT, PDEVICE_OBJECT> lowest;
  std::map<PDEVICE_OBJECT, unsigned> open_files;
  std::map<PDEVICE_OBJECT, std::function<void()>> when_closed;
};
Stacks& stacks() {
  static auto* const state = new Stacks;
  return *state;
}
}  // namespace

NTSTATUS request(PDEVICE_OBJECT device, PFILE_OBJECT file, Sending sending,
                 const std::function<void(PIRP, PIO_STACK_LOCATION)>& fill, ULONG_PTR* information) {
  PDEVICE_OBJECT top = IoGetAttachedDevice(device);
  PIRP irp = allocate_irp(top->StackSize, IrpKind::kThreaded, sending == Sending::kMustSend);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  IO_STATUS_BLOCK iosb{};
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  irp->UserIosb = &iosb;
  irp->Tail.Overlay.OriginalFileObject = file;
  IrpInfo* info = irp_info(irp);
  info->event = &done;
  info->system = true;
  if (file != nullptr) {
    ob::reference(file);
    info->file = file;
  }
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->FileObject = file;
  fill(irp, location);
  NTSTATUS status = send(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
  }
  if (information != nullptr) *information = iosb.Information;
  return status;
}

unsigned open_files(PDEVICE_OBJECT device) {
  auto found = stacks().open_files.find(device);
  return found == stacks().open_files.end() ? 0 : found->second;
}

void file_opened(PFILE_OBJECT file) {
  PDEVICE_OBJECT lowest = file->DeviceObject;
  while (state_of(lowest).attached_to != nullptr) lowest = state_of(lowest).attached_to;
  stacks().lowest[file] = lowest;
  ++stacks().open_files[lowest];
  ++file->DeviceObject->ReferenceCount;
}

void file_closed(PFILE_OBJECT file) {
  --file->DeviceObject->ReferenceCount;
  auto found = stacks().lowest.find(file);
  PDEVICE_OBJECT device = found->second;
  stacks().lowest.erase(found);
  if (--stacks().open_files[device] != 0) return;
  stacks().open_files.erase(device);
  auto action = stacks().when_closed.find(device);
  if (action == stacks().when_closed.end()) return;
  const std::function<void()> call = std::move(action->second);
  stacks().when_closed.erase(action);
  call();
}

void when_closed(PDEVICE_OBJECT device, std::function<void()> action) {
  stacks().when_closed[device] = std::move(action);
}

}  // namespace p2p::io
