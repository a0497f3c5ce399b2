// Driver Verifier on PnP and power requests: what each driver of a stack may do with them. Needs sw/ntos/ddk.h before
// it.
#pragma once

#include "sw/ntos/io/irp.h"

namespace p2p::io {

/// Its holder passes a PnP or power request on.
void check_pnp_passing(PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location);
/// Its holder completes a PnP or power request.
void check_pnp_completion(PIRP irp, const IrpInfo& info);

}  // namespace p2p::io
