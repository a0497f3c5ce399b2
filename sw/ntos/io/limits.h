// How long a request may take. Needs sw/ntos/ddk.h before it.
#pragma once

#include "sw/ntos/io/irp.h"

namespace p2p::io {

/// R-IRP-88: a cancelled IRP has KernelConfig::cancel_limit_ms to come back to who sent it, or it is 0xC4/0x135.
void limit_cancelled(PIRP irp, IrpInfo* info);
/// A power request that changes or asks for a state has KernelConfig::power_limit_ms, or it is 0x9F/3.
void limit_power(PIRP irp, IrpInfo* info);
/// An application's request has KernelConfig::irp_limit_ms, if that is not 0, or it is 0xC9/0x200.
void limit_request(PIRP irp, IrpInfo* info);

}  // namespace p2p::io
