// The system's power state. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::pnp {

/// S0 to S4 as a number. From S0 every started device is asked (QUERY_POWER) and then told (SET_POWER); if one refuses,
/// all are told that it stays S0. STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_STATE between two sleeping states.
NTSTATUS set_system_power(unsigned s_state);

}  // namespace p2p::pnp
