// Interrupt lines and message vectors of the machine, and the service routines connected to them.
#pragma once

#include "sw/ntos/ddk.h"

#include <cstdint>

#include "sw/ntos/ke/cpu.h"

namespace p2p::ke {

/// What a PKINTERRUPT points to.
struct Interrupt {
  unsigned line = 0;  // or the vector of a message
  PKSERVICE_ROUTINE routine = nullptr;
  PKMESSAGE_SERVICE_ROUTINE message_routine = nullptr;  // instead of `routine`
  ULONG message = 0;                                    // its id, from 0
  PVOID context = nullptr;
  PKSPIN_LOCK lock = nullptr;
  KSPIN_LOCK own_lock = 0;
  KIRQL irql = kDeviceIrql;
  KIRQL synchronize_irql = kDeviceIrql;
  KAFFINITY affinity = 0;
  ULONG connection = 0;  // CONNECT_…, as connected
  std::uint64_t id = 0;  // in order of connection, from 1
  bool running = false;
};

/// Takes interrupts on the current CPU until none above its IRQL is pending.
void take_interrupts();
/// Registers the sink with the hardware.
void start_interrupt_controller();

/// Connects a routine to its line, gives it an id and makes `*object` point to it, before the first call of the
/// routine. Takes ownership of the copy it makes.
void connect_interrupt(const Interrupt& description, PKINTERRUPT* object);
/// After it returns no call of the routine begins, and none is in progress elsewhere. PASSIVE_LEVEL.
void disconnect_interrupt(Interrupt* interrupt);
/// nullptr for a pointer that is no connected interrupt object.
Interrupt* interrupt_of(PKINTERRUPT object);

/// What a device interrupts with: `count` messages from vector `first`, or, if that is 0, a line.
struct DeviceInterrupts {
  unsigned line = 0;
  unsigned first = 0;
  unsigned count = 0;
};
/// For connections that name the device only; PnP tells when it assigns resources.
void set_device_interrupts(PDEVICE_OBJECT pdo, DeviceInterrupts assigned);
void forget_device_interrupts(PDEVICE_OBJECT pdo);
/// nullptr for a device without.
const DeviceInterrupts* device_interrupts(PDEVICE_OBJECT pdo);

}  // namespace p2p::ke
