#include "sw/ntos/ddk.h"

#include <iterator>

#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/exclusive.h"
#include "sw/ntos/pnp/power.h"
#include "sw/ntos/pnp/system_power.h"

namespace p2p::pnp {

namespace {
SYSTEM_POWER_STATE g_state = PowerSystemWorking;

NTSTATUS tell_all(UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action) {
  for (unsigned function : started_functions()) {
    const NTSTATUS status = send_system_power(node_of(function).pdo, minor, state, action);
    if (!NT_SUCCESS(status) && minor == IRP_MN_QUERY_POWER) return status;
  }
  return STATUS_SUCCESS;
}
}  // namespace

NTSTATUS set_system_power(unsigned s_state) {
  const Exclusive exclusive;
  constexpr SYSTEM_POWER_STATE kStates[] = {PowerSystemWorking, PowerSystemSleeping1, PowerSystemSleeping2,
                                            PowerSystemSleeping3, PowerSystemHibernate};
  if (s_state >= std::size(kStates)) return STATUS_INVALID_PARAMETER;
  const SYSTEM_POWER_STATE state = kStates[s_state];
  if (state == g_state) return STATUS_SUCCESS;
  if (state == PowerSystemWorking) {
    g_state = state;
    return tell_all(IRP_MN_SET_POWER, state, PowerActionNone);
  }
  if (g_state != PowerSystemWorking) return STATUS_INVALID_DEVICE_STATE;
  const POWER_ACTION action = state == PowerSystemHibernate ? PowerActionHibernate : PowerActionSleep;
  const NTSTATUS status = tell_all(IRP_MN_QUERY_POWER, state, action);
  if (!NT_SUCCESS(status)) {
    tell_all(IRP_MN_SET_POWER, PowerSystemWorking, PowerActionNone);
    return status;
  }
  g_state = state;
  return tell_all(IRP_MN_SET_POWER, state, action);
}

}  // namespace p2p::pnp
