// What minidrivers ask of IRP source pins: callbacks, injected frames, the connected pin, handshakes.
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/circuit.h"
#include "sw/ks/dispatch.h"

using namespace p2p;
using namespace p2p::ks;

namespace {
ks::Pin& pin_of(PKSPIN pin) { return *reinterpret_cast<ks::Pin*>(pin); }

/// Registrations that shape the circuit come before it is built (R-ST-4).
void require_stopped(const ks::Pin& pin, const char* routine) {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL && pin.pub.ClientState < KSSTATE_ACQUIRE) return;
  violation(0x81009, KeGetCurrentIrql(), static_cast<std::uint64_t>(pin.pub.ClientState), 0, "KsIrqlDDIs",
            std::string(routine) + " must be called at PASSIVE_LEVEL before KSSTATE_ACQUIRE");
}

NTSTATUS submit(PKSPIN pin, PVOID data, ULONG bytes, PMDL mdl, PKSSTREAM_HEADER header, PVOID context) {
  if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
    violation(0x81009, KeGetCurrentIrql(), 0, 0, "KsIrqlDDIs", "KsPinSubmitFrame above DISPATCH_LEVEL");
  }
  ks::Pin& self = pin_of(pin);
  if (self.circuit == nullptr || self.frame_return == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  if ((data == nullptr && mdl == nullptr) != (bytes == 0)) return STATUS_INVALID_PARAMETER;
  return self.circuit->submit(data, bytes, mdl, header, context);
}
}  // namespace

extern "C" {

// R-CIR-3: registers only; R-CIR-5: on an IRP sink pin it never fires.
void NTAPI KsPinRegisterIrpCompletionCallback(PKSPIN Pin, PFNKSPINIRPCOMPLETION IrpCompletion) {
  require_stopped(pin_of(Pin), "KsPinRegisterIrpCompletionCallback");
  pin_of(Pin).irp_completion = IrpCompletion;
}

// R-CIR-6: this one puts the pin into injection mode.
void NTAPI KsPinRegisterFrameReturnCallback(PKSPIN Pin, PFNKSPINFRAMERETURN FrameReturn) {
  require_stopped(pin_of(Pin), "KsPinRegisterFrameReturnCallback");
  pin_of(Pin).frame_return = FrameReturn;
}

void NTAPI KsPinRegisterHandshakeCallback(PKSPIN Pin, PFNKSPINHANDSHAKE Handshake) {
  require_passive("KsPinRegisterHandshakeCallback");
  pin_of(Pin).handshake = Handshake;
}

NTSTATUS NTAPI KsPinSubmitFrame(PKSPIN Pin, PVOID Data, ULONG Size, PKSSTREAM_HEADER StreamHeader, PVOID Context) {
  return submit(Pin, Data, Size, nullptr, StreamHeader, Context);
}

NTSTATUS NTAPI KsPinSubmitFrameMdl(PKSPIN Pin, PMDL Mdl, PKSSTREAM_HEADER StreamHeader, PVOID Context) {
  return submit(Pin, nullptr, Mdl != nullptr ? MmGetMdlByteCount(Mdl) : 0, Mdl, StreamHeader, Context);
}

// R-CIR-8.
PFILE_OBJECT NTAPI KsPinGetConnectedPinFileObject(PKSPIN Pin) {
  const Circuit* circuit = pin_of(Pin).circuit.get();
  return circuit != nullptr ? circuit->sink_file() : nullptr;
}
PDEVICE_OBJECT NTAPI KsPinGetConnectedPinDeviceObject(PKSPIN Pin) {
  const Circuit* circuit = pin_of(Pin).circuit.get();
  return circuit != nullptr ? circuit->sink_device() : nullptr;
}

// R-CIR-7.
NTSTATUS NTAPI KsPinHandshake(PKSPIN Pin, PKSHANDSHAKE In, PKSHANDSHAKE Out) {
  require_passive("KsPinHandshake");
  PFILE_OBJECT file = KsPinGetConnectedPinFileObject(Pin);
  if (file == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  ULONG returned = 0;
  return KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_HANDSHAKE, In, sizeof *In, Out, sizeof *Out,
                                      &returned);
}

}  // extern "C"

namespace p2p::ks {

NTSTATUS handshake_request(Pin& pin, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (irp->RequestorMode != KernelMode) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (location->Parameters.DeviceIoControl.InputBufferLength != sizeof(KSHANDSHAKE) ||
      location->Parameters.DeviceIoControl.OutputBufferLength != sizeof(KSHANDSHAKE)) {
    return complete(irp, STATUS_INVALID_BUFFER_SIZE);
  }
  if (pin.handshake == nullptr) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  auto* in = static_cast<PKSHANDSHAKE>(location->Parameters.DeviceIoControl.Type3InputBuffer);
  const NTSTATUS status = call_driver(CallbackOf::kPin, "a pin's Handshake", [&] {
    return pin.handshake(&pin.pub, in, static_cast<PKSHANDSHAKE>(irp->UserBuffer));
  });
  return complete(irp, status, NT_SUCCESS(status) ? sizeof(KSHANDSHAKE) : 0);
}

}  // namespace p2p::ks
