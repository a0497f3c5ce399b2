// The properties AVStream answers for every filter and pin. Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

/// STATUS_PROPSET_NOT_FOUND if AVStream has nothing to say about the set.
NTSTATUS builtin_property(Filter& filter, Pin* pin, PIRP irp, PKSPROPERTY request, ULONG in_bytes, void* data,
                          ULONG out_bytes);
/// KSPROPERTY_PIN_DATAINTERSECTION (R-INT-SEC-1).
NTSTATUS data_intersection(Filter& filter, PIRP irp, PKSP_PIN request, ULONG in_bytes, void* data, ULONG out_bytes);

}  // namespace p2p::ks
