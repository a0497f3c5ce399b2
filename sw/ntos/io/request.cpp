#include "sw/ntos/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
std::map<PDEVICE_OBJECT, unsigned> g_open_files;
std::map<PDEVICE_OBJECT, std::function<void()>> g_when_closed;
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
  auto found = g_open_files.find(device);
  return found == g_open_files.end() ? 0 : found->second;
}

void count_file(PDEVICE_OBJECT device, int change) {
  unsigned& count = g_open_files[device];
  count = static_cast<unsigned>(static_cast<int>(count) + change);
  if (count != 0) return;
  g_open_files.erase(device);
  auto action = g_when_closed.find(device);
  if (action == g_when_closed.end()) return;
  const std::function<void()> call = std::move(action->second);
  g_when_closed.erase(action);
  call();
}

void when_closed(PDEVICE_OBJECT device, std::function<void()> action) { g_when_closed[device] = std::move(action); }

}  // namespace p2p::io
