// Drivers and device stacks for tests of the I/O manager, with C++ callables as their routines.
#pragma once

#include "tests/ntos/kernel_fixture.h"

#include <cstring>
#include <deque>
#include <utility>

#include "sw/ntos/pnp/drivers.h"

namespace p2p::test {

inline NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

/// A completion routine as drivers write them: propagates pending and goes on.
inline NTSTATUS go_on(PIRP irp) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  return STATUS_SUCCESS;
}

/// A device with a driver of its own; `dispatch` takes every major function.
struct Layer {
  using Dispatch = std::function<NTSTATUS(Layer& self, PIRP irp)>;
  static NTSTATUS NTAPI enter(PDEVICE_OBJECT device, PIRP irp) {
    Layer& self = **static_cast<Layer**>(device->DeviceExtension);
    ++self.calls;
    return self.dispatch(self, irp);
  }
  NTSTATUS pass_down(PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
  }
  PDRIVER_OBJECT driver = nullptr;
  PDEVICE_OBJECT device = nullptr, lower = nullptr;
  Dispatch dispatch;
  int calls = 0;
};

/// A completion routine.
struct Routine {
  explicit Routine(std::function<NTSTATUS(PDEVICE_OBJECT device, PIRP irp)> action) : work(std::move(action)) {}
  static NTSTATUS NTAPI enter(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    auto* self = static_cast<Routine*>(context);
    ++self->calls;
    return self->work(device, irp);
  }
  void set(PIRP irp, bool success = true, bool error = true, bool cancel = true) {
    IoSetCompletionRoutine(irp, enter, this, success, error, cancel);
  }
  std::function<NTSTATUS(PDEVICE_OBJECT, PIRP)> work;
  int calls = 0;
};

class IoTest : public KernelTest {
 protected:
  /// Adds a device on top of the stack (or a stack's first). Inside run() only.
  Layer& add_layer(Layer::Dispatch dispatch, ULONG flags = 0) {
    Layer& layer = layers.emplace_back();
    layer.dispatch = std::move(dispatch);
    layer.driver = pnp::create_driver_object(text("test", layers.size()));
    for (auto& routine : layer.driver->MajorFunction) routine = Layer::enter;
    EXPECT_EQ(IoCreateDevice(layer.driver, sizeof(Layer*), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &layer.device),
              STATUS_SUCCESS);
    *static_cast<Layer**>(layer.device->DeviceExtension) = &layer;
    if (layers.size() > 1) layer.lower = IoAttachDeviceToDeviceStack(layer.device, layers[layers.size() - 2].device);
    layer.device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
    layer.device->Flags |= flags;
    return layer;
  }
  /// The lowest layer that completes everything with `status`.
  Layer& add_completing(NTSTATUS status = STATUS_SUCCESS, ULONG_PTR information = 0) {
    return add_layer([=](Layer&, PIRP irp) { return complete(irp, status, information); });
  }
  /// One that keeps the IRP in `kept`.
  Layer& add_pending() {
    return add_layer([this](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    });
  }
  /// Completes the IRP that add_pending() keeps.
  void finish(NTSTATUS status = STATUS_SUCCESS) { complete(std::exchange(kept, nullptr), status); }
  Layer& add_skipping() {
    return add_layer([](Layer& self, PIRP irp) { return self.pass_down(irp); });
  }
  /// One that copies the location and sets `routine`.
  Layer& add_watching(Routine& routine) {
    return add_layer([&routine](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      routine.set(irp);
      return IoCallDriver(self.lower, irp);
    });
  }
  PDEVICE_OBJECT top() { return layers.back().device; }
  /// A driver's own IRP for the top of the stack, a device control without buffers.
  PIRP own_irp(int extra_locations = 0) {
    PIRP irp = IoAllocateIrp(static_cast<CCHAR>(top()->StackSize + extra_locations), FALSE);
    if (extra_locations == 0) IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    return irp;
  }
  /// A threaded device control request (METHOD_NEITHER) for the top of the stack.
  PIRP threaded_irp(PKEVENT event, PIO_STATUS_BLOCK iosb) {
    return IoBuildDeviceIoControlRequest(CTL_CODE(0x8000, 1, METHOD_NEITHER, FILE_ANY_ACCESS), top(), nullptr, 0,
                                         nullptr, 0, FALSE, event, iosb);
  }
  /// Sends a threaded IRP to the top and waits if it must. What the caller learns.
  NTSTATUS ask_top() {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    NTSTATUS status = IoCallDriver(top(), threaded_irp(&event, &iosb));
    if (status == STATUS_PENDING) {
      wait_for(&event);
      status = iosb.Status;
    }
    return status;
  }

  std::deque<Layer> layers;
  PIRP kept = nullptr;
};

}  // namespace p2p::test
