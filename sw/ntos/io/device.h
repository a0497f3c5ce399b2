// What the I/O manager keeps of a device object beside what drivers see. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// What a device is in a stack that the PnP manager has built.
enum class DeviceRole : unsigned char { kOther, kLowerFilter, kFunction, kUpperFilter };

struct DeviceState {
  DEVOBJ_EXTENSION extension;  // first: DEVICE_OBJECT.DeviceObjectExtension points to it
  PDEVICE_OBJECT attached_to;
  DEVICE_POWER_STATE device_power;  // as PoSetPowerState was told
  SYSTEM_POWER_STATE system_power;
  DeviceRole role;
  BOOLEAN delete_pending;  // IoDeleteDevice came; it goes with its last reference
};
inline DeviceState& state_of(PDEVICE_OBJECT device) {
  return *reinterpret_cast<DeviceState*>(device->DeviceObjectExtension);
}

}  // namespace p2p::io
